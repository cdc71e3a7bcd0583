import { Duration, Lazy } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { BootstrapWatch } from '../../src';
import type { WatchConfig, WatchContext } from '../../src/bootstrap/private/watch-config';
import { ACCOUNT, onlyResource, resourcesOf } from '../synthesized';
import { assumeRole, call, consoleLogin, objectCall, root, session, type TrailEvent, user } from './cloudtrail-events';
import { matches } from './filter-evaluator';
import { HOME, MachineStack, messageOf, PARTITIONS, type Place } from './machines';

interface Watched {
  readonly given: MachineStack;
  readonly config: WatchConfig;
}

type Make = (given: MachineStack) => BootstrapWatch;

function watched(
  make: Make = () => BootstrapWatch.trail(),
  more: Partial<WatchContext> = {},
  place: Place = HOME,
  prefix?: string,
): Watched {
  const given = new MachineStack(place, prefix);
  const { stack, names, problems } = given;
  const config = make(given)._bind(stack, {
    names,
    problems,
    storage: { bucket: given.bucketNamed('acme-state'), bootstrapBucket: given.bucketNamed('acme-bootstrap') },
    locks: {},
    roleArn: names.terraformRoleArn,
    breakGlassArn: names.breakGlassRoleArn,
    ...more,
  });
  problems.throwIfAny();
  return { given, config };
}

/** The patterns that feed an alarm, as they are after deployment. */
function patternsOf({ given }: Watched, alarm: string): string[] {
  return Object.values(resourcesOf(given.template, 'AWS::Logs::MetricFilter'))
    .filter(({ Properties }) => Properties.MetricTransformations[0].MetricName === alarm)
    .map(({ Properties }) => given.deployed(Properties.FilterPattern));
}

const NAMES = [
  'break-glass',
  'tampering',
  'mfa-seal',
  'failed-mfa',
  'state-deleted',
  'state-protection',
  'watch',
  'console-sign-in',
] as const;

/** The alarms that an event counts for, whatever AWS makes of `!=` on a property that is missing. */
function alarmsOf(on: Watched, event: TrailEvent): string[] {
  const taken = [true, false].map((missingDiffers) =>
    NAMES.filter((name) => patternsOf(on, name).some((pattern) => matches(pattern, event, missingDiffers))),
  );
  expect(taken[0]).toEqual(taken[1]);
  return taken[0];
}

const key = (given: MachineStack) => kms.Key.fromKeyArn(given.stack, 'StateKey', `arn:aws:kms:eu-central-1:${ACCOUNT}:key/0123-abcd`);
const full = (() => {
  const probe = new MachineStack();
  return watched(undefined, {
    storage: {
      bucket: probe.bucketNamed('acme-state'),
      bootstrapBucket: probe.bucketNamed('acme-bootstrap'),
      logBucket: probe.bucketNamed('acme-logs'),
      key: key(probe),
    },
    locks: { table: { tableName: 'acme-locks' } },
    roleNames: ['terraform-infra-plan', 'terraform-infra-apply'],
  });
})();
const logGroupName = onlyResource(full.given.template, 'AWS::Logs::LogGroup').id;
const topicArn = full.given.deployed({ Ref: onlyResource(full.given.template, 'AWS::SNS::Topic').id });
const revoker = session('terraform-revoker', 'revocation');
const policyArn = (name: string) => `arn:aws:iam::${ACCOUNT}:policy/terraform/${name}`;
const bucketCall = (eventName: string, bucketName: string) => call('s3', eventName, { bucketName, Host: 's3.eu-central-1.amazonaws.com' });

