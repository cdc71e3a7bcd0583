import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as cloudtrail from 'aws-cdk-lib/aws-cloudtrail';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keepBucket } from './bucket-policy';
import { keepKey } from './keepers';
import { logAccess } from './log-bucket';
import type { Names } from './names';
import { keepPolicy } from './state-bucket';
import type { WatchContext } from './watch-config';

/** A trail of the account's calls and of all that is done to states. */
export interface WatchTrail {
  readonly key: kms.Key;
  readonly bucket: s3.Bucket;
  readonly logGroup: logs.LogGroup;
  readonly trail: cloudtrail.Trail;
  readonly deliveryRole: iam.Role;
}

export function makeTrail(scope: Construct, { names, storage }: WatchContext, retention: Duration): WatchTrail {
  const trailName = `${names.prefix}-watch`;
  const trailArn = Stack.of(scope).formatArn({ service: 'cloudtrail', resource: 'trail', resourceName: trailName });
  const key = makeKey(scope, names, trailArn);
  const bucket = makeBucket(scope, names, trailArn, retention);
  // who reads or deletes events in the bucket is not in the events: the trail has the data events of the states only
  if (storage.logBucket) logAccess(bucket, storage.logBucket, 'trail/');
  const logGroup = new logs.LogGroup(scope, 'WatchLogs', {
    encryptionKey: key,
    retention: retention.toDays(),
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const trail = new cloudtrail.Trail(scope, 'WatchTrail', {
    trailName,
    bucket,
    encryptionKey: key,
    sendToCloudWatchLogs: true,
    cloudWatchLogGroup: logGroup,
    isMultiRegionTrail: true,
    includeGlobalServiceEvents: true,
    enableFileValidation: true,
    managementEvents: cloudtrail.ReadWriteType.ALL,
  });
  trail.addS3EventSelector([{ bucket: storage.bucket }, { bucket: storage.bootstrapBucket }], {
    readWriteType: cloudtrail.ReadWriteType.ALL,
    includeManagementEvents: false,
  });
  return { key, bucket, logGroup, trail, deliveryRole: trail.node.findChild('LogsRole') as iam.Role };
}

/** The bucket's own encryption is S3's: CloudTrail names the key for its logs, but not for the digests that prove them. */
function makeBucket(scope: Construct, names: Names, trailArn: string, retention: Duration): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'WatchBucket', {
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: true,
    lifecycleRules: [{ expiration: retention, noncurrentVersionExpiration: retention }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'RefuseOtherTrails',
      effect: iam.Effect.DENY,
      principals: [new iam.ServicePrincipal('cloudtrail.amazonaws.com')],
      actions: ['s3:PutObject', 's3:GetBucketAcl'],
      resources: [bucket.bucketArn, bucket.arnForObjects('*')],
      conditions: { StringNotEquals: { 'aws:SourceArn': trailArn } },
    }),
  );
  keepBucket(bucket, names);
  keepPolicy(bucket);
  return bucket;
}

/** The key of what the watch makes: of the trail, if there is one, and of the topic. */
export function makeKey(scope: Construct, names: Names, trailArn?: string): kms.Key {
  const stack = Stack.of(scope);
  const key = new kms.Key(scope, 'WatchKey', {
    description: 'Encrypts the trail of the Terraform bootstrap and its alarms',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(keepKey(names));
  // in the policy of a key, every resource is the key itself
  const resources = ['*'];
  if (trailArn) letTrailEncrypt(key, stack, trailArn);
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'AlarmsPublish',
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources,
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  );
  return key;
}

function letTrailEncrypt(key: kms.Key, stack: Stack, trailArn: string): void {
  const trail = new iam.ServicePrincipal('cloudtrail.amazonaws.com');
  const resources = ['*'];
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'TrailEncrypts',
      principals: [trail],
      actions: ['kms:GenerateDataKey*'],
      resources,
      conditions: { StringEquals: { 'aws:SourceArn': trailArn, 'kms:EncryptionContext:aws:cloudtrail:arn': trailArn } },
    }),
  );
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'TrailDescribes',
      principals: [trail],
      actions: ['kms:DescribeKey'],
      resources,
      conditions: { StringEquals: { 'aws:SourceArn': trailArn } },
    }),
  );
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'LogsEncrypt',
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources,
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: 'log-group:*' }) } },
    }),
  );
}
