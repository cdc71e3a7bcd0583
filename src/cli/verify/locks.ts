import { DescribeContinuousBackupsCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Access } from '../aws/access';
import type { Manifest } from '../manifest/manifest';
import { type Check, unless } from './check';

export function lockChecks(access: Access, { lock }: Manifest): Check[] {
  const { table: TableName } = lock;
  if (TableName === undefined) return [];
  const dynamo = new DynamoDBClient(access);
  return [
    {
      what: `the lock table ${TableName}`,
      async find() {
        const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
        return [
          ...unless(Table?.KeySchema?.length === 1 && Table.KeySchema[0].AttributeName === 'LockID', 'its key is not LockID'),
          ...unless(Table?.DeletionProtectionEnabled, 'it is not protected from deletion'),
        ];
      },
    },
    {
      what: `the backups of the lock table ${TableName}`,
      async find() {
        const { ContinuousBackupsDescription: found } = await dynamo.send(new DescribeContinuousBackupsCommand({ TableName }));
        return unless(
          found?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
          'it cannot be restored to a point in time',
        );
      },
    },
  ];
}
