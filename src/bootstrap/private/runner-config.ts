import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Problems } from '../../validation/problems';
import type { Names } from './names';

/** What a runner needs of a state. */
export interface RunnerState {
  /** The state's object in the default workspace. */
  readonly key: string;
  readonly bucket: s3.IBucket;
  grantRead(grantee: iam.IGrantable): unknown;
  grantApply(grantee: iam.IGrantable): unknown;
}

/** What a runner's roles are made from. */
export interface RunnerContext {
  readonly names: Names;
  readonly boundary: iam.IManagedPolicy;
  readonly problems: Problems;
  /** Gives a role what the terraform role has. */
  permit(role: iam.Role): void;
  state(name: string): RunnerState;
}

/** What a runner made. */
export interface RunnerConfig {
  readonly planRole?: iam.Role;
  readonly applyRole?: iam.Role;
  readonly oidcProviderArns: string[];
}
