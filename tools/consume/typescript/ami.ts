import * as path from 'node:path';
import { type App, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import {
  AtlantisAmi,
  AtlantisVersion,
  BuildCondition,
  ComponentStep,
  DataVolume,
  ImageBase,
  ImageBuilds,
  ImageComponent,
  ImageDistribution,
  ImageDistributionRole,
  ImageLevel,
  ImageLifecycle,
  ImageNotifications,
  ImageOs,
  ImagePromotion,
  PromotedImage,
  RepoConfig,
  RuntimeTool,
  ServerTls,
  StartSecret,
  StepFailure,
  TcpKeepalive,
  VcsProvider,
  VolumeBackup,
  VulnerabilityScan,
} from '../../../src';

const DOCUMENT = path.join(__dirname, '../java/component.yaml');
const SHA256 = 'a'.repeat(64);
const ABROAD = 'arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111';
const ENV = { account: '111111111111', region: 'eu-central-1' };

/** The stacks of the images. */
export function amis(app: App): void {
  defaults(app);
  everything(app);
  levelsApart(app);
  elsewhere(app);
}

function defaults(app: App) {
  const stack = new Stack(app, 'AmiDefaults');
  const ami = new AtlantisAmi(stack, 'Ami', { levels: [ImageLevel.common(), ImageLevel.atlantis()] });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  ami.grantRun(role);
  new ec2.LaunchTemplate(stack, 'LaunchTemplate', { machineImage: ami.machineImage, role });
  ami.promotion.grantStartExecution(role);
}

function everything(app: App) {
  const stack = new Stack(app, 'AmiEverything', { env: ENV });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['eu-central-1a'],
    privateSubnetIds: ['subnet-0123456789abcdef0'],
    privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
  });
  const key = new kms.Key(stack, 'Key');
  const credentials = secretsmanager.Secret.fromSecretNameV2(stack, 'Gitea', 'atlantis/gitea');
  const webhookSecret = secretsmanager.Secret.fromSecretNameV2(stack, 'Webhook', 'atlantis/webhook');
  const gitlab = secretsmanager.Secret.fromSecretNameV2(stack, 'Gitlab', 'atlantis/gitlab');
  const password = ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Password', { parameterName: '/atlantis/password' });
  const ami = new AtlantisAmi(stack, 'Ami', {
    base: ImageBase.latest(ImageOs.DEBIAN_12, {
      architecture: ec2.InstanceArchitecture.X86_64,
      ssmAgent: { version: '3.3.2299.0', sha256: SHA256 },
    }),
    levels: [
      ImageLevel.common({
        tcpKeepalive: TcpKeepalive.of({ time: Duration.seconds(30), interval: Duration.seconds(5), probes: 3 }),
        openFilesOfMachine: 2097152,
        openFilesOfProcess: 131072,
        kernelSettings: { 'vm.swappiness': '1' },
        runUser: 'atlantis',
        runUserId: 4242,
        packages: ['htop'],
        securityUpdates: false,
        journalSize: Size.gibibytes(2),
      }),
      ImageLevel.runtime({
        tools: [
          RuntimeTool.terraform('1.14.9', { sha256: SHA256 }),
          RuntimeTool.openTofu('1.12.5'),
          RuntimeTool.terragrunt('0.99.1'),
          RuntimeTool.conftest('0.66.0'),
          RuntimeTool.of('tflint', { version: '0.60.0', url: 'https://example.com/tflint.zip', entry: 'tflint', sha256: SHA256 }),
        ],
      }),
      ImageLevel.atlantis({
        version: AtlantisVersion.V0_47_1,
        sha256: SHA256,
        vcs: [VcsProvider.gitea({ user: 'atlantis', credentials, webhookSecret, baseUrl: 'https://git.example.com' })],
        repoAllowlist: ['git.example.com/acme/*'],
        url: 'https://atlantis.example.com',
        port: 4242,
        settings: { parallelPoolSize: 3 },
        repoConfig: RepoConfig.lockedDown(),
        extraSettings: { 'checkout-depth': '10' },
        secrets: [
          StartSecret.secretsManager(gitlab, { token: 'gitlab-token' }),
          StartSecret.parameter(password, 'web-password'),
          StartSecret.command(['/usr/local/bin/atlantis-from-vault'], { flags: ['api-secret'] }),
        ],
        targetRoles: [
          {
            name: 'production',
            role: iam.Role.fromRoleArn(stack, 'Production', 'arn:aws:iam::222222222222:role/terraform'),
            externalId: 'acme',
            isDefault: true,
          },
        ],
        dataVolume: DataVolume.ebs({ size: Size.gibibytes(50), deviceName: '/dev/sdg' }),
        tls: ServerTls.fromSecret(secretsmanager.Secret.fromSecretNameV2(stack, 'Certificate', 'atlantis/certificate')),
      }),
    ],
    tests: [ImageComponent.inline('smoke', { testSteps: [ComponentStep.bash('Ask', ['systemctl is-system-running'])] })],
    builds: [
      ImageBuilds.duringDeploy(),
      ImageBuilds.onSchedule({
        schedule: events.Schedule.cron({ minute: '30', hour: '2' }),
        startCondition: BuildCondition.ALWAYS,
        disableAfterFailures: 5,
      }),
    ],
    builder: {
      vpc,
      instanceTypes: [new ec2.InstanceType('m7i.large')],
      statements: [new iam.PolicyStatement({ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::acme-releases/*'] })],
      terminateInstanceOnFailure: false,
      tags: { team: 'platform' },
      logs: { retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN, bucket: new s3.Bucket(stack, 'Logs') },
    },
    volumes: {
      rootSize: Size.gibibytes(24),
      key,
      backup: VolumeBackup.daily({
        keep: Duration.days(7),
        hour: 1,
        vault: backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'acme'),
      }),
    },
    scan: VulnerabilityScan.gate({ critical: 0, high: 3 }),
    sbomBucket: new s3.Bucket(stack, 'Bills'),
    distribution: [
      ImageDistribution.region('eu-central-1', {
        accounts: ['222222222222'],
        organizations: ['arn:aws:organizations::111111111111:organization/o-acme'],
        organizationalUnits: ['arn:aws:organizations::111111111111:ou/o-acme/ou-prod-1'],
        tags: { team: 'platform' },
        amiName: 'atlantis',
      }),
      ImageDistribution.region('eu-west-1', { copyTo: ['333333333333'], key: kms.Key.fromKeyArn(stack, 'Abroad', ABROAD) }),
    ],
    promotion: ImagePromotion.manual({
      launchTemplates: [new ec2.LaunchTemplate(stack, 'LaunchTemplate')],
      keep: 3,
    }),
    lifecycle: ImageLifecycle.keep({ age: Duration.days(60), newest: 2, lastLaunched: Duration.days(14), sharedWith: ['222222222222'] }),
    notifications: ImageNotifications.everything({ topic: new sns.Topic(stack, 'Builds'), emails: ['ops@example.com'] }),
  });
  ami.builderRole.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('CloudWatchAgentServerPolicy'));
}

/** Each level as an image of its own. */
function levelsApart(app: App) {
  const stack = new Stack(app, 'AmiLevels');
  const common = new AtlantisAmi(stack, 'Common', {
    base: ImageBase.latest(ImageOs.UBUNTU_24_04),
    levels: [ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora(), ssh: true })],
    builds: [ImageBuilds.onSchedule({ startCondition: BuildCondition.DEPENDENCY_UPDATES })],
    scan: VulnerabilityScan.reportOnly(),
    lifecycle: ImageLifecycle.never(),
    notifications: ImageNotifications.failures(),
  });
  const application = ImageComponent.inline(
    'application',
    {
      description: 'Fetches, builds and starts an application',
      parameters: { release: { description: 'what is fetched' }, folder: { defaultValue: '/opt/application' } },
      buildSteps: [
        ComponentStep.updateOs('Update'),
        ComponentStep.createFolder('Folder', { path: '/opt/application', owner: 'atlantis' }),
        ComponentStep.s3Download('Fetch', { source: 's3://acme-releases/{{ release }}.tar', destination: '/var/tmp/application.tar' }),
        ComponentStep.download('FetchTool', { url: 'https://example.com/tool', destination: '/var/tmp/tool', sha256: SHA256 }),
        ComponentStep.bash('Build', ['mkdir -p {{ folder }}', 'tar -xf /var/tmp/application.tar -C {{ folder }}'], {
          timeout: Duration.minutes(20),
          attempts: 2,
          onFailure: StepFailure.ABORT,
        }),
        ComponentStep.createFile('Unit', {
          path: '/etc/systemd/system/application.service',
          content: '[Service]\nExecStart=/opt/application/run\n',
        }),
        ComponentStep.bash('Report', ['echo {{ loop.value }}'], { forEach: ['one', 'two'], onFailure: StepFailure.IGNORE }),
        ComponentStep.reboot('Restart'),
      ],
      validateSteps: [
        ComponentStep.bash('Look', ['test -e /opt/application/run'], { onFailure: StepFailure.CONTINUE }),
        ComponentStep.s3Upload('Report', { source: '/etc/os-release', destination: 's3://acme-releases/os-release' }),
      ],
    },
    { parameters: { release: '1.2.3' } },
  );
  new AtlantisAmi(stack, 'Application', {
    base: ImageBase.golden(common),
    levels: [
      ImageLevel.of('application', [
        application,
        ImageComponent.file('motd', DOCUMENT),
        ImageComponent.asset('document', { path: DOCUMENT, destination: '/opt/document.yaml' }),
        ImageComponent.managed('amazon-cloudwatch-agent-linux', { version: '1.x.x' }),
        ImageComponent.fromArn('arn:aws:imagebuilder:eu-central-1:111111111111:component/own/1.0.0'),
      ]),
    ],
    builds: [ImageBuilds.onDemand()],
    scan: VulnerabilityScan.off(),
    notifications: ImageNotifications.none(),
  });
  const levels = [
    ImageLevel.common({ tcpKeepalive: TcpKeepalive.standard() }),
    ImageLevel.atlantis({
      secrets: [StartSecret.settings(secretsmanager.Secret.fromSecretNameV2(stack, 'Settings', 'atlantis/settings'))],
      dataVolume: DataVolume.none(),
      tls: ServerTls.fromSecrets(
        secretsmanager.Secret.fromSecretNameV2(stack, 'Certificate', 'atlantis/certificate'),
        secretsmanager.Secret.fromSecretNameV2(stack, 'PrivateKey', 'atlantis/key'),
      ),
    }),
  ];
  const bases = {
    Parameter: ImageBase.ssmParameter('/acme/base', ImageOs.AMAZON_LINUX_2023),
    Id: ImageBase.amiId('ami-0123456789abcdef0', ImageOs.AMAZON_LINUX_2023, { rootDeviceName: '/dev/sda1' }),
    Marketplace: ImageBase.marketplace('prod-0123456789abc', ImageOs.UBUNTU_24_04),
  };
  for (const [name, base] of Object.entries(bases)) {
    new AtlantisAmi(stack, name, {
      base,
      levels,
      builds: [ImageBuilds.afterDeploy()],
      volumes: { backup: VolumeBackup.none() },
      promotion: ImagePromotion.automatic(),
    });
  }
}

/** Another account and region that get copies. */
function elsewhere(app: App) {
  const stack = new Stack(app, 'AmiElsewhere', { env: { account: '333333333333', region: 'eu-west-1' } });
  new ImageDistributionRole(stack, 'DistributionRole', { sourceAccount: '111111111111', keys: [new kms.Key(stack, 'Key')] });
  new PromotedImage(stack, 'Image', {
    candidateParameterName: '/imagebuilder/atlantis/candidate',
    promotion: ImagePromotion.automatic({ keep: 2 }),
  });
  new AtlantisAmi(stack, 'Alone', {
    levels: [ImageLevel.atlantis({ tls: ServerTls.atLoadBalancer(), dataVolume: DataVolume.none() })],
  });
}
