import {
  CreateChangeSetCommand,
  CreateStackCommand,
  CreateStackSetCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  StartExecutionCommand,
  StopExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { AssumeRoleCommand, GetFederationTokenCommand } from '@aws-sdk/client-sts';
import { ACCOUNT, type Made } from './bootstraps';
import type { as } from './people';

/** The AWS SDK and the AWS command line, with the keys of a session of the terraform role. */
export type Calls = ReturnType<typeof as> & { aws(...args: string[]): Promise<string> };

/** One request, as the simulator and as the emulated AWS take it. */
export interface Attempt {
  readonly action: string;
  readonly of: string;
  readonly resource: (made: Made) => string;
  readonly context?: { readonly [key: string]: string | string[] };
  readonly call: (calls: Calls, made: Made) => Promise<unknown>;
}

/** One that the emulator would not refuse, and why. */
export type SimulatedOnly = Omit<Attempt, 'call'> & { readonly why: string };

const of = (rest: string) => `arn:aws:iam::${ACCOUNT}:${rest}`;
const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${rest}`;
const machine = arn('states', 'stateMachine:terraform-revoke-anna.terraform');
const execution = arn('states', 'execution:terraform-revoke-anna.terraform:0123');
const stateOf = ({ bucket }: Made) => `arn:aws:s3:::${bucket}/network/prod/terraform.tfstate`;
const bucketOf = ({ bucket }: Made) => `arn:aws:s3:::${bucket}`;
const bounded = { 'iam:PermissionsBoundary': of('policy/terraform/terraform-boundary') };
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const EVERYTHING = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const EMPTY = '{"Resources":{"Topic":{"Type":"AWS::SNS::Topic"}}}';
const MACHINE = '{"StartAt":"Pass","States":{"Pass":{"Type":"Pass","End":true}}}';
const NOBODY = (bucket: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:GetObjectTorrent', Resource: `arn:aws:s3:::${bucket}/*` }],
  });

type Send = (calls: Calls, made: Made) => Promise<unknown>;

/** A call of IAM about a resource whose ARN is known before. */
function ofIam(action: string, rest: string, call: Send, context?: Attempt['context']): Attempt {
  return { action: `iam:${action}`, of: rest, resource: () => of(rest), context, call };
}

function ofBucket(action: string, command: (Bucket: string) => unknown): Attempt {
  return { action: `s3:${action}`, of: 'the states', resource: bucketOf, call: ({ s3 }, { bucket }) => s3.send(command(bucket) as never) };
}

function ofKey(action: string, ...args: string[]): Attempt {
  const call: Send = ({ aws }, { key }) => aws('kms', args[0], '--key-id', key, ...args.slice(1));
  return { action: `kms:${action}`, of: 'the key of the states', resource: ({ key }) => key, call };
}

function ofTrail(action: string, ...args: string[]): Attempt {
  const call: Send = ({ aws }, { trail }) => aws('cloudtrail', args[0], args[1], trail, ...args.slice(2));
  return { action: `cloudtrail:${action}`, of: 'the trail', resource: ({ trail }) => trail, call };
}

function assume(role: string, account = ACCOUNT): Attempt {
  const RoleArn = `arn:aws:iam::${account}:role/${role}`;
  const call: Send = ({ sts }) => sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session' }));
  return { action: 'sts:AssumeRole', of: `${account === ACCOUNT ? '' : 'another account’s '}${role}`, resource: () => RoleArn, call };
}

/** Which takes the role of the machine along: what is refused is to pass it. */
function pass(role: string): Attempt {
  const roleArn = of(`role/${role}`);
  const name = `passed-${role.replaceAll('/', '-')}`;
  const call: Send = ({ sfn }) => sfn.send(new CreateStateMachineCommand({ name, definition: MACHINE, roleArn }));
  return { action: 'iam:PassRole', of: role, resource: () => roleArn, context: { 'iam:PassedToService': 'states.amazonaws.com' }, call };
}

function ofStack(action: string, stack: string, command: (StackName: string) => unknown): Attempt {
  const resource = () => arn('cloudformation', `stack/${stack}/0123`);
  return { action: `cloudformation:${action}`, of: stack, resource, call: (calls) => calls.cloudformation.send(command(stack) as never) };
}

const DEPLOYER = `cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-us-east-1`;
const ASSETS = `cdk-hnb659fds-assets-${ACCOUNT}-us-east-1`;
const PERSON = 'user/terraform/anna.terraform';
const BOUNDARY = 'policy/terraform/terraform-boundary';
const ROLE = 'role/terraform/terraform';

/** Each a way out, tried by a session of the terraform role, which has an administrator's policy. */
export const ESCAPES: readonly Attempt[] = [
  // the boundary itself, and what the bootstrap's own roles may do
  ofIam('CreatePolicyVersion', BOUNDARY, ({ iam: c }) =>
    c.send(new iam.CreatePolicyVersionCommand({ PolicyArn: of(BOUNDARY), PolicyDocument: EVERYTHING, SetAsDefault: true })),
  ),
  ofIam('SetDefaultPolicyVersion', BOUNDARY, ({ iam: c }) =>
    c.send(new iam.SetDefaultPolicyVersionCommand({ PolicyArn: of(BOUNDARY), VersionId: 'v1' })),
  ),
  ofIam('DeletePolicyVersion', BOUNDARY, ({ iam: c }) =>
    c.send(new iam.DeletePolicyVersionCommand({ PolicyArn: of(BOUNDARY), VersionId: 'v1' })),
  ),
  ofIam('DeletePolicy', BOUNDARY, ({ iam: c }) => c.send(new iam.DeletePolicyCommand({ PolicyArn: of(BOUNDARY) }))),
  ofIam('UpdateAssumeRolePolicy', ROLE, ({ iam: c }) =>
    c.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'terraform', PolicyDocument: TRUST })),
  ),
  ofIam('UpdateRole', ROLE, ({ iam: c }) => c.send(new iam.UpdateRoleCommand({ RoleName: 'terraform', MaxSessionDuration: 43200 }))),
  ofIam(
    'DeleteRolePolicy',
    ROLE,
    ({ iam: c }) => c.send(new iam.DeleteRolePolicyCommand({ RoleName: 'terraform', PolicyName: 'revoked-anna.terraform' })),
    bounded,
  ),
  ofIam(
    'PutRolePolicy',
    ROLE,
    ({ iam: c }) => c.send(new iam.PutRolePolicyCommand({ RoleName: 'terraform', PolicyName: 'mine', PolicyDocument: EVERYTHING })),
    bounded,
  ),
  ofIam('DeleteRolePermissionsBoundary', ROLE, ({ iam: c }) =>
    c.send(new iam.DeleteRolePermissionsBoundaryCommand({ RoleName: 'terraform' })),
  ),
  ofIam(
    'PutRolePermissionsBoundary',
    ROLE,
    ({ iam: c }) => c.send(new iam.PutRolePermissionsBoundaryCommand({ RoleName: 'terraform', PermissionsBoundary: ADMINISTRATOR })),
    { 'iam:PermissionsBoundary': ADMINISTRATOR },
  ),
  ofIam('TagRole', ROLE, ({ iam: c }) => c.send(new iam.TagRoleCommand({ RoleName: 'terraform', Tags: [{ Key: 'a', Value: 'b' }] }))),
  ofIam('DeleteRole', 'role/terraform/terraform-infrastructure-plan', ({ iam: c }) =>
    c.send(new iam.DeleteRoleCommand({ RoleName: 'terraform-infrastructure-plan' })),
  ),
  ofIam('UpdateAssumeRolePolicy', 'role/terraform/terraform-break-glass', ({ iam: c }) =>
    c.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'terraform-break-glass', PolicyDocument: TRUST })),
  ),
  assume('terraform/terraform-break-glass'),
  assume('terraform/terraform-revoker'),
  pass('terraform/terraform-revoker'),
  // principals without the boundary
  ofIam('CreateRole', 'role/free', ({ iam: c }) =>
    c.send(new iam.CreateRoleCommand({ RoleName: 'free', AssumeRolePolicyDocument: TRUST })),
  ),
  ofIam(
    'CreateRole',
    'role/free-with-another-boundary',
    ({ iam: c }) =>
      c.send(
        new iam.CreateRoleCommand({
          RoleName: 'free-with-another-boundary',
          AssumeRolePolicyDocument: TRUST,
          PermissionsBoundary: ADMINISTRATOR,
        }),
      ),
    { 'iam:PermissionsBoundary': ADMINISTRATOR },
  ),
  ofIam('AttachRolePolicy', 'role/existing', ({ iam: c }) =>
    c.send(new iam.AttachRolePolicyCommand({ RoleName: 'existing', PolicyArn: ADMINISTRATOR })),
  ),
  ofIam('PutRolePolicy', 'role/existing', ({ iam: c }) =>
    c.send(new iam.PutRolePolicyCommand({ RoleName: 'existing', PolicyName: 'mine', PolicyDocument: EVERYTHING })),
  ),
  ofIam('DeleteRolePermissionsBoundary', 'role/bounded', ({ iam: c }) =>
    c.send(new iam.DeleteRolePermissionsBoundaryCommand({ RoleName: 'bounded' })),
  ),
  ofIam('CreateUser', 'user/free', ({ iam: c }) => c.send(new iam.CreateUserCommand({ UserName: 'free' }))),
  ofIam(
    'CreateUser',
    'user/terraform-break-glass/mallory',
    ({ iam: c }) =>
      c.send(new iam.CreateUserCommand({ UserName: 'mallory', Path: '/terraform-break-glass/', PermissionsBoundary: of(BOUNDARY) })),
    bounded,
  ),
  ofIam('CreateAccessKey', 'user/administrator', ({ iam: c }) => c.send(new iam.CreateAccessKeyCommand({ UserName: 'administrator' }))),
  ofIam('CreateLoginProfile', 'user/administrator', ({ iam: c }) =>
    c.send(new iam.CreateLoginProfileCommand({ UserName: 'administrator', Password: 'Password-0123456789' })),
  ),
  ofIam('AttachUserPolicy', PERSON, ({ iam: c }) =>
    c.send(new iam.AttachUserPolicyCommand({ UserName: 'anna.terraform', PolicyArn: ADMINISTRATOR })),
  ),
  ofIam('PutUserPolicy', PERSON, ({ iam: c }) =>
    c.send(new iam.PutUserPolicyCommand({ UserName: 'anna.terraform', PolicyName: 'mine', PolicyDocument: EVERYTHING })),
  ),
  ofIam('CreateAccessKey', PERSON, ({ iam: c }) => c.send(new iam.CreateAccessKeyCommand({ UserName: 'anna.terraform' }))),
  ofIam('AddUserToGroup', 'group/terraform/terraform', ({ iam: c }) =>
    c.send(new iam.AddUserToGroupCommand({ UserName: 'administrator', GroupName: 'terraform' })),
  ),
  ofIam('AttachGroupPolicy', 'group/terraform/terraform', ({ iam: c }) =>
    c.send(new iam.AttachGroupPolicyCommand({ GroupName: 'terraform', PolicyArn: ADMINISTRATOR })),
  ),
  ofIam('PutGroupPolicy', 'group/terraform/terraform', ({ iam: c }) =>
    c.send(new iam.PutGroupPolicyCommand({ GroupName: 'terraform', PolicyName: 'mine', PolicyDocument: EVERYTHING })),
  ),
  {
    action: 'sts:GetFederationToken',
    of: 'a user',
    resource: () => '*',
    call: ({ sts }) => sts.send(new GetFederationTokenCommand({ Name: 'mine', Policy: EVERYTHING })),
  },
  // to the path of those who may break the glass
  ofIam('UpdateUser', 'user/administrator', ({ iam: c }) =>
    c.send(new iam.UpdateUserCommand({ UserName: 'administrator', NewPath: '/terraform-break-glass/' })),
  ),
  // people's seal, device and machines
  ofIam('UntagUser', PERSON, ({ iam: c }) => c.send(new iam.UntagUserCommand({ UserName: 'anna.terraform', TagKeys: ['terraform-mfa'] }))),
  ofIam('DeactivateMFADevice', PERSON, ({ iam: c }) =>
    c.send(new iam.DeactivateMFADeviceCommand({ UserName: 'anna.terraform', SerialNumber: of('mfa/anna.terraform') })),
  ),
  ofIam('CreateVirtualMFADevice', 'mfa/mine', ({ iam: c }) =>
    c.send(new iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'mine' })),
  ),
  ofIam('DeleteOpenIDConnectProvider', 'oidc-provider/token.actions.githubusercontent.com', ({ iam: c }) =>
    c.send(
      new iam.DeleteOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: of('oidc-provider/token.actions.githubusercontent.com'),
      }),
    ),
  ),
  ofIam('AddClientIDToOpenIDConnectProvider', 'oidc-provider/token.actions.githubusercontent.com', ({ iam: c }) =>
    c.send(
      new iam.AddClientIDToOpenIDConnectProviderCommand({
        OpenIDConnectProviderArn: of('oidc-provider/token.actions.githubusercontent.com'),
        ClientID: 'mine',
      }),
    ),
  ),
  {
    action: 'states:StartExecution',
    of: 'a colleague’s machine',
    resource: () => machine,
    call: ({ sfn }) => sfn.send(new StartExecutionCommand({ stateMachineArn: machine })),
  },
  {
    action: 'states:UpdateStateMachine',
    of: 'a colleague’s machine',
    resource: () => machine,
    call: ({ sfn }) => sfn.send(new UpdateStateMachineCommand({ stateMachineArn: machine, definition: MACHINE })),
  },
  {
    action: 'states:DeleteStateMachine',
    of: 'a colleague’s machine',
    resource: () => machine,
    call: ({ sfn }) => sfn.send(new DeleteStateMachineCommand({ stateMachineArn: machine })),
  },
  {
    action: 'states:StopExecution',
    of: 'a colleague’s machine',
    resource: () => execution,
    call: ({ sfn }) => sfn.send(new StopExecutionCommand({ executionArn: execution })),
  },
  // roles that have no boundary
  assume(DEPLOYER),
  assume(DEPLOYER.replace('cfn-exec', 'deploy')),
  pass(DEPLOYER),
  pass('legacy-ci'),
  assume('OrganizationAccountAccessRole', '999999999999'),
  ofIam('UpdateAssumeRolePolicy', `role/${DEPLOYER}`, ({ iam: c }) =>
    c.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: DEPLOYER, PolicyDocument: TRUST })),
  ),
  ofIam('UpdateAssumeRolePolicy', 'role/legacy-ci', ({ iam: c }) =>
    c.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'legacy-ci', PolicyDocument: TRUST })),
  ),
  {
    action: 's3:PutObject',
    of: 'what the CDK deploys from',
    resource: () => `arn:aws:s3:::${ASSETS}/template.json`,
    call: ({ s3: c }) => c.send(new s3.PutObjectCommand({ Bucket: ASSETS, Key: 'template.json', Body: EMPTY })),
  },
  // stacks, which keep the role that they were deployed with
  ofStack('DeleteStack', 'TerraformBootstrap', (StackName) => new DeleteStackCommand({ StackName })),
  ofStack('UpdateStack', 'TerraformBootstrap', (StackName) => new UpdateStackCommand({ StackName, TemplateBody: EMPTY })),
  ofStack(
    'CreateChangeSet',
    'TerraformBootstrap',
    (StackName) => new CreateChangeSetCommand({ StackName, TemplateBody: EMPTY, ChangeSetName: 'mine' }),
  ),
  ofStack(
    'ExecuteChangeSet',
    'TerraformBootstrap',
    (StackName) => new ExecuteChangeSetCommand({ StackName, ChangeSetName: 'cdk-deploy-change-set' }),
  ),
  ofStack('SetStackPolicy', 'TerraformBootstrap', (StackName) => new SetStackPolicyCommand({ StackName, StackPolicyBody: '{}' })),
  ofStack(
    'UpdateTerminationProtection',
    'TerraformBootstrap',
    (StackName) => new UpdateTerminationProtectionCommand({ StackName, EnableTerminationProtection: false }),
  ),
  ofStack('DeleteStack', 'CDKToolkit', (StackName) => new DeleteStackCommand({ StackName })),
  ofStack('UpdateStack', 'Anothers', (StackName) => new UpdateStackCommand({ StackName, TemplateBody: EMPTY })),
  {
    action: 'cloudformation:CreateStackSet',
    of: 'a new set',
    resource: () => '*',
    call: ({ cloudformation }) => cloudformation.send(new CreateStackSetCommand({ StackSetName: 'mine', TemplateBody: EMPTY })),
  },
  // states
  ofBucket('PutBucketPolicy', (Bucket) => new s3.PutBucketPolicyCommand({ Bucket, Policy: NOBODY(Bucket) })),
  ofBucket('DeleteBucketPolicy', (Bucket) => new s3.DeleteBucketPolicyCommand({ Bucket })),
  ofBucket(
    'PutBucketVersioning',
    (Bucket) => new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  ),
  ofBucket('PutLifecycleConfiguration', (Bucket) => new s3.DeleteBucketLifecycleCommand({ Bucket })),
  ofBucket('PutEncryptionConfiguration', (Bucket) => new s3.DeleteBucketEncryptionCommand({ Bucket })),
  ofBucket('PutBucketPublicAccessBlock', (Bucket) => new s3.DeletePublicAccessBlockCommand({ Bucket })),
  ofBucket('PutReplicationConfiguration', (Bucket) => new s3.DeleteBucketReplicationCommand({ Bucket })),
  ofBucket('PutBucketTagging', (Bucket) => new s3.DeleteBucketTaggingCommand({ Bucket })),
  ofBucket('PutBucketLogging', (Bucket) => new s3.PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} })),
  ofBucket('DeleteBucket', (Bucket) => new s3.DeleteBucketCommand({ Bucket })),
  {
    action: 's3:DeleteObjectVersion',
    of: 'a state',
    resource: stateOf,
    call: ({ s3: c }, { bucket }) =>
      c.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: 'network/prod/terraform.tfstate', VersionId: 'v1' })),
  },
  {
    action: 's3:PutBucketPolicy',
    of: 'the access logs',
    resource: ({ logBucket }) => `arn:aws:s3:::${logBucket}`,
    call: ({ s3: c }, { logBucket }) => c.send(new s3.PutBucketPolicyCommand({ Bucket: logBucket, Policy: NOBODY(logBucket) })),
  },
  {
    action: 's3:DeleteObject',
    of: 'the access logs',
    resource: ({ logBucket }) => `arn:aws:s3:::${logBucket}/state/log`,
    call: ({ s3: c }, { logBucket }) => c.send(new s3.DeleteObjectCommand({ Bucket: logBucket, Key: 'state/log' })),
  },
  ofKey('PutKeyPolicy', 'put-key-policy', '--policy', TRUST),
  ofKey('ScheduleKeyDeletion', 'schedule-key-deletion'),
  ofKey('DisableKey', 'disable-key'),
  ofKey('DisableKeyRotation', 'disable-key-rotation'),
  ofKey('CreateGrant', 'create-grant', '--grantee-principal', of('user/administrator'), '--operations', 'Decrypt'),
  {
    action: 'dynamodb:DeleteTable',
    of: 'the locks',
    resource: ({ table }) => arn('dynamodb', `table/${table}`),
    call: ({ dynamodb }, { table }) => dynamodb.send(new DeleteTableCommand({ TableName: table })),
  },
  {
    action: 'dynamodb:UpdateTable',
    of: 'the locks',
    resource: ({ table }) => arn('dynamodb', `table/${table}`),
    call: ({ dynamodb }, { table }) => dynamodb.send(new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: false })),
  },
  {
    action: 'dynamodb:UpdateContinuousBackups',
    of: 'the locks',
    resource: ({ table }) => arn('dynamodb', `table/${table}`),
    call: ({ dynamodb }, { table }) =>
      dynamodb.send(
        new UpdateContinuousBackupsCommand({
          TableName: table,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
        }),
      ),
  },
  // what watches
  ofTrail('StopLogging', 'stop-logging', '--name'),
  ofTrail('DeleteTrail', 'delete-trail', '--name'),
  ofTrail('UpdateTrail', 'update-trail', '--name', '--no-is-multi-region-trail'),
  ofTrail('PutEventSelectors', 'put-event-selectors', '--trail-name', '--event-selectors', '[{"ReadWriteType":"ReadOnly"}]'),
  {
    action: 'sns:DeleteTopic',
    of: 'the alarms',
    resource: ({ topic }) => topic,
    call: ({ aws }, { topic }) => aws('sns', 'delete-topic', '--topic-arn', topic),
  },
];

