import { App, Duration, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { StateEncryption, StateLocks, StateStorage } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION, resourcesOf } from '../synthesized';
import { ALL, isAllowed } from './simulated';
import { BREAK_GLASS, refusalOf, type Stored, stored } from './storage-stack';

const DAY = { 's3:TlsVersion': '1.3', 'aws:SecureTransport': 'true' };
const ADMIN = { principal: `arn:aws:iam::${ACCOUNT}:role/admin`, context: { 'aws:userid': 'AROAEXAMPLE:jane', ...DAY } };
const CFN_ROLE = { principal: `arn:aws:iam::${ACCOUNT}:role/deploy`, context: { 'aws:userid': 'AROAEXAMPLE:AWSCloudFormation', ...DAY } };
const CFN_USER = {
  principal: `arn:aws:iam::${ACCOUNT}:role/admin`,
  context: { ...ADMIN.context, 'aws:CalledVia': ['cloudformation.amazonaws.com'] },
};
const BROKEN_GLASS = { principal: BREAK_GLASS, context: { 'aws:userid': 'AROAEXAMPLE:jane', ...DAY } };

interface Who {
  readonly principal: string;
  readonly context: { readonly [key: string]: string | string[] };
}

/** Whether the policy of a bucket lets somebody who may do everything else do this. */
function allowedBy(storage: Stored, bucket: s3.IBucket, who: Who, action: string, key?: string, context: object = {}): Promise<boolean> {
  return isAllowed({
    principal: who.principal,
    action,
    resource: key === undefined ? storage.bucketArn(bucket) : `${storage.bucketArn(bucket)}/${key}`,
    context: { ...who.context, 'aws:PrincipalArn': who.principal, ...context },
    policies: [ALL],
    resourcePolicy: storage.bucketPolicy(bucket),
  });
}

const managed = stored();
const { bucket, bootstrapBucket, logBucket } = managed.config;
const buckets: [string, s3.IBucket][] = [
  ['of everything', bucket],
  ['of the bootstrap', bootstrapBucket],
];
const three: [string, s3.IBucket][] = [...buckets, ['of the access logs', logBucket as s3.IBucket]];

