import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { onlyResource, synthesize } from '../../synthesized';

describe('the log group', () => {
  const { template } = synthesize();
  const group = onlyResource(template, 'AWS::Logs::LogGroup');

  test('AtlantisOnFargateProps.logRetention left out: one month', () => {
    expect(group.Properties.RetentionInDays).toBe(30);
  });

  test('the retention is a choice', () => {
    const year = synthesize(() => ({ logRetention: logs.RetentionDays.ONE_YEAR })).template;
    expect(onlyResource(year, 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(365);
  });

  test('AtlantisOnFargateProps.logEncryptionKey left out: a key of CloudWatch Logs', () => {
    expect(group.Properties).not.toHaveProperty('KmsKeyId');
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('it is kept when the stack is deleted or the group is replaced', () => {
    expect([group.DeletionPolicy, group.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  describe('with a key', () => {
    const encrypted = synthesize((scope) => ({ logEncryptionKey: new kms.Key(scope, 'Key') })).template;
    const key = onlyResource(encrypted, 'AWS::KMS::Key');

    test('it is encrypted with it', () => {
      expect(onlyResource(encrypted, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toEqual({ 'Fn::GetAtt': [key.id, 'Arn'] });
    });

    test('CloudWatch Logs may use it for log groups of the same account and region only', () => {
      const statement = key.Properties.KeyPolicy.Statement.find((entry: { Sid?: string }) => entry.Sid === 'AllowCloudWatchLogs');
      expect(statement).toEqual({
        Sid: 'AllowCloudWatchLogs',
        Effect: 'Allow',
        Principal: { Service: 'logs.amazonaws.com' },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
        Condition: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': {
              'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':logs:eu-central-1:111122223333:log-group:*']],
            },
          },
        },
      });
    });

    test('a key that was imported is used as it is', () => {
      const arn = 'arn:aws:kms:eu-central-1:111122223333:key/0123';
      const imported = synthesize((scope) => ({ logEncryptionKey: kms.Key.fromKeyArn(scope, 'Key', arn) })).template;
      expect(onlyResource(imported, 'AWS::Logs::LogGroup').Properties.KmsKeyId).toBe(arn);
      imported.resourceCountIs('AWS::KMS::Key', 0);
    });
  });
});
