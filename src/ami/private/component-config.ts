import type { IGrantable } from 'aws-cdk-lib/aws-iam';

export interface ComponentConfig {
  readonly componentArn: string;
  readonly parameters: { readonly [name: string]: string };
  /** What the version of the recipe has to follow. */
  readonly content: unknown;
  /** Allows the machine that the image is made on what the component fetches. */
  readonly grantBuild?: (grantee: IGrantable) => void;
}
