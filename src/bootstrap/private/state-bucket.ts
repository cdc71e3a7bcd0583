import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keepBucket, refuseBlindLocks, refuseOtherEncryption } from './bucket-policy';
import type { Names } from './names';

export interface StateBucketProps {
  readonly names: Names;
  readonly nativeLock: boolean;
  readonly keepVersions: Duration;
  readonly key?: kms.IKey;
  readonly bucketName?: string;
  readonly objectLock?: s3.ObjectLockRetention;
  readonly replicationRole?: iam.IRole;
  readonly replicationRules?: s3.ReplicationRule[];
}

/** A bucket for states or their copies. */
export function makeStateBucket(scope: Construct, id: string, props: StateBucketProps): s3.Bucket {
  const { names, key, objectLock } = props;
  const bucket = new s3.Bucket(scope, id, {
    bucketName: props.bucketName,
    versioned: true,
    encryption: key ? s3.BucketEncryption.KMS : s3.BucketEncryption.S3_MANAGED,
    encryptionKey: key,
    bucketKeyEnabled: key !== undefined,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    objectLockEnabled: objectLock && true,
    objectLockDefaultRetention: objectLock,
    lifecycleRules: cleanUp(props.keepVersions),
    replicationRole: props.replicationRole,
    replicationRules: props.replicationRules,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  keepBucket(bucket, names);
  refuseOtherEncryption(bucket, key);
  if (props.nativeLock) refuseBlindLocks(bucket);
  keepPolicy(bucket);
  return bucket;
}

/** A bucket that outlives its stack must not lose its policy with it. */
export function keepPolicy(bucket: s3.Bucket): void {
  bucket.policy?.applyRemovalPolicy(RemovalPolicy.RETAIN);
}

/**
 * Each plan leaves a version of its lock file. A filter cannot ask for `.tflock`, since it matches no suffix, so it asks for the size: a lock
 * file of Terraform has some 200 bytes and the key, a state without resources 181, one with the smallest resource more than 512.
 */
function cleanUp(keepVersions: Duration): s3.LifecycleRule[] {
  return [
    { id: 'old-versions', noncurrentVersionExpiration: keepVersions, noncurrentVersionsToRetain: 20 },
    { id: 'old-locks', objectSizeLessThan: 512, noncurrentVersionExpiration: Duration.days(7), noncurrentVersionsToRetain: 3 },
    { id: 'expired-markers', expiredObjectDeleteMarker: true },
    { id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
  ];
}
