/** The same app as in ../python and ../java: it, `bootstrap.ts` and `ami.ts` use every factory and enum member. `app.ts <output directory>`. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  AtlantisDomain,
  AtlantisImage,
  AtlantisIngress,
  AtlantisLogLevel,
  AtlantisOnFargate,
  AtlantisVersion,
  Persistence,
  RepoConfig,
  TfDistribution,
  VcsProvider,
  WebAccess,
  WebhookSources,
} from '../../../src';
import { amis } from './ami';
import { bootstraps } from './bootstrap';

const app = new App({ outdir: process.argv[2] });

function defaults() {
  const stack = new Stack(app, 'Defaults');
  const atlantis = new AtlantisOnFargate(stack, 'Atlantis', {
    vcs: [
      VcsProvider.githubApp({
        slug: 'acme-atlantis',
        credentials: secretsmanager.Secret.fromSecretNameV2(stack, 'App', 'atlantis/app'),
      }),
    ],
    repoAllowlist: ['github.com/acme/*'],
    ingress: AtlantisIngress.loadBalancer({
      domain: AtlantisDomain.hosted({
        zone: route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'example.com' }),
      }),
    }),
  });

  const bucket = new s3.Bucket(stack, 'Bucket');
  bucket.grantRead(atlantis);
  atlantis.metricCpuUtilization().createAlarm(stack, 'Cpu', { threshold: 90, evaluationPeriods: 3 });
  atlantis.metricMemoryUtilization().createAlarm(stack, 'Memory', { threshold: 90, evaluationPeriods: 3 });
  atlantis.metric('RunningTaskCount').createAlarm(stack, 'Running', { threshold: 1, evaluationPeriods: 1 });
  new CfnOutput(stack, 'Url', { value: atlantis.url });
  new CfnOutput(stack, 'Revision', { value: atlantis.taskDefinitionRevision });
  new CfnOutput(stack, 'WebhookSecret', { value: atlantis.webhookSecrets[0].secretArn });
  new CfnOutput(stack, 'FileSystem', { value: atlantis.fileSystemDnsName ?? '' });
}

function everything() {
  const stack = new Stack(app, 'Everything');
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 });
  const client = new ec2.SecurityGroup(stack, 'Database', { vpc });
  const atlantis = new AtlantisOnFargate(stack, 'Atlantis', {
    vcs: [
      VcsProvider.github({
        user: 'atlantis',
        credentials: secretsmanager.Secret.fromSecretNameV2(stack, 'Github', 'atlantis/github'),
        webhookSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Webhook', 'atlantis/webhook'),
      }),
      VcsProvider.gitea({
        user: 'atlantis',
        credentials: secretsmanager.Secret.fromSecretNameV2(stack, 'Gitea', 'atlantis/gitea'),
        baseUrl: 'https://git.example.com',
      }),
    ],
    repoAllowlist: ['github.com/acme/*', 'git.example.com/acme/*', '!github.com/acme/secret'],
    ingress: AtlantisIngress.loadBalancer({
      domain: AtlantisDomain.certificate({
        domainName: 'atlantis.example.com',
        certificate: acm.Certificate.fromCertificateArn(stack, 'Certificate', 'arn:aws:acm:eu-west-1:111111111111:certificate/one'),
      }),
      ui: WebAccess.cidrs(['203.0.113.0/24']),
      sources: WebhookSources.cidrs(['198.51.100.0/24']),
      subnets: { subnetType: ec2.SubnetType.PUBLIC },
    }),
    cluster: new ecs.Cluster(stack, 'Cluster', { vpc, enableFargateCapacityProviders: true }),
    taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
    persistence: Persistence.efs(),
    repoConfig: RepoConfig.lockedDown(),
    settings: {
      defaultTfDistribution: TfDistribution.OPENTOFU,
      defaultTfVersion: '1.12.3',
      logLevel: AtlantisLogLevel.DEBUG,
      parallelPoolSize: 2,
    },
    image: AtlantisImage.upstream(AtlantisVersion.of('0.48.0')),
    cpuArchitecture: ecs.CpuArchitecture.X86_64,
    cpu: 2048,
    memoryLimitMiB: 4096,
    logRetention: logs.RetentionDays.ONE_YEAR,
    logEncryptionKey: new kms.Key(stack, 'Key'),
  });
  atlantis.connections.allowTo(client, ec2.Port.tcp(5432), 'plans read the database');
}

function ephemeral(logLevel: AtlantisLogLevel) {
  const stack = new Stack(app, `Ephemeral${logLevel}`);
  new AtlantisOnFargate(stack, 'Atlantis', {
    vcs: [
      VcsProvider.github({ user: 'atlantis', credentials: secretsmanager.Secret.fromSecretNameV2(stack, 'Github', 'atlantis/github') }),
    ],
    repoAllowlist: ['github.com/acme/*'],
    ingress: AtlantisIngress.loadBalancer({
      domain: AtlantisDomain.awsAssigned(),
      ui: WebAccess.closed(),
      sources: WebhookSources.anywhere(),
    }),
    persistence: Persistence.ephemeral(),
    image: AtlantisImage.upstream(AtlantisVersion.V0_47_1),
    settings: { defaultTfDistribution: TfDistribution.TERRAFORM, logLevel },
  });
}

defaults();
everything();
for (const logLevel of [AtlantisLogLevel.INFO, AtlantisLogLevel.WARN, AtlantisLogLevel.ERROR]) ephemeral(logLevel);
bootstraps(app);
amis(app);
app.synth();
