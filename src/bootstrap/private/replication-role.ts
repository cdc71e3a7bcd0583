import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { viaS3 } from './key-conditions';
import type { Names } from './names';
import type { ReplicationConfig } from './replication-config';

/** What S3 is while it copies. Its permissions for the sources are given once these exist. */
export function makeReplicationRole(scope: Construct, names: Names): iam.Role {
  return new iam.Role(scope, 'ReplicationRole', {
    path: names.path,
    description: 'S3, while it copies Terraform states',
    assumedBy: new iam.ServicePrincipal('s3.amazonaws.com'),
  });
}

/** What S3 needs to copy from one bucket to another, and with it the keys. */
export interface Copied {
  readonly source: s3.IBucket;
  readonly target: s3.IBucket;
  readonly sourceKey?: kms.IKey;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html */
export function permitCopies(role: iam.Role, copied: readonly Copied[], { key, region }: ReplicationConfig): void {
  const objects = (buckets: s3.IBucket[]) => buckets.map((bucket) => bucket.arnForObjects('*'));
  const sources = copied.map(({ source }) => source);
  const targets = copied.map(({ target }) => target);
  const allow = (sid: string, actions: string[], resources: string[], conditions?: object) =>
    role.addToPolicy(new iam.PolicyStatement({ sid, actions, resources, conditions: conditions && { ...conditions } }));
  allow(
    'ReadReplicationConfiguration',
    ['s3:GetReplicationConfiguration', 's3:ListBucket'],
    sources.map(({ bucketArn }) => bucketArn),
  );
  allow(
    'ReadVersions',
    [
      's3:GetObjectVersionForReplication',
      's3:GetObjectVersionAcl',
      's3:GetObjectVersionTagging',
      's3:GetObjectRetention',
      's3:GetObjectLegalHold',
    ],
    objects(sources),
  );
  allow('WriteCopies', ['s3:ReplicateObject', 's3:ReplicateDelete', 's3:ReplicateTags'], objects(targets));
  const sourceKey = copied[0].sourceKey;
  if (sourceKey) allow('DecryptStates', ['kms:Decrypt'], [sourceKey.keyArn], viaS3(sources[0].env.region, contextsOf(sources)));
  if (!key) return;
  const conditions = viaS3(region, contextsOf(targets));
  const named = key.alias ? { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': key.alias } } : {};
  allow('EncryptCopies', ['kms:Encrypt', 'kms:GenerateDataKey'], [key.arn], { ...conditions, ...named });
}

/** S3 names the bucket to KMS for what was written with a bucket key, and the object for all else. */
const contextsOf = (buckets: s3.IBucket[]): string[] => buckets.flatMap((bucket) => [bucket.bucketArn, bucket.arnForObjects('*')]);