describe('StateStorage.managed', () => {
  test('there are two buckets and one for their access logs', () => {
    expect(Object.keys(resourcesOf(managed.template, 'AWS::S3::Bucket')).sort()).toEqual(
      three.map(([, each]) => managed.idOf(each)).sort(),
    );
    expect(new Set(three.map(([, each]) => managed.idOf(each))).size).toBe(3);
  });

  test.each(three)('the bucket %s is versioned, never public, without access lists, and retained', (_name, each) => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = managed.bucket(each);
    expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
    expect(Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(Properties.OwnershipControls).toEqual({ Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
    expect(Properties).not.toHaveProperty('AccessControl');
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test.each(three)('the bucket %s keeps its policy when the stack is deleted', (_name, each) => {
    const { DeletionPolicy, UpdateReplacePolicy } = managed.bucketPolicyResource(each);
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('ManagedStateStorageProps.encryption left out: a customer managed key, with bucket keys', () => {
    const key = onlyResource(managed.template, 'AWS::KMS::Key');
    for (const [, each] of buckets)
      expect(managed.bucket(each).Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: { 'Fn::GetAtt': [key.id, 'Arn'] } },
        },
      ]);
  });

  test('ManagedStateStorageProps.keepVersions left out: a year, and the newest 20', () => {
    for (const [, each] of buckets)
      expect(managed.bucket(each).Properties.LifecycleConfiguration.Rules[0]).toEqual({
        Id: 'old-versions',
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 365, NewerNoncurrentVersions: 20 },
      });
  });

  test('old versions of lock files go after a week, whatever is below 512 bytes, but for the newest 3', () => {
    for (const [, each] of buckets)
      expect(managed.bucket(each).Properties.LifecycleConfiguration.Rules).toContainEqual({
        Id: 'old-locks',
        Status: 'Enabled',
        ObjectSizeLessThan: 512,
        NoncurrentVersionExpiration: { NoncurrentDays: 7, NewerNoncurrentVersions: 3 },
      });
  });

  test('markers of deletions that hide nothing go, and so do uploads that broke off', () => {
    for (const [, each] of buckets)
      expect(managed.bucket(each).Properties.LifecycleConfiguration.Rules.slice(2)).toEqual([
        { Id: 'expired-markers', Status: 'Enabled', ExpiredObjectDeleteMarker: true },
        { Id: 'broken-uploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
      ]);
  });

  test('no current version ever expires', () => {
    for (const [, each] of buckets) {
      const text = JSON.stringify(managed.bucket(each).Properties.LifecycleConfiguration);
      expect(text).not.toMatch(/ExpirationInDays|ExpirationDate|"Transition/);
    }
  });

  test('versions can be kept for longer', () => {
    const longer = stored(() => ({ storage: StateStorage.managed({ keepVersions: Duration.days(3650) }) }));
    const [rule] = longer.bucket(longer.config.bucket).Properties.LifecycleConfiguration.Rules;
    expect(rule.NoncurrentVersionExpiration.NoncurrentDays).toBe(3650);
  });

  test('ManagedStateStorageProps.accessLogRetention left out: a year', () => {
    expect(managed.bucket(logBucket as s3.IBucket).Properties.LifecycleConfiguration.Rules).toEqual([
      { Id: 'old-logs', Status: 'Enabled', ExpirationInDays: 365, NoncurrentVersionExpiration: { NoncurrentDays: 365 } },
    ]);
  });

  test('access logs can be kept for longer', () => {
    const longer = stored(() => ({ storage: StateStorage.managed({ accessLogRetention: Duration.days(3650) }) }));
    const [rule] = longer.bucket(longer.config.logBucket as s3.IBucket).Properties.LifecycleConfiguration.Rules;
    expect([rule.ExpirationInDays, rule.NoncurrentVersionExpiration.NoncurrentDays]).toEqual([3650, 3650]);
  });

  test('ManagedStateStorageProps.replication left out: nothing is copied', () => {
    for (const [, each] of buckets) expect(managed.bucket(each).Properties).not.toHaveProperty('ReplicationConfiguration');
  });

  test('ManagedStateStorageProps.objectLock left out: no version is locked', () => {
    for (const [, each] of buckets) expect(managed.bucket(each).Properties).not.toHaveProperty('ObjectLockEnabled');
  });

  test('the boundary is told of all three buckets and of the key', () => {
    const resolved = (values: string[]) => deployed(managed.template, managed.stack.resolve(values));
    expect(resolved(managed.config.protectedBuckets)).toEqual(three.map(([, each]) => managed.bucketArn(each)));
    const { id } = onlyResource(managed.template, 'AWS::KMS::Key');
    expect(resolved(managed.config.protectedKeys)).toEqual([`arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`]);
    expect(managed.config.protectedAliases).toEqual([]);
  });

  test.each([
    ['keepVersions', { keepVersions: Duration.hours(36) }, '1 day 12 hours'],
    ['accessLogRetention', { accessLogRetention: Duration.days(36501) }, '36501 days'],
    ['accessLogRetention', { accessLogRetention: Duration.hours(12) }, '12 hours'],
  ])('%s must be whole days', (property, props, got) => {
    expect(refusalOf(() => stored(() => ({ storage: StateStorage.managed(props) })))).toBe(
      `[Stack] storage.${property}: must be whole days, 1 to 36500, got ${got}`,
    );
  });
});

describe('the access logs', () => {
  const policy = managed.bucketPolicy(logBucket as s3.IBucket);
  const deliver = (source: string, key: string, principal = 'logging.s3.amazonaws.com', account = ACCOUNT) =>
    isAllowed({
      principal,
      action: 's3:PutObject',
      resource: `${managed.bucketArn(logBucket as s3.IBucket)}/${key}`,
      context: { 'aws:SourceArn': source, 'aws:SourceAccount': account, ...DAY },
      policies: [],
      resourcePolicy: policy,
    });

  test('both buckets send theirs, each under a prefix of its own', () => {
    const target = { Ref: managed.idOf(logBucket as s3.IBucket) };
    expect(buckets.map(([, each]) => managed.bucket(each).Properties.LoggingConfiguration)).toEqual([
      { DestinationBucketName: target, LogFilePrefix: 'state/' },
      { DestinationBucketName: target, LogFilePrefix: 'bootstrap/' },
    ]);
  });

  test('they are encrypted by S3, since it delivers none to a bucket whose key refuses it', () => {
    const { BucketEncryption } = managed.bucket(logBucket as s3.IBucket).Properties;
    expect(BucketEncryption.ServerSideEncryptionConfiguration).toEqual([{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }]);
  });

  test('the logging service can deliver those of these buckets, and of no other bucket or account', async () => {
    expect(await deliver(managed.bucketArn(bucket), 'state/2026-01-01')).toBe(true);
    expect(await deliver(managed.bucketArn(bootstrapBucket), 'bootstrap/2026-01-01')).toBe(true);
    expect(await deliver(managed.bucketArn(bucket), 'bootstrap/2026-01-01')).toBe(false);
    expect(await deliver('arn:aws:s3:::another', 'state/2026-01-01')).toBe(false);
    expect(await deliver(managed.bucketArn(bucket), 'state/2026-01-01', undefined, '999999999999')).toBe(false);
    expect(await deliver(managed.bucketArn(bucket), 'state/2026-01-01', 'cloudtrail.amazonaws.com')).toBe(false);
  });

  test('they are delivered the same way in an app without the feature flag for it', () => {
    const stack = new Stack(new App({ context: { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': false } }), 'Stack');
    const names = managed.names;
    const problems = { add: () => undefined, throwIfAny: () => undefined } as never;
    const config = StateStorage.managed()._bind(stack, { names, problems, nativeLock: true });
    const child = (config.logBucket as s3.Bucket).node.defaultChild as s3.CfnBucket;
    expect(stack.resolve(child.accessControl)).toBeUndefined();
  });
});

describe.each(three)('the policy of the bucket %s', (_name, each) => {
  const allowed = (who: Who, action: string, key?: string, context?: object) => allowedBy(managed, each, who, action, key, context);

  test('plain HTTP is refused, and HTTPS is not', async () => {
    expect(await allowed(ADMIN, 's3:GetObject', 'x', { 'aws:SecureTransport': 'false' })).toBe(false);
    expect(await allowed(ADMIN, 's3:GetObject', 'x')).toBe(true);
    expect(await allowed(ADMIN, 's3:ListBucket', undefined, { 'aws:SecureTransport': 'false' })).toBe(false);
  });

  test.each([
    ['1.0', false],
    ['1.1', false],
    ['1.2', true],
    ['1.3', true],
  ])('TLS %s is allowed: %s', async (version, expected) => {
    expect(await allowed(ADMIN, 's3:GetObject', 'x', { 's3:TlsVersion': version })).toBe(expected);
  });

  const settings: string[] = managed.bucketPolicy(each).Statement.find(({ Sid }: { Sid: string }) => Sid === 'KeepSettings').Action;

  test('the settings that it keeps are actions that there are, since the simulator knows no others', async () => {
    expect(settings.length).toBeGreaterThanOrEqual(15);
    for (const action of settings) await allowed(ADMIN, action);
    await expect(allowed(ADMIN, 's3:PutBucketColour')).rejects.toThrow('PutBucketColour');
  });

  test.each(settings)('%s is refused to an administrator, and allowed to the break-glass role', async (action) => {
    expect(await allowed(ADMIN, action)).toBe(false);
    expect(await allowed(BROKEN_GLASS, action)).toBe(true);
  });

  test.each(settings)('%s is allowed to CloudFormation, with a service role and without', async (action) => {
    expect(await allowed(CFN_ROLE, action)).toBe(true);
    expect(await allowed(CFN_USER, action)).toBe(true);
  });

  test('another service that calls for an administrator is not CloudFormation', async () => {
    const via = { 'aws:CalledVia': ['athena.amazonaws.com'] };
    expect(await allowed(ADMIN, 's3:PutBucketPolicy', undefined, via)).toBe(false);
  });

  test.each(['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention', 's3:PutObjectRetention', 's3:PutObjectLegalHold'])(
    '%s is allowed to the break-glass role only, and not to CloudFormation either',
    async (action) => {
      for (const who of [ADMIN, CFN_ROLE, CFN_USER]) expect(await allowed(who, action, 'x')).toBe(false);
      expect(await allowed(BROKEN_GLASS, action, 'x')).toBe(true);
    },
  );

  test('to read, write and delete objects is nothing that it refuses an administrator', async () => {
    for (const action of ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']) expect(await allowed(ADMIN, action, 'x')).toBe(true);
    expect(await allowed(ADMIN, 's3:GetBucketPolicy')).toBe(true);
  });

  test('each of its statements has an id of its own', () => {
    const sids = managed.bucketPolicy(each).Statement.map(({ Sid }: { Sid: string }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    expect(sids).not.toContain(undefined);
  });
});

const SSE = 's3:x-amz-server-side-encryption';
const KEY_ID = 's3:x-amz-server-side-encryption-aws-kms-key-id';
const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${onlyResource(managed.template, 'AWS::KMS::Key').id}`;

describe.each(buckets)('writing to the bucket %s', (_name, each) => {
  const writes = (context: object, key = 'prod/terraform.tfstate', storage = managed) =>
    allowedBy(storage, each, ADMIN, 's3:PutObject', key, context);

  test('without a header for the encryption is allowed: the object gets the encryption of the bucket', async () => {
    expect(await writes({})).toBe(true);
  });

  test('with the key of the bucket, as encrypt and kms_key_id have it, is allowed', async () => {
    expect(await writes({ [SSE]: 'aws:kms', [KEY_ID]: keyArn })).toBe(true);
  });

  test.each([
    ['AES256, as encrypt without kms_key_id has it', { [SSE]: 'AES256' }],
    ['another key', { [SSE]: 'aws:kms', [KEY_ID]: `arn:aws:kms:${REGION}:${ACCOUNT}:key/another` }],
    ['KMS without a key, which would be the AWS managed one', { [SSE]: 'aws:kms' }],
    ['KMS twice', { [SSE]: 'aws:kms:dsse', [KEY_ID]: keyArn }],
    ['a key that comes with the request', { 's3:x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
  ])('with %s is refused', async (_what, context) => {
    expect(await writes(context)).toBe(false);
  });

  test('a lock file without If-None-Match is refused, and with it is allowed', async () => {
    for (const key of ['prod/terraform.tfstate.tflock', 'env:/a/prod/terraform.tfstate.tflock']) {
      expect(await writes({}, key)).toBe(false);
      expect(await writes({ 's3:if-none-match': '*' }, key)).toBe(true);
    }
  });

  test('a lock file can be deleted, which no policy can tell from a release', async () => {
    expect(await allowedBy(managed, each, ADMIN, 's3:DeleteObject', 'prod/terraform.tfstate.tflock')).toBe(true);
  });
});

test('without native locks a lock file is a file like any', async () => {
  const table = stored(() => ({ locks: StateLocks.dynamoDb() }));
  expect(await allowedBy(table, table.config.bucket, ADMIN, 's3:PutObject', 'prod/terraform.tfstate.tflock')).toBe(true);
  const both = stored(() => ({ locks: StateLocks.both() }));
  expect(await allowedBy(both, both.config.bucket, ADMIN, 's3:PutObject', 'prod/terraform.tfstate.tflock')).toBe(false);
});

test('with a key of S3 a request for AES256 is allowed, and for KMS refused', async () => {
  const plain = stored(() => ({ storage: StateStorage.managed({ encryption: StateEncryption.s3Managed() }) }));
  const writes = (context: object) => allowedBy(plain, plain.config.bucket, ADMIN, 's3:PutObject', 'x', context);
  expect(await writes({})).toBe(true);
  expect(await writes({ [SSE]: 'AES256' })).toBe(true);
  expect(await writes({ [SSE]: 'aws:kms', [KEY_ID]: keyArn })).toBe(false);
  expect(await writes({ [SSE]: 'aws:kms' })).toBe(false);
});

describe('StateStorage.existing', () => {
  const given = (stack: Stack) => s3.Bucket.fromBucketName(stack, 'Given', 'given');

  test('nothing is made, and nothing of the buckets is changed', () => {
    const existing = stored((stack) => ({ storage: StateStorage.existing({ bucket: given(stack) }) }));
    expect(existing.template.toJSON().Resources).toBeUndefined();
    const own = stored((stack) => ({ storage: StateStorage.existing({ bucket: new s3.Bucket(stack, 'Own') }) }));
    expect(Object.keys(own.template.toJSON().Resources)).toHaveLength(1);
  });

  test('ExistingStateStorageProps.bootstrapBucket left out: the same bucket', () => {
    const { config } = stored((stack) => ({ storage: StateStorage.existing({ bucket: given(stack) }) }));
    expect(config.bootstrapBucket).toBe(config.bucket);
    expect(config.protectedBuckets).toHaveLength(1);
  });

  test('another bucket for the bootstrap is used and protected', () => {
    const { config } = stored((stack) => {
      const bootstrapBucket = s3.Bucket.fromBucketName(stack, 'GivenToo', 'given-too');
      return { storage: StateStorage.existing({ bucket: given(stack), bootstrapBucket }) };
    });
    expect([config.bucket.bucketName, config.bootstrapBucket.bucketName]).toEqual(['given', 'given-too']);
    expect(config.protectedBuckets).toHaveLength(2);
  });

  test('ExistingStateStorageProps.key left out: that of the bucket, if it is known', () => {
    const { config } = stored((stack) => ({ storage: StateStorage.existing({ bucket: given(stack) }) }));
    expect([config.key, config.protectedKeys]).toEqual([undefined, []]);
    const known = stored((stack) => {
      const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', keyArn);
      const bucketOfKey = s3.Bucket.fromBucketAttributes(stack, 'Given', { bucketName: 'given', encryptionKey });
      return { storage: StateStorage.existing({ bucket: bucketOfKey }) };
    });
    expect([known.config.key?.keyArn, known.config.protectedKeys]).toEqual([keyArn, [keyArn]]);
  });

  test('a key that is given is used and protected', () => {
    const { config } = stored((stack) => ({
      storage: StateStorage.existing({ bucket: given(stack), key: kms.Key.fromKeyArn(stack, 'Key', keyArn) }),
    }));
    expect([config.key?.keyArn, config.protectedKeys]).toEqual([keyArn, [keyArn]]);
  });
});
