import { type IResource, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { type KeyConditions, serviceIn, viaS3 } from './key-conditions';
import type { LocksConfig } from './locks-config';
import { grantToPrincipal } from './principal-grant';
import { DEFAULT_WORKSPACE, keyInWorkspace, lockFileOf } from './state-names';

export interface GrantedState {
  readonly name: string;
  /** The state's object in the default workspace. */
  readonly key: string;
  /** `undefined` for all. */
  readonly workspaces?: readonly string[];
  readonly bucket: s3.IBucket;
  readonly kmsKey?: kms.IKey;
  readonly bucketKeys: boolean;
  readonly locks: LocksConfig;
}

/** One permission, as it stands in a policy of whom it is granted to, or, for another account, of the resource. */
interface Permission {
  readonly sid: string;
  readonly actions: string[];
  readonly resource: IResource;
  readonly resourceArns: string[];
  /** What the resource is called in its own policy, where that is not its ARN. */
  readonly resourceSelfArns?: string[];
  readonly conditions?: { [operator: string]: unknown };
  /** The conditions in the policy of the resource, where these must differ. */
  readonly resourceConditions?: { [operator: string]: unknown };
}

/** What it takes to use one state, each more than the one before. Equal permissions of two states are one statement. */
export class StateGrants {
  private readonly id: string;
  private readonly states: string[];
  private readonly workspaceStates: string[];

  constructor(private readonly state: GrantedState) {
    const { key, workspaces } = state;
    this.states = [...new Set(workspaces ?? [DEFAULT_WORKSPACE, '*'])].map((workspace) => keyInWorkspace(key, workspace));
    this.workspaceStates = this.states.filter((object) => object !== key);
    this.id = pascal(state.name) + hash(state.bucket.node.path, ...this.states);
  }

  public read(): Permission[] {
    return [
      // without a condition: S3 calls a missing state forbidden, and not missing, for who may list only some
      { sid: `List${this.bucketId}`, actions: ['s3:ListBucket'], resource: this.state.bucket, resourceArns: [this.state.bucket.bucketArn] },
      this.objects('Read', ['s3:GetObject'], this.states),
      ...this.useKey('Decrypt', 'kms:Decrypt'),
    ];
  }

  public plan(): Permission[] {
    const lockFiles = this.native
      ? [
          this.objects('LockFile', ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], this.states.map(lockFileOf)),
          ...this.useKey('Encrypt', 'kms:GenerateDataKey'),
        ]
      : [];
    const items = [
      ...this.items('Lock', ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], this.states),
      ...this.items('ReadDigest', ['dynamodb:GetItem'], this.states.map(digestOf)),
      ...this.useTableKey(),
    ];
    return [...this.read(), ...lockFiles, ...items];
  }

  public apply(): Permission[] {
    const encrypt = this.native ? [] : this.useKey('Encrypt', 'kms:GenerateDataKey');
    return [
      ...this.plan(),
      this.objects('Write', ['s3:PutObject'], this.states),
      ...encrypt,
      ...this.items('WriteDigest', ['dynamodb:PutItem'], this.states.map(digestOf)),
    ];
  }

  public administer(): Permission[] {
    const { bucket } = this.state;
    const prefixes = this.states.flatMap((object) => [object, lockFileOf(object)]);
    const versions: Permission[] = [
      {
        sid: `ListVersions${this.id}`,
        actions: ['s3:ListBucketVersions'],
        resource: bucket,
        resourceArns: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes } },
      },
      this.objects('ReadVersions', ['s3:GetObjectVersion'], this.states),
    ];
    const deletions =
      this.workspaceStates.length === 0
        ? []
        : [
            this.objects('DeleteWorkspaces', ['s3:DeleteObject'], this.workspaceStates),
            ...this.items('DeleteDigest', ['dynamodb:DeleteItem'], this.workspaceStates.map(digestOf)),
          ];
    return [...this.apply(), ...versions, ...deletions];
  }

  private get native(): boolean {
    return this.state.locks.kind !== 'dynamodb';
  }

  private get bucketId(): string {
    return `States${hash(this.state.bucket.node.path)}`;
  }

  private objects(verb: string, actions: string[], keys: string[]): Permission {
    const { bucket } = this.state;
    return { sid: `${verb}${this.id}`, actions, resource: bucket, resourceArns: keys.map((key) => bucket.arnForObjects(key)) };
  }

  private useKey(verb: string, action: string): Permission[] {
    const { kmsKey, bucket, bucketKeys } = this.state;
    if (!kmsKey) return [];
    const objects = [...this.states, ...(this.native ? this.states.map(lockFileOf) : [])].map((object) => bucket.arnForObjects(object));
    const [contexts, id] = bucketKeys ? [[bucket.bucketArn], this.bucketId] : [[bucket.bucketArn, ...objects], this.id];
    return [this.ofKey(`${verb}${id}`, [action], kmsKey, viaS3(bucket.env.region, contexts))];
  }

  private items(verb: string, actions: string[], objects: string[]): Permission[] {
    const { bucket, locks } = this.state;
    if (!locks.table) return [];
    const leadingKeys = objects.map((object) => `${bucket.bucketName}/${object}`);
    return [
      {
        sid: `${verb}${this.id}`,
        actions,
        resource: locks.table,
        resourceArns: [locks.table.tableArn],
        // in a table's policy this is the table itself, whose ARN it cannot name before there is one
        resourceSelfArns: ['*'],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': leadingKeys } },
      },
    ];
  }

  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html */
  private useTableKey(): Permission[] {
    const { table, tableKey } = this.state.locks;
    if (!table || !tableKey) return [];
    const conditions = {
      StringLike: {
        'kms:ViaService': serviceIn('dynamodb', table.env.region),
        'kms:EncryptionContext:aws:dynamodb:tableName': table.tableName,
      },
    };
    return [this.ofKey(`UseLocks${hash(table.node.path)}`, ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'], tableKey, conditions)];
  }

  private ofKey(sid: string, actions: string[], key: kms.IKey, { StringLike }: KeyConditions): Permission {
    const [resourceArns, resourceSelfArns] = [[key.keyArn], ['*']];
    // a key whose policy named what it encrypts could not be made before that, nor that before the key
    const resourceConditions = { StringLike: { 'kms:ViaService': StringLike['kms:ViaService'] } };
    return { sid, actions, resource: key, resourceArns, resourceSelfArns, conditions: { StringLike }, resourceConditions };
  }
}

/**
 * Grants all of it. `iam.Grant.addToPrincipalOrResource` is no help, since it leaves the conditions out of the policy of the resource.
 */
export function grantAll(grantee: iam.IGrantable, permissions: readonly Permission[]): iam.Grant {
  const [first, ...others] = permissions.map((permission) => grantOne(grantee, permission));
  return others.reduce((all, grant) => all.combine(grant), first);
}

function grantOne(grantee: iam.IGrantable, permission: Permission): iam.Grant {
  const { sid, actions, resource, resourceArns, conditions } = permission;
  const grant = grantToPrincipal(grantee, { sid, actions, resourceArns, conditions: conditions as Conditions });
  if (grant.success && !ofAnotherAccount(grantee, resource)) return grant;
  // a table that was imported has no policy to add to
  if (!hasPolicy(resource)) return grant;
  const statement = new iam.PolicyStatement({
    sid: `${sid}To${hash(JSON.stringify(Stack.of(resource).resolve(grantee.grantPrincipal.policyFragment.principalJson)))}`,
    principals: [grantee.grantPrincipal],
    actions,
    resources: permission.resourceSelfArns ?? resourceArns,
    conditions: permission.resourceConditions ?? conditions,
  });
  const inResource = iam.Grant.addStatementToResourcePolicy({ grantee, actions, resourceArns, resource, statement });
  return grant.success ? grant.combine(inResource) : inResource;
}

const hasPolicy = (resource: IResource): resource is IResource & iam.IResourceWithPolicyV2 => 'addToResourcePolicy' in resource;

type Conditions = { [operator: string]: { [key: string]: unknown } };

function ofAnotherAccount({ grantPrincipal: { principalAccount } }: iam.IGrantable, resource: IResource): boolean {
  if (principalAccount === undefined) return false;
  return principalAccount !== resource.env.account && !(Token.isUnresolved(principalAccount) && Token.isUnresolved(resource.env.account));
}

/** The digest of a state that Terraform keeps beside its lock. */
const digestOf = (key: string): string => `${key}-md5`;

/** FNV-1a, to tell ids apart and nothing more. */
function hash(...parts: string[]): string {
  let value = 0x811c9dc5;
  for (const letter of parts.join('\n')) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}

const pascal = (name: string): string =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')
    .slice(0, 32);
