import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { SecretForm } from '../../server/private/provider-config';

/** One key of a secret and the flag that its value goes to, as the image's program reads it. */
export interface SourceKey {
  readonly key: string;
  readonly flag: string;
  readonly form: SecretForm;
}

/** Where values are when the server starts, as /etc/atlantis/secrets.json names it. It holds no value. */
export interface SecretSource {
  readonly kind: 'secret' | 'parameter' | 'command' | 'settings';
  /** What the program calls it in its message. */
  readonly label: string;
  readonly id?: string;
  readonly region?: string;
  /** Of a secret. */
  readonly keys?: readonly SourceKey[];
  /** Of a parameter. */
  readonly flag?: string;
  readonly form?: SecretForm;
  /** Of a part of a certificate: the key of a JSON secret; without one the whole text is meant. */
  readonly key?: string;
  readonly command?: readonly string[];
  /** What a command has to say. */
  readonly flags?: readonly string[];
}

export interface SecretSourceConfig {
  readonly source: SecretSource;
  /** The flags that it is known to set. */
  readonly flags: readonly string[];
  /** Allows a role to read it. */
  readonly grantRead?: (grantee: IGrantable) => Grant;
}
