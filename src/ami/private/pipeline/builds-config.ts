import type { CfnImagePipeline } from 'aws-cdk-lib/aws-imagebuilder';

/** When images are built: nothing of it is on demand. */
export interface BuildsConfig {
  readonly afterDeploy?: boolean;
  readonly duringDeploy?: boolean;
  readonly schedule?: CfnImagePipeline.ScheduleProperty;
}
