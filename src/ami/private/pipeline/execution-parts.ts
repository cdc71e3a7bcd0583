import type * as iam from 'aws-cdk-lib/aws-iam';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { BuildLogGroups } from './build-logs';
import type { BuilderNetwork } from './builder-network';
import type { RegionConfig } from './region-config';

export interface ExecutionParts {
  readonly name: string;
  readonly builderRole: iam.IRole;
  readonly network: BuilderNetwork;
  readonly groups: BuildLogGroups;
  readonly regions: readonly RegionConfig[];
  readonly candidateParameterName: string;
  /** As the recipe names it. */
  readonly parentImage: string;
  /** What the image is encrypted by, in all regions. */
  readonly keyArns: readonly string[];
  readonly scanning: boolean;
  /** What a step of a workflow runs. */
  readonly gate?: StateMachine;
  /** What Image Builder itself tells of builds. */
  readonly topicArn?: string;
  readonly permissionsBoundary?: iam.IManagedPolicy;
}