describe('events that raise an alarm', () => {
  test.each<[string, TrailEvent]>([
    ['break-glass', assumeRole('terraform-break-glass')],
    ['break-glass', call('ec2', 'DescribeInstances', {}, { userIdentity: session('terraform-break-glass', 'rescue') })],
    ['break-glass', assumeRole('terraform-break-glass', { errorCode: 'AccessDenied', errorMessage: 'User: x is not authorized' })],
    ['tampering', call('iam', 'PutRolePolicy', { roleName: 'terraform', policyName: 'more' })],
    ['tampering', call('iam', 'PutRolePolicy', { roleName: 'terraform', policyName: 'revoked-x' }, { userIdentity: root })],
    ['tampering', call('iam', 'PutRolePolicy', { roleName: 'terraform', policyName: 'more' }, { userIdentity: user('eve', '/') })],
    ['tampering', call('iam', 'UpdateAssumeRolePolicy', { roleName: 'terraform' })],
    ['tampering', call('iam', 'UpdateAssumeRolePolicy', { roleName: 'terraform' }, { userIdentity: revoker })],
    ['tampering', call('iam', 'DeleteRolePermissionsBoundary', { roleName: 'terraform' })],
    ['tampering', call('iam', 'DeleteRolePolicy', { roleName: 'terraform', policyName: 'revoked-x' })],
    [
      'tampering',
      call('iam', 'AttachRolePolicy', { roleName: 'terraform-infra-plan', policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }),
    ],
    ['tampering', call('iam', 'UpdateAssumeRolePolicy', { roleName: 'terraform-revoker' })],
    ['tampering', call('iam', 'CreatePolicyVersion', { policyArn: policyArn('terraform-boundary'), setAsDefault: true })],
    ['tampering', call('iam', 'SetDefaultPolicyVersion', { policyArn: policyArn('terraform-boundary'), versionId: 'v1' })],
    ['tampering', call('iam', 'AddUserToGroup', { groupName: 'terraform', userName: 'eve' })],
    ['tampering', call('iam', 'PutGroupPolicy', { groupName: 'terraform', policyName: 'more' })],
    ['tampering', call('iam', 'CreateUser', { path: '/terraform/', userName: 'eve' })],
    ['tampering', call('iam', 'AddClientIDToOpenIDConnectProvider', { clientID: 'eve' })],
    ['tampering', call('iam', 'UpdateOpenIDConnectProviderThumbprint', {})],
    [
      'tampering',
      call('states', 'UpdateStateMachine', {
        stateMachineArn: `arn:aws:states:eu-central-1:${ACCOUNT}:stateMachine:terraform-revoke-martin.rosselle.terraform`,
      }),
    ],
    [
      'mfa-seal',
      call(
        'iam',
        'EnableMFADevice',
        { userName: 'martin', serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/martin` },
        { userIdentity: user('martin') },
      ),
    ],
    ['mfa-seal', call('iam', 'DeactivateMFADevice', { userName: 'martin', serialNumber: `arn:aws:iam::${ACCOUNT}:mfa/martin` })],
    ['mfa-seal', call('iam', 'UntagUser', { userName: 'martin', tagKeys: ['terraform-mfa'] })],
    ['mfa-seal', call('iam', 'TagUser', { userName: 'martin', tags: [{ key: 'terraform-mfa', value: 'open' }] })],
    [
      'failed-mfa',
      assumeRole('terraform', {
        errorCode: 'AccessDenied',
        errorMessage: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
      }),
    ],
    [
      'failed-mfa',
      {
        ...assumeRole('terraform', {
          errorCode: 'AccessDenied',
          errorMessage: `User: arn:aws:iam::${ACCOUNT}:user/terraform/martin is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${ACCOUNT}:role/terraform/terraform`,
        }),
        requestParameters: null,
      },
    ],
    [
      'failed-mfa',
      call('sts', 'GetSessionToken', null, {
        errorCode: 'AccessDenied',
        errorMessage: 'MultiFactorAuthentication failed with invalid MFA one time pass code. ',
        userIdentity: user('martin'),
      }),
    ],
    ['state-deleted', objectCall('DeleteObject', 'acme-state', 'network/prod/terraform.tfstate')],
    ['state-deleted', objectCall('DeleteObject', 'acme-bootstrap', 'terraform.tfstate')],
    ['state-deleted', objectCall('DeleteObject', 'acme-state', 'env:/blue/network/prod/terraform.tfstate')],
    ['state-deleted', objectCall('DeleteObject', 'acme-state', 'network/prod/terraform.tfstate', { versionId: 'abc' })],
    ['state-deleted', objectCall('DeleteObject', 'acme-state', 'network/prod/terraform.tfstate.tflock', { versionId: 'abc' })],
    ['state-deleted', call('s3', 'DeleteObjects', { bucketName: 'acme-state', delete: '' })],
    ['state-protection', bucketCall('DeleteBucket', 'acme-state')],
    ['state-protection', bucketCall('PutBucketVersioning', 'acme-state')],
    ['state-protection', bucketCall('PutBucketPolicy', 'acme-bootstrap')],
    ['state-protection', bucketCall('DeleteBucketPolicy', 'acme-state')],
    ['state-protection', bucketCall('PutBucketLifecycle', 'acme-logs')],
    ['state-protection', call('kms', 'ScheduleKeyDeletion', { keyId: '0123-abcd' })],
    ['state-protection', call('kms', 'PutKeyPolicy', { keyId: `arn:aws:kms:eu-central-1:${ACCOUNT}:key/0123-abcd` })],
    ['state-protection', call('dynamodb', 'DeleteTable', { tableName: 'acme-locks' })],
    ['state-protection', call('dynamodb', 'UpdateTable', { tableName: `arn:aws:dynamodb:eu-central-1:${ACCOUNT}:table/acme-locks` })],
    ['watch', call('cloudtrail', 'StopLogging', { name: 'terraform-watch' })],
    ['watch', call('cloudtrail', 'DeleteTrail', { name: `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/terraform-watch` })],
    ['watch', call('cloudtrail', 'PutEventSelectors', { trailName: 'terraform-watch' })],
    ['watch', call('logs', 'DeleteLogGroup', { logGroupName })],
    ['watch', call('logs', 'DeleteMetricFilter', { logGroupName, filterName: 'x' })],
    ['watch', call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays: 1 })],
    ['watch', call('sns', 'DeleteTopic', { topicArn })],
    ['watch', call('sns', 'Unsubscribe', { subscriptionArn: `${topicArn}:0123` })],
    ['console-sign-in', consoleLogin(user('martin'), 'No')],
    ['console-sign-in', consoleLogin(user('rescue', '/terraform-break-glass/'), 'No')],
  ])('%s: %j', (alarm, event) => {
    expect(alarmsOf(full, event)).toEqual([alarm]);
  });

  test('who changes the role that brings the events is seen', () => {
    const [id] = Object.keys(resourcesOf(full.given.template, 'AWS::IAM::Role'));
    expect(alarmsOf(full, call('iam', 'DeleteRolePolicy', { roleName: id, policyName: 'x' }))).toEqual(['tampering']);
  });
});

describe('events that raise none', () => {
  test.each<[string, TrailEvent]>([
    ['a person assumes the terraform role', assumeRole('terraform')],
    ['the terraform role reads', call('ec2', 'DescribeInstances', {}, { userIdentity: session('terraform', 'martin') })],
    ['someone looks at the role', call('iam', 'GetRole', { roleName: 'terraform' })],
    ['someone lists its policies', call('iam', 'ListRolePolicies', { roleName: 'terraform' })],
    ['someone simulates its policies', call('iam', 'SimulatePrincipalPolicy', { policySourceArn: 'x', roleName: 'terraform' })],
    [
      'a person ends their sessions',
      call('iam', 'PutRolePolicy', { roleName: 'terraform', policyName: 'revoked-martin' }, { userIdentity: revoker }),
    ],
    ['a role of the account is changed', call('iam', 'PutRolePolicy', { roleName: 'terraform-made-this', policyName: 'x' })],
    [
      'a role is made with the boundary',
      call('iam', 'CreateRole', { path: '/', roleName: 'app', permissionsBoundary: policyArn('terraform-boundary') }),
    ],
    ['a policy of the account is changed', call('iam', 'CreatePolicyVersion', { policyArn: `arn:aws:iam::${ACCOUNT}:policy/app` })],
    ['another group is changed', call('iam', 'AddUserToGroup', { groupName: 'developers', userName: 'x' })],
    ['identity providers are listed', call('iam', 'ListOpenIDConnectProviders', null)],
    [
      'a revocation is started',
      call('states', 'StartExecution', { stateMachineArn: `arn:aws:states:eu-central-1:${ACCOUNT}:stateMachine:terraform-revoke-martin` }),
    ],
    ['a virtual MFA device is made', call('iam', 'CreateVirtualMFADevice', { virtualMFADeviceName: 'martin' })],
    ['an access key is rotated', call('iam', 'CreateAccessKey', { userName: 'martin' }, { userIdentity: user('martin') })],
    [
      'another role is refused',
      assumeRole('elsewhere', {
        errorCode: 'AccessDenied',
        errorMessage: 'User: x is not authorized to perform: sts:AssumeRole on resource: y',
      }),
    ],
    ['a run locks', objectCall('PutObject', 'acme-state', 'network/prod/terraform.tfstate.tflock')],
    ['a run unlocks', objectCall('DeleteObject', 'acme-state', 'network/prod/terraform.tfstate.tflock')],
    ['a run writes the state', objectCall('PutObject', 'acme-state', 'network/prod/terraform.tfstate')],
    ['a run reads the state', objectCall('GetObject', 'acme-state', 'network/prod/terraform.tfstate')],
    ['an object elsewhere is deleted', objectCall('DeleteObject', 'acme-invoices', '2026.pdf')],
    ['the bucket is looked at', bucketCall('GetBucketVersioning', 'acme-state')],
    ['another bucket is deleted', bucketCall('DeleteBucket', 'acme-invoices')],
    ['the key is used', call('kms', 'GenerateDataKey', { keyId: '0123-abcd' })],
    ['another key is deleted', call('kms', 'ScheduleKeyDeletion', { keyId: '9999' })],
    [
      'a service takes a grant',
      call('kms', 'CreateGrant', { keyId: '0123-abcd' }, { userIdentity: { type: 'AWSService', invokedBy: 'dynamodb.amazonaws.com' } }),
    ],
    ['another table is deleted', call('dynamodb', 'DeleteTable', { tableName: 'orders' })],
    ['the trail is looked at', call('cloudtrail', 'GetTrailStatus', { name: 'terraform-watch' })],
    ['the trail writes', call('logs', 'CreateLogStream', { logGroupName, logStreamName: 'x' })],
    ['another log group is deleted', call('logs', 'DeleteLogGroup', { logGroupName: '/aws/lambda/app' })],
    ['a person signs in with MFA', consoleLogin(user('martin'), 'Yes')],
    ['a sign-in fails', consoleLogin(user('martin'), 'No', 'Failure')],
    ['someone else signs in', consoleLogin(user('anna', '/'), 'No')],
  ])('%s', (_, event) => {
    expect(alarmsOf(full, event)).toEqual([]);
  });
});

describe('the patterns', () => {
  const longest = watched(
    undefined,
    {
      storage: {
        bucket: new MachineStack().bucketNamed('s'.repeat(63)),
        bootstrapBucket: new MachineStack().bucketNamed('b'.repeat(63)),
        logBucket: new MachineStack().bucketNamed('l'.repeat(63)),
      },
      locks: { table: { tableName: 't'.repeat(255) } },
      roleNames: Array.from({ length: 20 }, (_, i) => `${'r'.repeat(62)}${i + 10}`),
    },
    PARTITIONS[2],
    'p'.repeat(40),
  );

  test.each(NAMES)('of %s have no more than 1024 characters, with the longest names', (name) => {
    const patterns = patternsOf(longest, name);
    expect(patterns.length).toBeGreaterThan(0);
    expect(patterns.filter((pattern) => pattern.length > 1024)).toEqual([]);
  });

  test('many roles are spread over several filters of one alarm', () => {
    for (const roleName of [`${'r'.repeat(62)}10`, `${'r'.repeat(62)}29`]) {
      expect(alarmsOf(longest, call('iam', 'DeleteRole', { roleName }))).toEqual(['tampering']);
    }
  });

  test.each(PARTITIONS)('name resources of $partition', (place) => {
    const there = watched(undefined, {}, place);
    const roleArn = `arn:${place.partition}:iam::${ACCOUNT}:role/terraform/terraform-break-glass`;
    expect(alarmsOf(there, call('sts', 'AssumeRole', { roleArn }))).toEqual(['break-glass']);
    expect(alarmsOf(there, call('sts', 'AssumeRole', { roleArn: roleArn.replace(/^arn:[^:]+/, 'arn:aws-iso') }))).toEqual([]);
  });

  test('without a break-glass role nothing waits for it', () => {
    expect(patternsOf(watched(undefined, { breakGlassArn: undefined }), 'break-glass')).toEqual([]);
  });
});

describe('the alarms', () => {
  const alarms = Object.values(resourcesOf(full.given.template, 'AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);

  test('there is one of each, named after the prefix, that counts within five minutes and publishes', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName).sort()).toEqual(NAMES.map((name) => `terraform-${name}`).sort());
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        Period: 300,
        Statistic: 'Sum',
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
      });
      expect(full.given.deployed(alarm.AlarmActions)).toEqual([topicArn]);
      expect(`terraform-${alarm.MetricName}`).toBe(alarm.AlarmName);
    }
  });

  test('WatchAlarmOptions.failedMfaAttempts left out: three refusals raise that alarm, and one event each other', () => {
    for (const { AlarmName, Threshold } of alarms) expect(Threshold).toBe(AlarmName === 'terraform-failed-mfa' ? 3 : 1);
  });

  test('as many refusals as are given raise it', () => {
    const { given } = watched(() => BootstrapWatch.trail({ failedMfaAttempts: 10 }));
    const alarm = Object.values(resourcesOf(given.template, 'AWS::CloudWatch::Alarm')).find(
      ({ Properties }) => Properties.MetricName === 'failed-mfa',
    );
    expect(alarm?.Properties.Threshold).toBe(10);
  });

  test('WatchAlarmOptions.topic left out: an encrypted topic is made, that the alarms of this bootstrap may publish to', () => {
    expect(full.given.deployed(onlyResource(full.given.template, 'AWS::SNS::Topic').Properties.KmsMasterKeyId)).toBe(
      full.given.deployed(full.given.stack.resolve(full.config.protectedKeys))[0],
    );
    const statements = full.given.deployed(onlyResource(full.given.template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument).Statement;
    expect(statements).toContainEqual({
      Sid: 'AlarmsPublish',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: topicArn,
      Condition: {
        StringEquals: { 'aws:SourceAccount': ACCOUNT },
        ArnLike: { 'aws:SourceArn': `arn:aws:cloudwatch:eu-central-1:${ACCOUNT}:alarm:terraform-*` },
      },
    });
  });

  test('a topic that is given is published to, and none is made', () => {
    const arn = `arn:aws:sns:eu-central-1:${ACCOUNT}:given`;
    const { given } = watched(({ stack }) => BootstrapWatch.trail({ topic: sns.Topic.fromTopicArn(stack, 'Topic', arn) }));
    expect(Object.keys(resourcesOf(given.template, 'AWS::SNS::Topic'))).toEqual([]);
    for (const { Properties } of Object.values(resourcesOf(given.template, 'AWS::CloudWatch::Alarm')))
      expect(Properties.AlarmActions).toEqual([arn]);
  });

  test('WatchAlarmOptions.emailAddresses left out: nobody is subscribed', () => {
    expect(Object.keys(resourcesOf(full.given.template, 'AWS::SNS::Subscription'))).toEqual([]);
  });

  test('addresses are subscribed', () => {
    const { given } = watched(() => BootstrapWatch.trail({ emailAddresses: ['ops@example.com', 'security@example.com'] }));
    const subscriptions = Object.values(resourcesOf(given.template, 'AWS::SNS::Subscription')).map(({ Properties }) => Properties);
    expect(subscriptions.map(({ Protocol, Endpoint }) => [Protocol, Endpoint])).toEqual([
      ['email', 'ops@example.com'],
      ['email', 'security@example.com'],
    ]);
  });
});

describe('the trail', () => {
  const { template } = full.given;
  const trail = onlyResource(template, 'AWS::CloudTrail::Trail').Properties;
  const bucket = onlyResource(template, 'AWS::S3::Bucket');
  const logGroup = onlyResource(template, 'AWS::Logs::LogGroup');
  const keyOfWatch = onlyResource(template, 'AWS::KMS::Key');

  test('it covers every region, proves its files, and is encrypted', () => {
    expect(trail).toMatchObject({
      TrailName: 'terraform-watch',
      IsLogging: true,
      IsMultiRegionTrail: true,
      IncludeGlobalServiceEvents: true,
      EnableLogFileValidation: true,
    });
    expect(trail.KMSKeyId).toEqual({ 'Fn::GetAtt': [keyOfWatch.id, 'Arn'] });
    expect(keyOfWatch.Properties.EnableKeyRotation).toBe(true);
  });

  test('it has all management events, and all that is done to objects of both state buckets', () => {
    expect(full.given.deployed(trail.EventSelectors)).toEqual([
      { IncludeManagementEvents: true, ReadWriteType: 'All' },
      {
        IncludeManagementEvents: false,
        ReadWriteType: 'All',
        DataResources: [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::acme-state/', 'arn:aws:s3:::acme-bootstrap/'] }],
      },
    ]);
  });

  test('WatchTrailProps.retention left out: events are kept for a year', () => {
    expect(logGroup.Properties.RetentionInDays).toBe(365);
    expect(bucket.Properties.LifecycleConfiguration.Rules[0]).toMatchObject({
      ExpirationInDays: 365,
      NoncurrentVersionExpiration: { NoncurrentDays: 365 },
    });
  });

  test('events are kept as long as is given', () => {
    const { given } = watched(() => BootstrapWatch.trail({ retention: Duration.days(90) }));
    expect(onlyResource(given.template, 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(90);
    expect(onlyResource(given.template, 'AWS::S3::Bucket').Properties.LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(90);
  });

  test('bucket, log group and key outlive the stack', () => {
    for (const resource of [bucket, logGroup, keyOfWatch])
      expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('the bucket is closed, and takes nothing from other trails', () => {
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket.Properties.VersioningConfiguration.Status).toBe('Enabled');
    const statements = full.given.deployed(onlyResource(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument).Statement;
    expect(statements).toContainEqual(
      expect.objectContaining({
        Sid: 'RefuseOtherTrails',
        Effect: 'Deny',
        Condition: { StringNotEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/terraform-watch` } },
      }),
    );
  });

  test('who reads the bucket is logged where access to the states is, if that is logged', () => {
    expect(bucket.Properties.LoggingConfiguration).toEqual({ DestinationBucketName: 'acme-logs', LogFilePrefix: 'trail/' });
    expect(onlyResource(watched().given.template, 'AWS::S3::Bucket').Properties).not.toHaveProperty('LoggingConfiguration');
  });

  test.each(PARTITIONS)('in $partition CloudTrail, CloudWatch Logs and alarms may use the key, each for its own', (place) => {
    const { given } = watched(undefined, {}, place);
    const statements = given.deployed(onlyResource(given.template, 'AWS::KMS::Key').Properties.KeyPolicy).Statement;
    const bySid = Object.fromEntries(statements.map((statement: { Sid?: string }) => [statement.Sid, statement]));
    const trailArn = `arn:${place.partition}:cloudtrail:${place.region}:${ACCOUNT}:trail/terraform-watch`;
    expect(bySid.TrailEncrypts.Condition.StringEquals).toEqual({
      'aws:SourceArn': trailArn,
      'kms:EncryptionContext:aws:cloudtrail:arn': trailArn,
    });
    expect(bySid.TrailDescribes.Condition.StringEquals).toEqual({ 'aws:SourceArn': trailArn });
    expect(bySid.LogsEncrypt.Principal.Service).toBe(`logs.${place.region}.${place.suffix}`);
    expect(bySid.LogsEncrypt.Condition.ArnLike['kms:EncryptionContext:aws:logs:arn']).toBe(
      `arn:${place.partition}:logs:${place.region}:${ACCOUNT}:log-group:*`,
    );
    expect(bySid.AlarmsPublish.Condition.StringEquals).toEqual({ 'aws:SourceAccount': ACCOUNT });
  });

  test('what must be protected is named: trail, log group, the role that delivers, topic and alarms, bucket and key', () => {
    const { protectedArns, protectedBuckets, protectedKeys } = full.config;
    const arns: string[] = full.given.deployed(full.given.stack.resolve(protectedArns));
    const [deliveryRole] = Object.keys(resourcesOf(template, 'AWS::IAM::Role'));
    expect(arns.slice(0, 4)).toEqual([
      `arn:aws:cloudtrail:eu-central-1:${ACCOUNT}:trail/terraform-watch`,
      `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:${logGroup.id}*`,
      `arn:aws:iam::${ACCOUNT}:role/${deliveryRole}`,
      topicArn,
    ]);
    expect(arns.slice(4)).toEqual([`arn:aws:cloudwatch:eu-central-1:${ACCOUNT}:alarm:terraform-*`]);
    expect(full.given.deployed(full.given.stack.resolve(protectedBuckets))).toEqual([`arn:aws:s3:::${bucket.id}`]);
    expect(full.given.deployed(full.given.stack.resolve(protectedKeys))).toEqual([
      `arn:aws:kms:eu-central-1:${ACCOUNT}:key/${keyOfWatch.id}`,
    ]);
  });
});

