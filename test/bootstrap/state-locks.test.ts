import { Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import { StateLocks } from '../../src';
import { onlyResource, resourcesOf } from '../synthesized';
import { newStorageStack } from './storage-stack';

const TABLE = 'AWS::DynamoDB::Table';

function bound(locks: StateLocks, stack = newStorageStack()) {
  const config = locks._bind(stack);
  return { config, stack, template: Template.fromStack(stack) };
}

test('StateLocks.lockfile makes nothing', () => {
  const { config, template } = bound(StateLocks.lockfile());
  expect(config).toEqual({ kind: 'lockfile', protectedTables: [], protectedKeys: [] });
  expect(template.toJSON().Resources).toBeUndefined();
  expect(StateLocks.lockfile()._native).toBe(true);
});

describe.each([
  ['dynamodb', StateLocks.dynamoDb, false],
  ['both', StateLocks.both, true],
] as const)('%s', (kind, make, native) => {
  test('it is native where lock files are kept', () => {
    expect([bound(make()).config.kind, make()._native]).toEqual([kind, native]);
  });

  test('DynamoDbLocksProps.table left out: a table that is billed by use, recoverable, and hard to delete', () => {
    const { template, config, stack } = bound(make());
    const table = onlyResource(template, TABLE);
    expect(table.Properties).toEqual({
      AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      SSESpecification: { SSEEnabled: true },
    });
    expect([table.DeletionPolicy, table.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    expect(stack.resolve(config.protectedTables)).toEqual([{ 'Fn::GetAtt': [table.id, 'Arn'] }]);
  });

  test('DynamoDbLocksProps.encryptionKey left out: the key of DynamoDB in the account', () => {
    const { template, config } = bound(make());
    expect(onlyResource(template, TABLE).Properties.SSESpecification).toEqual({ SSEEnabled: true });
    expect(config.tableKey).toBeUndefined();
  });

  test('a key that is given encrypts the table', () => {
    const stack = newStorageStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    const { template, config } = bound(make({ encryptionKey }), stack);
    const { KMSMasterKeyId, SSEType } = onlyResource(template, TABLE).Properties.SSESpecification;
    expect([KMSMasterKeyId, SSEType]).toEqual([stack.resolve(encryptionKey.keyArn), 'KMS']);
    expect(config.tableKey).toBe(encryptionKey);
  });

  test('a table that is given is used, with its key, and none is made', () => {
    const stack = newStorageStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/k');
    const table = dynamodb.Table.fromTableAttributes(stack, 'Given', { tableName: 'given', encryptionKey });
    const { template, config } = bound(make({ table }), stack);
    expect(resourcesOf(template, TABLE)).toEqual({});
    expect([config.table, config.tableKey, config.protectedTables]).toEqual([table, encryptionKey, [table.tableArn]]);
  });
});
