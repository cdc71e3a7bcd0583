import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Problems } from '../../validation/problems';
import type { Names } from './names';

/** What is watched. */
export interface WatchContext {
  readonly names: Names;
  readonly storage: {
    readonly bucket: s3.IBucket;
    readonly bootstrapBucket: s3.IBucket;
    readonly logBucket?: s3.IBucket;
    readonly key?: kms.IKey;
  };
  readonly locks: { readonly table?: { readonly tableName: string } };
  readonly roleArn: string;
  readonly breakGlassArn?: string;
  /** Names of roles beside those that `Names` knows, such as those of the runners. */
  readonly roleNames?: string[];
  readonly problems: Problems;
}

/** What the watch made, and so what must not be changed by those who are watched. */
export interface WatchConfig {
  readonly protectedArns: string[];
  readonly protectedBuckets: string[];
  readonly protectedKeys: string[];
  /** What the trail writes to. */
  readonly logGroup?: logs.ILogGroup;
}
