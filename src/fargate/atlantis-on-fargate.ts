import { Fn, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as efs from 'aws-cdk-lib/aws-efs';
import type * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IAtlantis } from '../server/atlantis';
import { checkRepoAllowlist } from '../server/private/repo-allowlist';
import { mergeFlags } from '../server/private/server-flags';
import { checkSettings, programOf, settingsToFlags } from '../server/private/settings-flags';
import { RepoConfig } from '../server/repo-config';
import { Problems } from '../validation/problems';
import { AtlantisImage } from './atlantis-image';
import type { AtlantisOnFargateProps } from './atlantis-on-fargate-props';
import { Persistence } from './persistence';
import { PATHS, SERVER_PORT, VOLUMES } from './private/container';
import { makeLogGroup } from './private/logs';
import { METRICS, serviceMetric } from './private/metrics';
import { checkNetwork, makeNetwork } from './private/network';
import { makeCluster, makeService } from './private/service';
import { checkSize, defaultMemory, poolSizeFor } from './private/size';
import { addContainers, makeTaskDefinition } from './private/task';

/**
 * An Atlantis server on ECS Fargate: Terraform plans and applies from pull requests.
 *
 * Throws when the props cannot make a server that starts, with all that is wrong in one message.
 *
 * @see https://www.runatlantis.io/docs/
 */
export class AtlantisOnFargate extends Construct implements IAtlantis {
  /** The server's own address, such as `https://atlantis.example.com`. Webhooks go to `<url>/events`. */
  public readonly url: string;

  /** The VPC. */
  public readonly vpc: ec2.IVpc;

  /** The cluster. */
  public readonly cluster: ecs.ICluster;

  /** The service. */
  public readonly service: ecs.IFargateService;

  /** The task definition. */
  public readonly taskDefinition: ecs.IFargateTaskDefinition;

  /** The revision of the task definition: the number at the end of its ARN. */
  public readonly taskDefinitionRevision: string;

  /** The role of the server, and so of every plan. */
  public readonly taskRole: iam.IRole;

  /** The role that starts the task: it reads the secrets and writes the logs. */
  public readonly executionRole: iam.IRole;

  /** The load balancer. */
  public readonly loadBalancer: elbv2.IApplicationLoadBalancer;

  /** The target group that the server is in. */
  public readonly targetGroup: elbv2.IApplicationTargetGroup;

  /** The security group of the load balancer. */
  public readonly loadBalancerSecurityGroup: ec2.ISecurityGroup;

  /** The security group of the task. */
  public readonly taskSecurityGroup: ec2.ISecurityGroup;

  /** The log group of the server and of its preflight. */
  public readonly logGroup: logs.ILogGroup;

  /** The secrets that webhooks are signed with, in the order of `vcs`: JSON with the key `webhook_secret`. */
  public readonly webhookSecrets: secretsmanager.ISecret[];

  /** The file system; undefined where `persistence` has none. */
  public readonly fileSystem?: efs.IFileSystem;

  /** The DNS name of the file system; undefined where `persistence` has none. */
  public readonly fileSystemDnsName?: string;

  /** The access point that the server mounts; undefined where `persistence` has none. */
  public readonly accessPoint?: efs.IAccessPoint;

  /** Network connections of the task. */
  public readonly connections: ec2.Connections;

  /** What grants go to: the task role. */
  public readonly grantPrincipal: iam.IPrincipal;

  private readonly madeService: ecs.FargateService;

