import type { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { logAccess, makeLogBucket } from './log-bucket';
import type { Names } from './names';
import type { ReplicationConfig } from './replication-config';
import { makeReplicationRole, permitCopies } from './replication-role';
import { makeStateBucket } from './state-bucket';
import type { StorageConfig } from './storage-config';

export interface ManagedBucketsProps {
  readonly names: Names;
  readonly nativeLock: boolean;
  readonly keepVersions: Duration;
  readonly accessLogRetention: Duration;
  readonly key?: kms.IKey;
  readonly objectLock?: s3.ObjectLockRetention;
  readonly replicas?: ReplicationConfig;
}

/** The two buckets of the states, that of their access logs, and what copies them. */
export function makeManagedBuckets(scope: Construct, props: ManagedBucketsProps): StorageConfig {
  const { names, nativeLock, keepVersions, key, objectLock, replicas } = props;
  const logBucket = makeLogBucket(scope, names, props.accessLogRetention);
  const replicationRole = replicas && makeReplicationRole(scope, names);
  const make = (id: string, logPrefix: string, target?: s3.IBucket) => {
    const replicationRules = target && [copyTo(target, replicas?.key?.key)];
    const common = { names, nativeLock, keepVersions, key, objectLock };
    const bucket = makeStateBucket(scope, id, { ...common, replicationRole, replicationRules });
    logAccess(bucket, logBucket, logPrefix);
    return bucket;
  };
  const bucket = make('States', 'state/', replicas?.stateBucket);
  const bootstrapBucket = make('BootstrapStates', 'bootstrap/', replicas?.bootstrapBucket);
  if (replicas && replicationRole)
    permitCopies(
      replicationRole,
      [
        { source: bucket, target: replicas.stateBucket, sourceKey: key },
        { source: bootstrapBucket, target: replicas.bootstrapBucket, sourceKey: key },
      ],
      replicas,
    );
  const copies = replicas ? [replicas.stateBucket, replicas.bootstrapBucket] : [];
  return {
    bucket,
    bootstrapBucket,
    key,
    bucketKeys: true,
    logBucket,
    protectedBuckets: [bucket, bootstrapBucket, logBucket, ...copies].map(({ bucketArn }) => bucketArn),
    protectedKeys: key ? [key.keyArn] : [],
    protectedAliases: replicas?.protectedAliases ?? [],
  };
}

/** Deletions are copied too, so that no lock that was released is held in the copy; the versions stay. */
function copyTo(destination: s3.IBucket, kmsKey?: kms.IKey): s3.ReplicationRule {
  return { id: 'copies', priority: 1, destination, deleteMarkerReplication: true, kmsKey, sseKmsEncryptedObjects: kmsKey && true };
}