/** What Terraform does all day, in this order. */
export const WORK: readonly Attempt[] = [
  ofIam(
    'CreateRole',
    'role/app',
    ({ iam: c }) =>
      c.send(new iam.CreateRoleCommand({ RoleName: 'app', AssumeRolePolicyDocument: TRUST, PermissionsBoundary: of(BOUNDARY) })),
    bounded,
  ),
  ofIam(
    'PutRolePolicy',
    'role/app',
    ({ iam: c }) => c.send(new iam.PutRolePolicyCommand({ RoleName: 'app', PolicyName: 'app', PolicyDocument: EVERYTHING })),
    bounded,
  ),
  ofIam(
    'AttachRolePolicy',
    'role/app',
    ({ iam: c }) => c.send(new iam.AttachRolePolicyCommand({ RoleName: 'app', PolicyArn: ADMINISTRATOR })),
    bounded,
  ),
  ofIam(
    'PutRolePermissionsBoundary',
    'role/app',
    ({ iam: c }) => c.send(new iam.PutRolePermissionsBoundaryCommand({ RoleName: 'app', PermissionsBoundary: of(BOUNDARY) })),
    bounded,
  ),
  ofIam('UpdateAssumeRolePolicy', 'role/app', ({ iam: c }) =>
    c.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName: 'app', PolicyDocument: TRUST })),
  ),
  pass('app'),
  ofIam('TagRole', 'role/app', ({ iam: c }) => c.send(new iam.TagRoleCommand({ RoleName: 'app', Tags: [{ Key: 'a', Value: 'b' }] }))),
  ofIam('CreatePolicy', 'policy/app', ({ iam: c }) =>
    c.send(new iam.CreatePolicyCommand({ PolicyName: 'app', PolicyDocument: EVERYTHING })),
  ),
  ofIam('CreatePolicyVersion', 'policy/app', ({ iam: c }) =>
    c.send(new iam.CreatePolicyVersionCommand({ PolicyArn: of('policy/app'), PolicyDocument: EVERYTHING })),
  ),
  ofIam('DeletePolicyVersion', 'policy/app', ({ iam: c }) =>
    c.send(new iam.DeletePolicyVersionCommand({ PolicyArn: of('policy/app'), VersionId: 'v2' })),
  ),
  ofIam('DeletePolicy', 'policy/app', ({ iam: c }) => c.send(new iam.DeletePolicyCommand({ PolicyArn: of('policy/app') }))),
  ofIam('GetRole', ROLE, ({ iam: c }) => c.send(new iam.GetRoleCommand({ RoleName: 'terraform' }))),
  ofIam('GetPolicyVersion', BOUNDARY, ({ iam: c }) =>
    c.send(new iam.GetPolicyVersionCommand({ PolicyArn: of(BOUNDARY), VersionId: 'v1' })),
  ),
  {
    action: 'states:DescribeStateMachine',
    of: 'a colleague’s machine',
    resource: () => machine,
    call: ({ sfn }) => sfn.send(new DescribeStateMachineCommand({ stateMachineArn: machine })),
  },
  {
    action: 'states:StartExecution',
    of: 'an own machine',
    resource: () => arn('states', 'stateMachine:passed-app'),
    call: ({ sfn }) => sfn.send(new StartExecutionCommand({ stateMachineArn: arn('states', 'stateMachine:passed-app') })),
  },
  ofStack('DescribeStacks', 'TerraformBootstrap', (StackName) => new DescribeStacksCommand({ StackName })),
  ofStack('CreateStack', 'New', (StackName) => new CreateStackCommand({ StackName, TemplateBody: EMPTY })),
  {
    action: 's3:PutObject',
    of: 'a state',
    resource: stateOf,
    call: ({ s3: c }, { bucket }) => c.send(new s3.PutObjectCommand({ Bucket: bucket, Key: 'network/prod/terraform.tfstate', Body: '{}' })),
  },
  {
    action: 's3:GetObject',
    of: 'a state',
    resource: stateOf,
    call: ({ s3: c }, { bucket }) => c.send(new s3.GetObjectCommand({ Bucket: bucket, Key: 'network/prod/terraform.tfstate' })),
  },
  {
    action: 's3:PutObject',
    of: 'a lock',
    resource: (made) => `${stateOf(made)}.tflock`,
    call: ({ s3: c }, { bucket }) =>
      c.send(new s3.PutObjectCommand({ Bucket: bucket, Key: 'network/prod/terraform.tfstate.tflock', Body: '{}', IfNoneMatch: '*' })),
  },
  {
    action: 's3:DeleteObject',
    of: 'a lock',
    resource: (made) => `${stateOf(made)}.tflock`,
    call: ({ s3: c }, { bucket }) => c.send(new s3.DeleteObjectCommand({ Bucket: bucket, Key: 'network/prod/terraform.tfstate.tflock' })),
  },
  {
    action: 's3:GetBucketPolicy',
    of: 'the states',
    resource: bucketOf,
    call: ({ s3: c }, { bucket }) => c.send(new s3.GetBucketPolicyCommand({ Bucket: bucket })),
  },
  {
    action: 's3:CreateBucket',
    of: 'an own bucket',
    resource: () => 'arn:aws:s3:::acme-own',
    call: ({ s3: c }) => c.send(new s3.CreateBucketCommand({ Bucket: 'acme-own' })),
  },
  {
    action: 's3:PutBucketPolicy',
    of: 'an own bucket',
    resource: () => 'arn:aws:s3:::acme-own',
    call: ({ s3: c }) => c.send(new s3.PutBucketPolicyCommand({ Bucket: 'acme-own', Policy: NOBODY('acme-own') })),
  },
  {
    action: 's3:PutBucketVersioning',
    of: 'an own bucket',
    resource: () => 'arn:aws:s3:::acme-own',
    call: ({ s3: c }) =>
      c.send(new s3.PutBucketVersioningCommand({ Bucket: 'acme-own', VersioningConfiguration: { Status: 'Suspended' } })),
  },
  ofKey('GenerateDataKey', 'generate-data-key', '--key-spec', 'AES_256'),
  {
    action: 'dynamodb:PutItem',
    of: 'the locks',
    resource: ({ table }) => arn('dynamodb', `table/${table}`),
    call: ({ dynamodb }, { table }) => dynamodb.send(new PutItemCommand({ TableName: table, Item: { LockID: { S: 'mine' } } })),
  },
  {
    action: 'dynamodb:DeleteItem',
    of: 'the locks',
    resource: ({ table }) => arn('dynamodb', `table/${table}`),
    call: ({ dynamodb }, { table }) => dynamodb.send(new DeleteItemCommand({ TableName: table, Key: { LockID: { S: 'mine' } } })),
  },
  {
    action: 'dynamodb:CreateTable',
    of: 'an own table',
    resource: () => arn('dynamodb', 'table/own'),
    call: ({ dynamodb }) =>
      dynamodb.send(
        new CreateTableCommand({
          TableName: 'own',
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        }),
      ),
  },
  {
    action: 'dynamodb:DeleteTable',
    of: 'an own table',
    resource: () => arn('dynamodb', 'table/own'),
    call: ({ dynamodb }) => dynamodb.send(new DeleteTableCommand({ TableName: 'own' })),
  },
  ofTrail('GetTrailStatus', 'get-trail-status', '--name'),
];

