import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Access } from '../aws/access';
import type { Manifest } from '../manifest/manifest';
import { asked, type Check, listOf, statementsOf, unless } from './check';

export function bucketChecks(access: Access, { state, lock }: Manifest): Check[] {
  const s3 = new S3Client(access);
  const buckets = [
    ['the state bucket', state.bucket],
    ['the bucket of the bootstrap', state.bootstrapBucket],
  ];
  return buckets.flatMap(([name, Bucket]) => [
    {
      what: `${name} ${Bucket} keeps old versions`,
      find: async () =>
        unless((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status === 'Enabled', 'versioning is not enabled'),
    },
    {
      what: `${name} ${Bucket} is encrypted`,
      find: async () => encryptionOf(s3, Bucket, state.kmsKeyArn),
    },
    {
      what: `${name} ${Bucket} is not public`,
      find: async () => {
        const { PublicAccessBlockConfiguration: block } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
        const all = block?.BlockPublicAcls && block.BlockPublicPolicy && block.IgnorePublicAcls && block.RestrictPublicBuckets;
        return unless(all, 'public access is not blocked in all four ways');
      },
    },
    {
      what: `${name} ${Bucket} wants TLS${lock.kind === 'dynamodb' ? '' : ', and locks that are not overwritten'}`,
      find: async () => {
        const denied = statementsOf((await s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).filter(
          ({ Effect }) => Effect === 'Deny',
        );
        const tls = denied.some((statement) => asked(statement, /^Bool/, 'aws:SecureTransport').includes('false'));
        const locks = denied.some(
          (statement) =>
            asked(statement, /^Null$/, 's3:if-none-match').includes('true') &&
            listOf(statement.Resource).some((arn) => arn.endsWith('.tflock')),
        );
        return [
          ...unless(tls, 'its policy does not refuse requests without TLS'),
          ...unless(lock.kind === 'dynamodb' || locks, 'its policy does not refuse to overwrite a lock'),
        ];
      },
    },
  ]);
}

async function encryptionOf(s3: S3Client, Bucket: string, key: string | undefined): Promise<string[]> {
  const { ServerSideEncryptionConfiguration } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
  const found = ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  if (key === undefined) return unless(found?.SSEAlgorithm !== undefined, 'it has no default encryption');
  return unless(found?.SSEAlgorithm === 'aws:kms' && found.KMSMasterKeyID === key, `its default is not the key ${key}`);
}
