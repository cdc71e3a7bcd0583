import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { AtlantisIngress } from '../ingress/atlantis-ingress';
import type { RepoConfig } from '../server/repo-config';
import type { ServerSettings } from '../server/server-settings';
import type { VcsProvider } from '../server/vcs-provider';
import type { AtlantisImage } from './atlantis-image';
import type { Persistence } from './persistence';

/** What an Atlantis server on Fargate needs to know. */
export interface AtlantisOnFargateProps {
  /** Where the repositories are: at most one provider for each forge. */
  readonly vcs: VcsProvider[];

  /**
   * Which repositories may use the server, as `<host>/<owner>/<repository>`, with `*` at the end for any text and a leading `!` to leave
   * out. The host is written without its port. `*` alone or for a whole public forge is refused, and so is one in the middle: the server ignores what stands before.
   *
   * @see https://www.runatlantis.io/docs/server-configuration.html#repo-allowlist
   */
  readonly repoAllowlist: string[];

  /** How the server is reached. */
  readonly ingress: AtlantisIngress;

  /**
   * The VPC.
   *
   * @default - the VPC of the given cluster, else one is made, with public and private subnets in two zones and one NAT gateway
   */
  readonly vpc?: ec2.IVpc;

  /**
   * The subnets of the task and of its file system. They need a way to the forge, to the image and to Terraform's registries.
   *
   * @default - the VPC's private subnets with egress
   */
  readonly taskSubnets?: ec2.SubnetSelection;

  /**
   * The cluster.
   *
   * @default - one is made, with Container Insights and with Fargate and Fargate Spot as capacity providers. The server itself never runs
   * on Spot
   */
  readonly cluster?: ecs.ICluster;

  /**
   * Where locks, plans and clones live.
   *
   * @default Persistence.efs()
   */
  readonly persistence?: Persistence;

  /**
   * What repositories may do.
   *
   * @default RepoConfig.lockedDown()
   */
  readonly repoConfig?: RepoConfig;

  /**
   * Settings of the server.
   *
   * @default - Atlantis's own defaults, and a pool size that fits the memory
   */
  readonly settings?: ServerSettings;

  /**
   * The container image.
   *
   * @default AtlantisImage.upstream()
   */
  readonly image?: AtlantisImage;

  /**
   * The processor. The published image exists for both.
   *
   * @default ecs.CpuArchitecture.ARM64
   */
  readonly cpuArchitecture?: ecs.CpuArchitecture;

  /**
   * The task's processor, in units of which a virtual processor has 1024.
   *
   * @default 1024
   */
  readonly cpu?: number;

  /**
   * The task's memory, in MiB. Fargate offers certain sizes for each `cpu`.
   *
   * @default - 2048, or the least that Fargate offers for `cpu` where that is more
   * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
   */
  readonly memoryLimitMiB?: number;

  /**
   * How long logs are kept.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that logs are encrypted with. CloudWatch Logs is allowed to use it by its policy; a key that was imported has to allow that
   * already.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly logEncryptionKey?: kms.IKey;
}
