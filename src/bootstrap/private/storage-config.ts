import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Problems } from '../../validation/problems';
import type { Names } from './names';

/** What the buckets of the states are made from. */
export interface StorageContext {
  readonly names: Names;
  readonly problems: Problems;
  /** Whether Terraform keeps its locks as files beside the states, which nobody may overwrite then. */
  readonly nativeLock: boolean;
}

/** An alias that stands for a key in another region, whose own ARN is not known here. */
export interface AliasOfKey {
  /** With `alias/`. */
  readonly name: string;
  readonly arn: string;
}

/** Where the states are. */
export interface StorageConfig {
  readonly bucket: s3.IBucket;
  readonly bootstrapBucket: s3.IBucket;
  readonly key?: kms.IKey;
  /** Whether S3 is known to use a bucket key, and so names the bucket and not the object to KMS. */
  readonly bucketKeys: boolean;
  readonly logBucket?: s3.IBucket;
  /** ARNs of all buckets that hold states, their copies or their access logs. */
  readonly protectedBuckets: string[];
  /** ARNs of the keys that were made or given for the states. */
  readonly protectedKeys: string[];
  readonly protectedAliases: AliasOfKey[];
}
