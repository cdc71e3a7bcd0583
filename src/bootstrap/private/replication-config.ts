import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Names } from './names';
import type { AliasOfKey } from './storage-config';

/** What the copies are made from. */
export interface ReplicationContext {
  readonly names: Names;
  readonly nativeLock: boolean;
  readonly keepVersions: Duration;
  /** S3 copies from buckets with Object Lock only to such. */
  readonly objectLock?: s3.ObjectLockRetention;
  /** The key of the states; copies are encrypted by S3 when there is none. */
  readonly key?: kms.IKey;
}

/** The key of the copies, and how a policy names it. */
export interface ReplicaKey {
  readonly key: kms.IKey;
  readonly arn: string;
  /** The alias that tells the key from others under `arn`. */
  readonly alias?: string;
}

/** Where copies go. */
export interface ReplicationConfig {
  readonly stateBucket: s3.IBucket;
  readonly bootstrapBucket: s3.IBucket;
  /** The region of both. */
  readonly region: string;
  readonly key?: ReplicaKey;
  readonly protectedAliases: AliasOfKey[];
}