  /**
   * @param scope the construct that this one is a part of
   * @param id the name in that scope
   * @param props what the server needs to know
   */
  constructor(scope: Construct, id: string, props: AtlantisOnFargateProps) {
    super(scope, id);
    const { cpu = 1024, memoryLimitMiB = defaultMemory(cpu), settings = {} } = props;
    validate(this, props, cpu, memoryLimitMiB);

    const network = makeNetwork(this, props.vpc ?? props.cluster?.vpc, props.taskSubnets);
    this.vpc = network.vpc;
    this.cluster = props.cluster ?? makeCluster(this, this.vpc);
    const ingress = props.ingress._bind(this, { vpc: this.vpc, containerPort: SERVER_PORT });

    const taskDefinition = makeTaskDefinition(this, {
      cpu,
      memoryLimitMiB,
      cpuArchitecture: props.cpuArchitecture ?? ecs.CpuArchitecture.ARM64,
    });
    const securityGroup = new ec2.SecurityGroup(this, 'TaskSecurityGroup', { vpc: this.vpc, description: 'Atlantis task' });
    const storage = (props.persistence ?? Persistence.efs())._bind(this, {
      taskDefinition,
      volumeName: VOLUMES.data,
      vpc: this.vpc,
      subnets: network.taskSubnets,
      client: securityGroup,
    });

    const providers = props.vcs.map((provider) => provider._bind(this));
    this.webhookSecrets = providers.map((provider) => provider.webhookSecret);
    this.logGroup = makeLogGroup(this, props.logRetention ?? logs.RetentionDays.ONE_MONTH, props.logEncryptionKey);
    addContainers(taskDefinition, {
      image: (props.image ?? AtlantisImage.upstream())._bind(),
      flags: mergeFlags(
        {
          'atlantis-url': ingress.url,
          'repo-allowlist': Fn.join(',', props.repoAllowlist),
          'data-dir': PATHS.data,
          port: `${SERVER_PORT}`,
        },
        (props.repoConfig ?? RepoConfig.lockedDown())._bind(),
        settingsToFlags(settings, poolSizeFor(memoryLimitMiB)),
        ...providers.map((provider) => provider.flags),
      ),
      secrets: providers.flatMap((provider) => provider.secrets),
      logGroup: this.logGroup,
      ownData: storage.ownedByRoot,
      calledAtStart: providers.flatMap((provider) => provider.calledAtStart ?? []),
      program: programOf(settings),
    });

    this.madeService = makeService(this, {
      cluster: this.cluster,
      taskDefinition,
      network,
      securityGroup,
      ingress,
      after: storage.ready ? [storage.ready] : [],
    });

    this.url = ingress.url;
    this.service = this.madeService;
    this.taskDefinition = taskDefinition;
    this.taskDefinitionRevision = Fn.select(6, Fn.split(':', taskDefinition.taskDefinitionArn));
    this.taskRole = taskDefinition.taskRole;
    this.executionRole = taskDefinition.obtainExecutionRole();
    this.loadBalancer = ingress.loadBalancer;
    this.targetGroup = ingress.targetGroup;
    this.loadBalancerSecurityGroup = ingress.securityGroup;
    this.taskSecurityGroup = securityGroup;
    this.fileSystem = storage.fileSystem;
    this.accessPoint = storage.accessPoint;
    this.fileSystemDnsName = storage.fileSystem && dnsName(this, storage.fileSystem);
    this.connections = this.madeService.connections;
    this.grantPrincipal = taskDefinition.taskRole;
  }

  /**
   * A metric of the service.
   *
   * @param metricName the metric's name in the namespace `AWS/ECS`
   * @param options what differs from an average over five minutes
   */
  public metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return serviceMetric(this.madeService, metricName, options);
  }

  /**
   * The processor's use, in percent of the task's.
   *
   * @param options what differs from an average over five minutes
   */
  public metricCpuUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.cpu, options);
  }

  /**
   * The memory's use, in percent of the task's.
   *
   * @param options what differs from an average over five minutes
   */
  public metricMemoryUtilization(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric(METRICS.memory, options);
  }
}

function validate(scope: Construct, props: AtlantisOnFargateProps, cpu: number, memoryLimitMiB: number): void {
  const problems = new Problems();
  if (props.vcs.length === 0) problems.add(scope, 'vcs', 'got no provider, and the server does not start without one; give VcsProvider.…');
  props.vcs.forEach((provider, i) => {
    provider._validate(scope, `vcs[${i}]`, problems);
    if (props.vcs.findIndex((other) => other._forge === provider._forge) < i) {
      problems.add(
        scope,
        `vcs[${i}]`,
        `got ${provider._forge} twice; one server knows one ${provider._forge}: make a second AtlantisOnFargate`,
      );
    }
  });
  checkRepoAllowlist(
    scope,
    props.repoAllowlist,
    props.vcs.map((provider) => provider._host),
    problems,
  );
  props.ingress._validate(scope, problems, props.vpc ?? props.cluster?.vpc);
  checkNetwork(scope, props, problems);
  checkSettings(scope, props.settings ?? {}, problems);
  checkSize(scope, cpu, memoryLimitMiB, problems);
  problems.throwIfAny();
}

function dnsName(scope: Construct, fileSystem: efs.IFileSystem): string {
  const { region, urlSuffix } = Stack.of(scope);
  return `${fileSystem.fileSystemId}.efs.${region}.${urlSuffix}`;
}
