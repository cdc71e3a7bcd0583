import { type App, Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  BootstrapWatch,
  BreakGlass,
  GithubJob,
  RunnerPerimeter,
  SecureTerraformBootstrap,
  StateEncryption,
  StateLocks,
  StateObjectLock,
  StateReplication,
  StateStorage,
  TerraformPeople,
  TerraformPermissions,
  TerraformRunner,
  TerraformSecrets,
} from '../../../src';

/** The stacks of the bootstrap. */
export function bootstraps(app: App): void {
  defaults(app);
  everything(app);
  existing(app);
  replicated(app);
}

function defaults(app: App) {
  new SecureTerraformBootstrap(new Stack(app, 'BootstrapDefaults'), 'Bootstrap');
}

function everything(app: App) {
  const stack = new Stack(app, 'BootstrapEverything');
  const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', {
    prefix: 'acme',
    storage: StateStorage.managed({
      encryption: StateEncryption.s3Managed(),
      keepVersions: Duration.days(90),
      accessLogRetention: Duration.days(30),
      objectLock: StateObjectLock.governance(Duration.days(7)),
      replication: StateReplication.toBuckets({
        stateBucket: s3.Bucket.fromBucketName(stack, 'Copies', 'acme-copies'),
        bootstrapBucket: s3.Bucket.fromBucketName(stack, 'BootstrapCopies', 'acme-bootstrap-copies'),
        region: 'eu-west-1',
      }),
    }),
    locks: StateLocks.both({ encryptionKey: new kms.Key(stack, 'LocksKey') }),
    permissions: TerraformPermissions.policies([iam.ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess')]),
    mfaMaxAge: Duration.minutes(15),
    people: TerraformPeople.users(['anna.terraform', 'martin.terraform']),
    runners: [
      TerraformRunner.githubActions({
        owner: 'acme',
        repository: 'network',
        ownerId: '1',
        repositoryId: '2',
        immutableOnly: true,
        states: ['network/prod'],
        readStates: ['dns'],
        plan: [GithubJob.pullRequest(), GithubJob.branch('main')],
        apply: [GithubJob.environment('production')],
      }),
      TerraformRunner.gitlab({
        project: 'acme/platform/dns',
        states: ['dns'],
        applyBranches: ['main'],
        provider: iam.OpenIdConnectProvider.fromOpenIdConnectProviderArn(
          stack,
          'Gitlab',
          'arn:aws:iam::111111111111:oidc-provider/gitlab.com',
        ),
        perimeter: RunnerPerimeter.vpcs(['vpc-0123456789abcdef0', 'vpc-0123456789abcdef1']),
      }),
      TerraformRunner.bitbucket({
        name: 'apps',
        workspace: 'acme',
        workspaceUuid: '11111111-1111-1111-1111-111111111111',
        repositoryUuid: '22222222-2222-2222-2222-222222222222',
        applyEnvironmentUuids: ['33333333-3333-3333-3333-333333333333'],
        states: ['apps'],
        perimeter: RunnerPerimeter.addresses(['192.0.2.0/28']),
      }),
      TerraformRunner.ec2({
        name: 'builder',
        apply: true,
        states: ['images'],
        planPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
        planReads: ['arn:aws:s3:::acme-settings/*'],
        perimeter: RunnerPerimeter.instance(),
      }),
    ],
    secrets: TerraformSecrets.chamber({ alias: 'acme-secrets', key: new kms.Key(stack, 'SecretsKey') }),
    watch: BootstrapWatch.trail({ retention: Duration.days(90), emailAddresses: ['ops@example.com'], failedMfaAttempts: 5 }),
    breakGlass: BreakGlass.users(),
    unboundedRoles: ['administrator'],
    accountAlias: 'acme-prod',
    outputs: true,
  });

  const auditor = new iam.Role(stack, 'Auditor', { assumedBy: new iam.AccountRootPrincipal(), permissionsBoundary: bootstrap.boundary });
  bootstrap.state('network/prod').grantRead(auditor);
  bootstrap.state('apps').grantPlan(auditor);
  bootstrap.secrets?.grantRead(auditor, 'network');
  const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal(), permissionsBoundary: bootstrap.boundary });
  bootstrap.state('images', { workspaces: ['default', 'blue'] }).grantApply(operator);
  bootstrap.bootstrapState('account').grantAdminister(operator);
  bootstrap.secrets?.grantWrite(operator, 'network/prod');
}

function existing(app: App) {
  const stack = new Stack(app, 'BootstrapExisting');
  new SecureTerraformBootstrap(stack, 'Bootstrap', {
    storage: StateStorage.existing({
      bucket: s3.Bucket.fromBucketName(stack, 'States', 'acme-states'),
      bootstrapBucket: s3.Bucket.fromBucketName(stack, 'BootstrapStates', 'acme-bootstrap-states'),
      key: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:111111111111:key/11111111-1111-1111-1111-111111111111'),
    }),
    locks: StateLocks.dynamoDb({ table: dynamodb.Table.fromTableName(stack, 'Locks', 'acme-locks') }),
    people: TerraformPeople.existingUsers(['anna.terraform']),
    secrets: TerraformSecrets.none(),
    watch: BootstrapWatch.existingTrail(logs.LogGroup.fromLogGroupName(stack, 'Trail', 'acme-trail'), {
      topic: new sns.Topic(stack, 'Alarms'),
    }),
    breakGlass: BreakGlass.principal(new iam.ArnPrincipal('arn:aws:iam::222222222222:role/security')),
  });
}

function replicated(app: App) {
  const stack = new Stack(app, 'BootstrapReplicated', { env: { account: '111111111111', region: 'eu-central-1' } });
  const { peoplePolicy } = new SecureTerraformBootstrap(stack, 'Bootstrap', {
    storage: StateStorage.managed({
      encryption: StateEncryption.customerManaged(new kms.Key(stack, 'Key')),
      objectLock: StateObjectLock.compliance(Duration.days(1)),
      replication: StateReplication.toRegion('eu-west-1'),
    }),
    locks: StateLocks.lockfile(),
    permissions: TerraformPermissions.administrator(),
    people: TerraformPeople.identityCenter({ permissionSet: 'TerraformOperator', people: ['anna@example.com'] }),
    watch: BootstrapWatch.none(),
    breakGlass: BreakGlass.none(),
  });
  new iam.ManagedPolicy(stack, 'PeoplePolicy', { document: peoplePolicy });
}
