import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { LocksConfig } from './locks-config';
import type { Names } from './names';
import { policyLength } from './policy-length';
import type { RunnerConfig } from './runner-config';
import type { SecretsConfig } from './secrets-config';
import type { StorageConfig } from './storage-config';
import type { WatchConfig } from './watch-config';

/** What there is to keep, as far as it was made. */
export interface Kept {
  readonly storage: StorageConfig;
  readonly locks: LocksConfig;
  readonly secrets?: SecretsConfig;
  readonly watch: WatchConfig;
  readonly runners: readonly RunnerConfig[];
  /** Names or ARNs of roles that exist, and can do more than the boundary leaves. */
  readonly unboundedRoles: readonly string[];
  readonly problems: Problems;
}

/** Roles without this boundary which an account may have before the bootstrap, by the names that AWS and the CDK give them. */
export const UNBOUNDED_ROLES = [
  'cdk-*',
  'OrganizationAccountAccessRole',
  'AWSControlTowerExecution',
  'AWSCloudFormationStackSet*',
  'stacksets-exec-*',
  'aws-reserved/*',
] as const;

/** What AWS lets a managed policy have, without white space. */
export const BOUNDARY_LIMIT = 6144;

/** Looking at things, of every service that the bootstrap uses. */
const READS = [
  'cloudformation:Describe*',
  'cloudformation:Get*',
  'cloudformation:List*',
  'cloudtrail:Get*',
  'cloudtrail:List*',
  'cloudwatch:Describe*',
  'cloudwatch:List*',
  'iam:Get*',
  'iam:List*',
  'logs:Describe*',
  'logs:FilterLogEvents',
  'logs:Get*',
  'logs:List*',
  'sns:Get*',
  'sns:List*',
  'states:Describe*',
  'states:List*',
];

