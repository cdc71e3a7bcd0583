import * as iam from 'aws-cdk-lib/aws-iam';
import { serviceIn, viaS3 } from './key-conditions';
import type { LocksConfig } from './locks-config';
import type { StorageConfig } from './storage-config';

/** What a role that is no administrator needs to use every state: read, write and delete, but neither versions nor the buckets themselves. */
export function useAllStates(role: iam.Role, { bucket, bootstrapBucket, key, bucketKeys }: StorageConfig, locks: LocksConfig): void {
  const { table, tableKey } = locks;
  const buckets = [...new Set([bucket.bucketArn, bootstrapBucket.bucketArn])];
  const objects = buckets.map((arn) => `${arn}/*`);
  const statements = [
    new iam.PolicyStatement({ sid: 'ListStates', actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: buckets }),
    new iam.PolicyStatement({
      sid: 'UseStates',
      actions: ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject', 's3:DeleteObject'],
      resources: objects,
    }),
  ];
  if (key)
    statements.push(
      new iam.PolicyStatement({
        sid: 'UseStateKey',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: { ...viaS3(bucket.env.region, bucketKeys ? buckets : [...buckets, ...objects]) },
      }),
    );
  if (table)
    statements.push(
      new iam.PolicyStatement({
        sid: 'UseLocks',
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
        resources: [table.tableArn],
      }),
    );
  if (table && tableKey)
    statements.push(
      new iam.PolicyStatement({
        sid: 'UseLockKey',
        actions: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'],
        resources: [tableKey.keyArn],
        conditions: { StringLike: { 'kms:ViaService': serviceIn('dynamodb', table.env.region) } },
      }),
    );
  role.attachInlinePolicy(new iam.Policy(role, 'States', { policyName: 'states', statements }));
}
