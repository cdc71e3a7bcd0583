import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as efs from 'aws-cdk-lib/aws-efs';
import type { IDependable } from 'constructs';

export interface PersistenceContext {
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly volumeName: string;
  readonly vpc: ec2.IVpc;
  readonly subnets: ec2.SubnetSelection;
  readonly client: ec2.IConnectable;
}

export interface PersistenceConfig {
  /** Whether the volume is root's when it is new, and so has to be given to the server's user. */
  readonly ownedByRoot: boolean;
  readonly fileSystem?: efs.FileSystem;
  readonly accessPoint?: efs.AccessPoint;
  /** What must exist before a task can mount the volume. */
  readonly ready?: IDependable;
}
