import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as kms from 'aws-cdk-lib/aws-kms';

/** How Terraform keeps two from writing a state at once. */
export interface LocksConfig {
  readonly kind: 'lockfile' | 'dynamodb' | 'both';
  readonly table?: dynamodb.ITable;
  /** The customer's key that the table is encrypted with, which its users need too. */
  readonly tableKey?: kms.IKey;
  readonly protectedTables: string[];
  /** ARNs of the keys that were given for the table. */
  readonly protectedKeys: string[];
}
