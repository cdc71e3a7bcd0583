import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keepBucket } from './bucket-policy';
import type { Names } from './names';
import { keepPolicy } from './state-bucket';

/** A bucket for the access logs of others. S3 delivers them to no bucket whose key is in KMS, unless that key lets it. */
export function makeLogBucket(scope: Construct, names: Names, retention: Duration): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'AccessLogs', {
    // so that who deletes or overwrites a log leaves it behind
    versioned: true,
    encryption: s3.BucketEncryption.S3_MANAGED,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [{ id: 'old-logs', expiration: retention, noncurrentVersionExpiration: retention }],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  keepBucket(bucket, names);
  keepPolicy(bucket);
  return bucket;
}

/**
 * Sends the access logs of a bucket to another. By hand, since the construct for buckets asks for access lists, which an enforced owner
 * rules out, unless the app sets `@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy`.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export function logAccess(bucket: s3.Bucket, logBucket: s3.IBucket, prefix: string): void {
  (bucket.node.defaultChild as s3.CfnBucket).loggingConfiguration = {
    destinationBucketName: logBucket.bucketName,
    logFilePrefix: prefix,
  };
  logBucket.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: `TakeLogsOf${bucket.node.id}`,
      principals: [new iam.ServicePrincipal('logging.s3.amazonaws.com')],
      actions: ['s3:PutObject'],
      resources: [logBucket.arnForObjects(`${prefix}*`)],
      conditions: {
        ArnLike: { 'aws:SourceArn': bucket.bucketArn },
        StringEquals: { 'aws:SourceAccount': Stack.of(bucket).account },
      },
    }),
  );
}