/** What runs of Terraform do with states, keys and locks. */
const USE_OBJECTS = ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:Get*', 's3:List*', 's3:PutObject'];
const USE_KEYS = ['kms:Decrypt', 'kms:Describe*', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:Get*', 'kms:List*'];
const USE_LOCKS = ['dynamodb:DeleteItem', 'dynamodb:Describe*', 'dynamodb:GetItem', 'dynamodb:List*', 'dynamodb:PutItem'];

/**
 * The permissions boundary of the terraform role, of the roles of machines, and of every role that these make: all, without what could undo
 * the bootstrap or make a principal that has no boundary.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
 */
export class Boundary {
  readonly policy: iam.ManagedPolicy;

  constructor(
    private readonly scope: Construct,
    private readonly names: Names,
  ) {
    this.policy = new iam.ManagedPolicy(scope, 'Boundary', {
      managedPolicyName: names.boundary,
      path: names.path,
      description: 'What Terraform, and all that it makes, can never do',
    });
  }

  /** Comes last, since roles that are bounded are among what is kept. */
  public protect(kept: Kept): void {
    this.policy.addStatements(...leaveAllElse(), ...this.keep(kept), ...this.bound(), ...this.leaveOthers(kept.unboundedRoles));
    const length = policyLength(Stack.of(this.scope).resolve(this.policy.document));
    if (length > BOUNDARY_LIMIT)
      kept.problems.add(
        this.scope,
        'unboundedRoles',
        `got ${kept.unboundedRoles.length} roles, with which the permissions boundary has about ${length} of ${BOUNDARY_LIMIT} characters; ` +
          'give names that share a beginning as one that ends with *, or runners of fewer forges',
      );
  }

  private keep({ storage, locks, secrets, watch, runners }: Kept): iam.PolicyStatement[] {
    const { names } = this;
    const stateBuckets = [storage.bucket.bucketArn, storage.bootstrapBucket.bucketArn];
    const recordBuckets = [...storage.protectedBuckets, ...watch.protectedBuckets].filter((arn) => !stateBuckets.includes(arn));
    // what is replicated is in a stack of its own, in another region
    const stacks = (name: string) =>
      Stack.of(this.scope).formatArn({ service: 'cloudformation', region: '*', resource: 'stack', resourceName: name });
    return [
      keep('KeepBootstrap', READS, [
        ...names.allIdentities,
        names.stateMachineArn('*'),
        // a session must not stop what ends it
        names.executionArn('*'),
        stacks(`${Stack.of(this.scope).stackName}*`),
        stacks('CDKToolkit/*'),
        ...watch.protectedArns,
        ...runners.flatMap(({ oidcProviderArns }) => oidcProviderArns),
      ]),
      keep('KeepStates', USE_OBJECTS, withObjects(stateBuckets)),
      keep('KeepRecords', ['s3:Get*', 's3:List*'], withObjects(recordBuckets)),
      keep('KeepKeys', USE_KEYS, [
        ...storage.protectedKeys,
        ...storage.protectedAliases.map(({ arn }) => arn),
        ...watch.protectedKeys,
        ...locks.protectedKeys,
        ...(secrets?.protectedKeys ?? []),
        ...(secrets?.protectedAliases ?? []),
      ]),
      ...this.keepAliasedKeys(storage),
      keep('KeepLocks', USE_LOCKS, locks.protectedTables),
    ].filter((statement) => statement.resources.length > 0);
  }

  /** An alias as the resource stands for the alias alone, so its key is told by its aliases. */
  private keepAliasedKeys({ protectedAliases }: StorageConfig): iam.PolicyStatement[] {
    if (protectedAliases.length === 0) return [];
    return [
      deny('KeepAliasedKeys', {
        notActions: [...USE_KEYS],
        resources: [Stack.of(this.scope).formatArn({ service: 'kms', region: '*', resource: 'key', resourceName: '*' })],
        conditions: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': protectedAliases.map(({ name }) => name) } },
      }),
    ];
  }

  private bound(): iam.PolicyStatement[] {
    return [
      deny('BoundEveryRole', {
        actions: [
          'iam:AttachRolePolicy',
          'iam:CreateRole',
          'iam:DeleteRolePolicy',
          'iam:DetachRolePolicy',
          'iam:PutRolePermissionsBoundary',
          'iam:PutRolePolicy',
        ],
        resources: ['*'],
        conditions: { StringNotEquals: { 'iam:PermissionsBoundary': this.names.boundaryArn } },
      }),
      // people are made by the bootstrap, and their keys by themselves
      deny('NoOtherPrincipals', {
        actions: [
          // attach and detach; create, update and delete: AWS counts each character
          'iam:*tachGroupPolicy',
          'iam:*tachUserPolicy',
          'iam:*teSAMLProvider',
          'iam:AddUserToGroup',
          'iam:ChangePassword',
          'iam:*teAccessKey',
          'iam:*teLoginProfile',
          'iam:CreateServiceSpecificCredential',
          'iam:CreateUser',
          'iam:CreateVirtualMFADevice',
          'iam:DeactivateMFADevice',
          'iam:DeleteGroupPolicy',
          'iam:DeleteRolePermissionsBoundary',
          'iam:DeleteUserP*',
          'iam:EnableMFADevice',
          'iam:PutGroupPolicy',
          'iam:PutUser*',
          'iam:RemoveUserFromGroup',
          'iam:ResetServiceSpecificCredential',
          'iam:ResyncMFADevice',
          'iam:*tagUser',
          'iam:UpdateUser',
          'iam:UploadSSHPublicKey',
          'iam:UploadSigningCertificate',
          'identitystore:Create*',
          'identitystore:Update*',
          'organizations:CreateAccount',
          'sso:Attach*',
          'sso:Create*',
          'sso:Delete*',
          'sso:P*',
          'sso:Update*',
          'sts:AssumeRoot',
          'sts:GetFederationToken',
        ],
        resources: ['*'],
      }),
      // a stack is updated with the role that it was deployed with, which nobody has to pass again
      deny('NoStackOfAnother', {
        actions: ['cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet', 'cloudformation:UpdateStack'],
        resources: ['*'],
        conditions: { StringNotEquals: { [`aws:ResourceTag/${this.names.stackTag}`]: 'true' } },
      }),
      deny('NoStackSets', {
        actions: ['cloudformation:*teStackInstances', 'cloudformation:*teStackSet'],
        resources: ['*'],
      }),
    ];
  }

  /** Names stand for roles of this account; AWS's and the CDK's own for those of every account that can be reached. */
  private leaveOthers(unboundedRoles: readonly string[]): iam.PolicyStatement[] {
    const { partition } = Stack.of(this.scope);
    const named = (name: string) => Stack.of(this.scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: name });
    return [
      keep(
        'KeepUnboundedRoles',
        ['iam:Get*', 'iam:List*'],
        [
          ...UNBOUNDED_ROLES.map((name) => `arn:${partition}:iam::*:role/${name}`),
          ...unboundedRoles.map((role) => (role.startsWith('arn:') ? role : named(role))),
          // what the CDK's roles deploy from
          `arn:${partition}:s3:::cdk-*-assets-*`,
        ],
      ),
    ];
  }
}

/** A boundary allows nothing by itself: it leaves what the policies of the role allow. */
function leaveAllElse(): iam.PolicyStatement[] {
  return [new iam.PolicyStatement({ sid: 'LeaveAllElse', actions: ['*'], resources: ['*'] })];
}

/** Denies all but what is named. */
function keep(sid: string, notActions: readonly string[], resources: readonly string[]): iam.PolicyStatement {
  return deny(sid, { notActions: [...notActions], resources: [...resources] });
}

function deny(sid: string, statement: Omit<iam.PolicyStatementProps, 'effect' | 'sid'>): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, effect: iam.Effect.DENY, ...statement });
}

function withObjects(buckets: readonly string[]): string[] {
  return buckets.flatMap((arn) => [arn, `${arn}/*`]);
}