const UNNAMED = 'the emulator authorises it on no resource';
const FORM = 'the emulator authorises it on the group’s ARN without `:*`';
const ABSENT = 'the emulator has no such service';
const alias = arn('kms', 'alias/terraform-parameter-store');

/** Ways out that only the simulator can refuse. */
export const SIMULATED_ESCAPES: readonly SimulatedOnly[] = [
  { action: 'kms:UpdateAlias', of: 'the secrets', resource: () => alias, why: UNNAMED },
  { action: 'kms:DeleteAlias', of: 'the secrets', resource: () => alias, why: UNNAMED },
  { action: 'dynamodb:PutResourcePolicy', of: 'the locks', resource: ({ table }) => arn('dynamodb', `table/${table}`), why: UNNAMED },
  { action: 'cloudwatch:DeleteAlarms', of: 'the bootstrap', resource: ({ alarm }) => arn('cloudwatch', `alarm:${alarm}`), why: UNNAMED },
  {
    action: 'cloudwatch:DisableAlarmActions',
    of: 'the bootstrap',
    resource: ({ alarm }) => arn('cloudwatch', `alarm:${alarm}`),
    why: UNNAMED,
  },
  { action: 'logs:DeleteLogGroup', of: 'the trail', resource: ({ logGroup }) => arn('logs', `log-group:${logGroup}:*`), why: FORM },
  { action: 'logs:DeleteMetricFilter', of: 'the trail', resource: ({ logGroup }) => arn('logs', `log-group:${logGroup}:*`), why: FORM },
  { action: 'sso:PutInlinePolicyToPermissionSet', of: 'a set', resource: () => 'arn:aws:sso:::permissionSet/ssoins-1/ps-1', why: ABSENT },
  {
    action: 'identitystore:CreateUser',
    of: 'the organization',
    resource: () => `arn:aws:identitystore::${ACCOUNT}:identitystore/d-0123456789`,
    why: ABSENT,
  },
  {
    action: 'sts:AssumeRoot',
    of: 'another account',
    resource: () => 'arn:aws:iam::999999999999:root',
    why: 'the emulator has no such call',
  },
];

/** Work that only the simulator can allow. */
export const SIMULATED_WORK: readonly SimulatedOnly[] = [
  {
    action: 'cloudformation:UpdateStack',
    of: 'an own stack',
    resource: () => arn('cloudformation', 'stack/Own/0123'),
    context: { 'aws:ResourceTag/terraform-stack': 'true' },
    why: 'the emulator does not know the tags of a stack when it authorises',
  },
  {
    action: 'sts:AssumeRole',
    of: 'another account’s role',
    resource: () => 'arn:aws:iam::999999999999:role/atlantis/atlantis-terraform',
    why: 'there is one account',
  },
];
