import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { LocksConfig } from './locks-config';
import type { Names } from './names';
import type { PeopleConfig } from './people-config';
import type { SecretsConfig } from './secrets-config';
import type { StorageConfig } from './storage-config';
import type { WatchConfig } from './watch-config';

export interface ManifestParts {
  readonly names: Names;
  readonly storage: StorageConfig;
  readonly locks: LocksConfig;
  readonly people: PeopleConfig;
  readonly breakGlass: boolean;
  readonly secrets?: SecretsConfig;
  readonly watch: WatchConfig;
  readonly accountAlias?: string;
}

/** What the command is told: one text for all, without a secret, so that people who may not read stacks can have it in their repository. */
export function makeManifest(scope: Construct, parts: ManifestParts): CfnOutput {
  const stack = Stack.of(scope);
  const { names, storage, locks, people, secrets, watch, accountAlias } = parts;
  return new CfnOutput(scope, 'Manifest', {
    description: 'For npx cdk-atlantis bootstrap init',
    value: stack.toJsonString({
      cdkAtlantis: 'bootstrap',
      version: 1,
      partition: stack.partition,
      account: stack.account,
      region: stack.region,
      stack: stack.stackName,
      prefix: names.prefix,
      role: names.terraformRoleArn,
      breakGlassRole: parts.breakGlass ? names.breakGlassRoleArn : undefined,
      boundary: names.boundaryArn,
      state: {
        bucket: storage.bucket.bucketName,
        bootstrapBucket: storage.bootstrapBucket.bucketName,
        kmsKeyArn: storage.key?.keyArn,
      },
      lock: { kind: locks.kind, table: locks.table?.tableName },
      people: {
        kind: people.kind,
        path: names.path,
        group: people.group && names.group,
        sealKey: names.sealKey,
        sealValue: names.sealValue,
        mfaMaxAge: people.mfaMaxAge?.toSeconds(),
      },
      revocation: { stateMachine: names.stateMachineArn('') },
      secrets: secrets && { kmsAlias: secrets.alias, backend: 'SSM' },
      watch: watch.logGroup && { logGroup: watch.logGroup.logGroupName },
      accountAlias,
    }),
  });
}
