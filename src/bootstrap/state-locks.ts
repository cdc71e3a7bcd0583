import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { LocksConfig } from './private/locks-config';

/** The table of DynamoDB that locks are kept in. */
export interface DynamoDbLocksProps {
  /**
   * A table that exists, with the partition key `LockID`, a string.
   *
   * @default - a table is made: on demand, with point-in-time recovery and deletion protection, retained when the stack is deleted
   */
  readonly table?: dynamodb.ITable;

  /**
   * The customer managed key of the table. Who locks a state needs it too, and gets it with the grants of a state.
   *
   * @default - of a given table `table.encryptionKey`; for one that is made the key of DynamoDB in this account, `aws/dynamodb`
   */
  readonly encryptionKey?: kms.IKey;
}

/**
 * What keeps two from writing the same state at once.
 *
 * @see https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
 */
export abstract class StateLocks {
  /**
   * A lock file beside the state, `use_lockfile`: for Terraform 1.10 or newer, and OpenTofu 1.10.2 or newer.
   *
   * The policy of buckets that are made here refuses to overwrite one that exists. It refuses nobody to delete one who may write it.
   */
  public static lockfile(): StateLocks {
    return new Locks(true);
  }

  /** A table of DynamoDB, `dynamodb_table`: for older versions. Terraform calls it deprecated since 1.11. */
  public static dynamoDb(props: DynamoDbLocksProps = {}): StateLocks {
    return new Locks(false, props);
  }

  /** Both, for as long as some still use an older version: each lock is taken in the file and in the table. */
  public static both(props: DynamoDbLocksProps = {}): StateLocks {
    return new Locks(true, props);
  }

  /** @internal */
  public abstract readonly _native: boolean;

  /** @internal */
  public abstract _bind(scope: Construct): LocksConfig;
}

class Locks extends StateLocks {
  constructor(
    public readonly _native: boolean,
    private readonly inTable?: DynamoDbLocksProps,
  ) {
    super();
  }

  public _bind(scope: Construct): LocksConfig {
    if (!this.inTable) return { kind: 'lockfile', protectedTables: [], protectedKeys: [] };
    const table = this.inTable.table ?? makeTable(scope, this.inTable.encryptionKey);
    const tableKey = this.inTable.encryptionKey ?? table.encryptionKey;
    return {
      kind: this._native ? 'both' : 'dynamodb',
      table,
      tableKey,
      protectedTables: [table.tableArn],
      protectedKeys: tableKey ? [tableKey.keyArn] : [],
    };
  }
}

function makeTable(scope: Construct, encryptionKey?: kms.IKey): dynamodb.Table {
  return new dynamodb.Table(scope, 'Locks', {
    partitionKey: { name: 'LockID', type: dynamodb.AttributeType.STRING },
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    encryption: encryptionKey ? dynamodb.TableEncryption.CUSTOMER_MANAGED : dynamodb.TableEncryption.AWS_MANAGED,
    encryptionKey,
    removalPolicy: RemovalPolicy.RETAIN,
  });
}
