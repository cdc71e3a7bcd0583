import type { Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Names } from './names';

export interface PeopleContext {
  readonly names: Names;
  readonly mfaMaxAge: Duration;
}

export interface PeopleConfig {
  readonly kind: 'users' | 'identityCenter';
  /** The names of their sessions. */
  readonly names: readonly string[];
  /** Who may assume the terraform role. */
  readonly trust: iam.IPrincipal;
  /** All that they may do by themselves. */
  readonly policy: iam.PolicyDocument;
  readonly group?: iam.IGroup;
  /** How old the code may be that they assume it with, where they give one. */
  readonly mfaMaxAge?: Duration;
}
