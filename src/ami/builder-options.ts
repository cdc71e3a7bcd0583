import type { RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Where the logs of builds go, and for how long. */
export interface BuildLogs {
  /**
   * How long CloudWatch keeps them.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly retention?: logs.RetentionDays;

  /**
   * What becomes of the log groups when the stack is deleted. Image Builder names them after the image, so that retained ones are in the way
   * when the same stack is deployed again.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * A bucket that gets them too. Its lifecycle rules say how long.
   *
   * @default - CloudWatch only
   */
  readonly bucket?: s3.IBucket;

  /**
   * What the keys in the bucket start with.
   *
   * @default - the image's name
   */
  readonly prefix?: string;
}

/**
 * The machines that images are built and tested on. They demand IMDSv2, answer no further than to themselves, have no key pair, and let
 * nobody in: Image Builder reaches them through Systems Manager.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-infra-config.html
 */
export interface BuilderOptions {
  /**
   * The network. One that is made costs what a NAT gateway costs, also while nothing is built; give one that is there if you can.
   *
   * @default - a VPC is made, in one zone, with one NAT gateway
   */
  readonly vpc?: ec2.IVpc;

  /**
   * Where in `vpc`; the first of these subnets is taken. The machines need a way out, to fetch what the image is made of.
   *
   * @default - the private subnets with a way out
   */
  readonly subnets?: ec2.SubnetSelection;

  /**
   * The machines' security groups.
   *
   * @default - one is made, which lets nothing in, and out what goes to ports 80 and 443
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * What to build on, of the base's architecture; Image Builder takes one that it gets.
   *
   * @default - m7g.large or m6g.large for arm64, m7i.large or m6i.large for x86-64
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * What your components may do, beyond what Image Builder needs. What the given components fetch is allowed already.
   *
   * @default - nothing more
   */
  readonly statements?: iam.PolicyStatement[];

  /**
   * Managed policies for your components.
   *
   * @default - none
   */
  readonly managedPolicies?: iam.IManagedPolicy[];

  /**
   * What bounds the machines' role and the roles of Image Builder.
   *
   * @default - nothing
   */
  readonly permissionsBoundary?: iam.IManagedPolicy;

  /**
   * Whether the machine of a failed build is terminated. One that is kept can be looked at through Session Manager, and costs until somebody
   * terminates it; its data volume stays until the next build has ended.
   *
   * @default true
   */
  readonly terminateInstanceOnFailure?: boolean;

  /**
   * Tags of the machines and of their volumes.
   *
   * @default - none but `cdk-atlantis:builder`
   */
  readonly tags?: { readonly [key: string]: string };

  /**
   * Where the logs of builds go.
   *
   * @default - to CloudWatch, for three months
   */
  readonly logs?: BuildLogs;
}
