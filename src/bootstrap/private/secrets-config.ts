import type { Problems } from '../../validation/problems';
import type { SecretStore } from '../secret-store';
import type { Names } from './names';

/** What the secrets are made from. */
export interface SecretsContext {
  readonly names: Names;
  readonly problems: Problems;
}

/** What the secrets made. */
export interface SecretsConfig {
  /** Without `alias/`, as chamber wants it. */
  readonly alias: string;
  readonly store: SecretStore;
  readonly protectedKeys: string[];
  readonly protectedAliases: string[];
}
