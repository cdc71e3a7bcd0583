import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { exceptBreakGlass, exceptKeepers } from './keepers';
import type { Names } from './names';

const SSE = 's3:x-amz-server-side-encryption';
const KEY_ID = 's3:x-amz-server-side-encryption-aws-kms-key-id';
const CUSTOMER_KEY = 's3:x-amz-server-side-encryption-customer-algorithm';

/** What could destroy a bucket, open it, or make it forget. */
const DESTRUCTIVE = [
  's3:DeleteBucket',
  's3:DeleteBucketPolicy',
  's3:PutBucketPolicy',
  's3:PutBucketAcl',
  's3:PutBucketLogging',
  's3:PutBucketObjectLockConfiguration',
  's3:PutBucketOwnershipControls',
  's3:PutBucketPublicAccessBlock',
  's3:PutBucketVersioning',
  's3:PutBucketWebsite',
  's3:PutEncryptionConfiguration',
  's3:PutIntelligentTieringConfiguration',
  's3:PutInventoryConfiguration',
  's3:PutLifecycleConfiguration',
  's3:PutReplicationConfiguration',
];

/** What could destroy a version, or make one stay for as long as somebody likes. */
const VERSION_CHANGES = ['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention', 's3:PutObjectRetention', 's3:PutObjectLegalHold'];

/** For every bucket of the bootstrap: TLS, and neither its settings nor its versions change by hand. */
export function keepBucket(bucket: s3.Bucket, names: Names): void {
  refuseOldTransport(bucket);
  deny(bucket, 'KeepSettings', DESTRUCTIVE, [bucket.bucketArn], exceptKeepers(names));
  // CloudFormation is not excepted: no update ever deletes a version
  deny(bucket, 'KeepVersions', VERSION_CHANGES, [bucket.arnForObjects('*')], exceptBreakGlass(names));
}

function refuseOldTransport(bucket: s3.Bucket): void {
  const everything = [bucket.bucketArn, bucket.arnForObjects('*')];
  // every action, since none may go over a connection that others can read
  deny(bucket, 'RefusePlainHttp', ['s3:*'], everything, { Bool: { 'aws:SecureTransport': 'false' } });
  deny(bucket, 'RefuseOldTls', ['s3:*'], everything, { NumericLessThan: { 's3:TlsVersion': '1.2' } });
}

/**
 * Refuses headers that ask for another encryption than that of the bucket. Without headers an object gets the bucket's encryption, so these
 * requests pass: `Null` says that the header is there, since `StringNotEquals`, with or without `IfExists`, holds for a missing one.
 */
export function refuseOtherEncryption(bucket: s3.Bucket, key?: kms.IKey): void {
  const put = (sid: string, conditions: { [operator: string]: { [key: string]: string } }) =>
    deny(bucket, sid, ['s3:PutObject'], [bucket.arnForObjects('*')], conditions);
  put('RefuseOtherEncryption', { Null: { [SSE]: 'false' }, StringNotEquals: { [SSE]: key ? 'aws:kms' : 'AES256' } });
  put('RefuseCustomerKeys', { Null: { [CUSTOMER_KEY]: 'false' } });
  if (!key) return;
  put('RefuseOtherKeys', { Null: { [KEY_ID]: 'false' }, StringNotEquals: { [KEY_ID]: key.keyArn } });
  // with this header alone S3 takes the AWS managed key, and not that of the bucket
  put('RefuseUnnamedKeys', { Null: { [KEY_ID]: 'true' }, StringEquals: { [SSE]: 'aws:kms' } });
}

/** Terraform writes a lock file with `If-None-Match: *`; who leaves that out would take a lock that somebody holds. */
export function refuseBlindLocks(bucket: s3.Bucket): void {
  deny(bucket, 'RefuseBlindLocks', ['s3:PutObject'], [bucket.arnForObjects('*.tflock')], { Null: { 's3:if-none-match': 'true' } });
}

function deny(bucket: s3.Bucket, sid: string, actions: string[], resources: string[], conditions: object): void {
  bucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid,
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      actions,
      resources,
      conditions: conditions as { [operator: string]: unknown },
    }),
  );
}