describe('a trail that is there', () => {
  const onGiven: Make = ({ stack }) => BootstrapWatch.existingTrail(logs.LogGroup.fromLogGroupName(stack, 'Given', 'org-trail'));

  test('the alarms are on its log group, and no trail is made', () => {
    const on = watched(onGiven);
    const { template } = on.given;
    for (const type of ['AWS::CloudTrail::Trail', 'AWS::S3::Bucket', 'AWS::Logs::LogGroup'])
      expect(Object.keys(resourcesOf(template, type))).toEqual([]);
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::Logs::MetricFilter')))
      expect(Properties.LogGroupName).toBe('org-trail');
    expect(alarmsOf(on, assumeRole('terraform-break-glass'))).toEqual(['break-glass']);
    expect(alarmsOf(on, call('logs', 'DeleteLogGroup', { logGroupName: 'org-trail' }))).toEqual(['watch']);
  });

  test('the topic has a key of its own, which is protected', () => {
    const { given, config } = watched(onGiven);
    const { id } = onlyResource(given.template, 'AWS::KMS::Key');
    expect(given.deployed(given.stack.resolve(config.protectedKeys))).toEqual([`arn:aws:kms:eu-central-1:${ACCOUNT}:key/${id}`]);
    expect(config.protectedBuckets).toEqual([]);
    expect(given.deployed(given.stack.resolve(config.protectedArns))).toContain(
      `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:org-trail*`,
    );
  });

  test('with a topic that is given no key is made', () => {
    const { given } = watched(({ stack }) =>
      BootstrapWatch.existingTrail(logs.LogGroup.fromLogGroupName(stack, 'Given', 'org-trail'), {
        topic: sns.Topic.fromTopicArn(stack, 'Topic', `arn:aws:sns:eu-central-1:${ACCOUNT}:given`),
      }),
    );
    expect(Object.keys(resourcesOf(given.template, 'AWS::KMS::Key'))).toEqual([]);
  });
});

