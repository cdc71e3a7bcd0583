import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ServerFlags } from './server-flags';

/** What a value has to look like for the server to start with it. */
export enum SecretForm {
  TEXT = 'text',
  NUMBER = 'number',
  PEM = 'pem',
}

/** One key of a JSON secret, and the server's flag that its value goes to. */
export interface SecretFlag {
  readonly secret: ISecret;
  /** What the preflight calls the secret in its message. */
  readonly label: string;
  readonly key: string;
  readonly flag: string;
  readonly form: SecretForm;
}

export interface VcsProviderConfig {
  readonly flags: ServerFlags;
  readonly secrets: readonly SecretFlag[];
  readonly webhookSecret: ISecret;
  /** An address that the server calls when it starts, and exits when it gets no answer. */
  readonly calledAtStart?: string;
}