test('with none nothing is made', () => {
  const { given, config } = watched(() => BootstrapWatch.none());
  expect(given.template.toJSON().Resources).toBeUndefined();
  expect(config).toEqual({ protectedArns: [], protectedBuckets: [], protectedKeys: [] });
});

test.each([
  [{ retention: Duration.days(100) }, /watch.retention: got 100; give days that CloudWatch Logs has: 1, 3, 5, 7, .*365/],
  [{ retention: Duration.hours(36) }, /watch.retention: got 1.5; give days that CloudWatch Logs has: /],
  [
    { retention: Duration.days(Lazy.number({ produce: () => 90 })) },
    /watch.retention: got a time that is known only at deployment; give days/,
  ],
  [{ emailAddresses: ['nobody'] }, /watch.emailAddresses: got "nobody"; give an e-mail address/],
  [{ failedMfaAttempts: 0 }, /watch.failedMfaAttempts: got 0; give a whole number from 1/],
  [{ failedMfaAttempts: 1.5 }, /watch.failedMfaAttempts: got 1.5; give a whole number from 1/],
])('%j is refused', (props, message) => {
  expect(messageOf(() => watched(() => BootstrapWatch.trail(props)))).toMatch(message);
});

test('the role that delivers the events may write into the log group only', () => {
  const given = full.given;
  const role = given.stack.node.findChild('WatchTrail').node.findChild('LogsRole') as iam.Role;
  expect(given.policiesOf(role)).toEqual([
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['logs:PutLogEvents', 'logs:CreateLogStream'],
          Resource: `arn:aws:logs:eu-central-1:${ACCOUNT}:log-group:${logGroupName}:*`,
        },
      ],
    },
  ]);
});
