import { Token } from 'aws-cdk-lib';
import { TerraformPeople } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION, resourcesOf } from '../synthesized';
import { type Bootstrapped, bootstrapped, refusalOfBootstrap } from './bootstrapped';
import { isAllowed } from './simulated';

const MARTIN = 'martin.rosselle.terraform';
const ANNA = 'anna.terraform';
const iam = (rest: string) => `arn:aws:iam::${ACCOUNT}:${rest}`;
const states = (rest: string) => `arn:aws:states:${REGION}:${ACCOUNT}:${rest}`;
const ROLE = iam('role/terraform/terraform');

const withUsers = bootstrapped(() => ({ people: TerraformPeople.users([MARTIN, ANNA]) }));
const withIdentityCenter = bootstrapped(() => ({
  people: TerraformPeople.identityCenter({ permissionSet: 'TerraformOperator', people: ['martin@example.com'] }),
}));

const trustOf = ({ template }: Bootstrapped) =>
  deployed(
    template,
    Object.values(resourcesOf(template, 'AWS::IAM::Role')).find(({ Properties }) => Properties.RoleName === 'terraform')?.Properties
      .AssumeRolePolicyDocument,
  );
const peoplePolicyOf = ({ template, stack, bootstrap }: Bootstrapped) => deployed(template, stack.resolve(bootstrap.peoplePolicy));

type Context = { readonly [key: string]: string | string[] };

/** A user who signs requests with a key alone, with the tag of the seal. */
const keyOnly = (user: string): Context => ({ 'aws:username': user, 'aws:PrincipalTag/terraform-mfa': 'sealed' });
const withMfa = (user: string, age = '10'): Context => ({
  ...keyOnly(user),
  'aws:MultiFactorAuthPresent': 'true',
  'aws:MultiFactorAuthAge': age,
});
const unsealed = ({ 'aws:PrincipalTag/terraform-mfa': _, ...context }: Context): Context => context;

const does = (action: string, resource: string, context: Context, user = MARTIN) =>
  isAllowed({ principal: iam(`user/terraform/${user}`), action, resource, context, policies: [peoplePolicyOf(withUsers)] });

const assumes = (context: Context, sessionName = MARTIN, principal = iam(`user/terraform/${MARTIN}`)) =>
  isAllowed({
    principal,
    action: 'sts:AssumeRole',
    resource: ROLE,
    context: { ...context, 'aws:PrincipalArn': principal, 'sts:RoleSessionName': sessionName },
    policies: [peoplePolicyOf(withUsers)],
    resourcePolicy: trustOf(withUsers),
  });

describe('the terraform role', () => {
  test('is assumed by a sealed user with a fresh code, in a session of their own name', async () => {
    expect(await assumes(withMfa(MARTIN))).toBe(true);
  });

  test.each<[string, Context, string?, string?]>([
    ['without MFA', keyOnly(MARTIN)],
    ['with a code that is older than five minutes', withMfa(MARTIN, '301')],
    ['by a user who is not sealed', unsealed(withMfa(MARTIN))],
    ['in a session of another name', withMfa(MARTIN), ANNA],
    ['by a user outside the path', withMfa(MARTIN), MARTIN, iam(`user/${MARTIN}`)],
    ['by a user of another path that begins alike', withMfa(MARTIN), MARTIN, iam(`user/terraform2/${MARTIN}`)],
  ])('is not assumed %s', async (...[, context, session, principal]) => {
    expect(await assumes(context, session, principal)).toBe(false);
  });

  test('gives sessions of an hour', () => {
    withUsers.template.hasResourceProperties('AWS::IAM::Role', { RoleName: 'terraform', Path: '/terraform/', MaxSessionDuration: 3600 });
  });

  test('asks people of Identity Center for the session name that their user attribute holds', async () => {
    const principal = iam('role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_TerraformOperator_0123456789abcdef');
    const assume = (sessionName: string, by = principal) =>
      isAllowed({
        principal: by,
        action: 'sts:AssumeRole',
        resource: ROLE,
        context: { 'aws:PrincipalArn': by, 'sts:RoleSessionName': sessionName, 'aws:PrincipalTag/userName': 'martin@example.com' },
        policies: [peoplePolicyOf(withIdentityCenter)],
        resourcePolicy: trustOf(withIdentityCenter),
      });
    expect(await assume('martin@example.com')).toBe(true);
    expect(await assume('anna@example.com')).toBe(false);
    expect(await assume('martin@example.com', principal.replace('eu-west-1/', ''))).toBe(true);
    expect(await assume('martin@example.com', principal.replace('TerraformOperator', 'Administrator'))).toBe(false);
    expect(await assume('martin@example.com', principal.replace('TerraformOperator', 'TerraformOperator_ReadOnly'))).toBe(false);
  });
});

describe('a user', () => {
  const self = iam(`user/terraform/${MARTIN}`);
  const other = iam(`user/terraform/${ANNA}`);
  const seal = { 'aws:RequestTag/terraform-mfa': 'sealed', 'aws:TagKeys': ['terraform-mfa'] };

  test.each<[string, string, string, Context]>([
    ['makes their own device', 'iam:CreateVirtualMFADevice', iam(`mfa/${MARTIN}`), unsealed(keyOnly(MARTIN))],
    ['enrols a first device', 'iam:EnableMFADevice', self, unsealed(keyOnly(MARTIN))],
    ['enrols another device with MFA', 'iam:EnableMFADevice', self, withMfa(MARTIN)],
    ['seals themself with MFA', 'iam:TagUser', self, { ...unsealed(withMfa(MARTIN)), ...seal }],
    ['makes a key with MFA', 'iam:CreateAccessKey', self, withMfa(MARTIN)],
    ['deletes a key with MFA', 'iam:DeleteAccessKey', self, withMfa(MARTIN)],
    ['sees their devices without MFA', 'iam:ListMFADevices', self, keyOnly(MARTIN)],
    ['ends their sessions without MFA', 'states:StartExecution', states(`stateMachine:terraform-revoke-${MARTIN}`), keyOnly(MARTIN)],
    ['sees that they ended', 'states:DescribeExecution', states(`execution:terraform-revoke-${MARTIN}:0123`), keyOnly(MARTIN)],
  ])('%s', async (_, action, resource, context) => {
    expect(await does(action, resource, context)).toBe(true);
  });

  test.each<[string, string, string, Context]>([
    ['enrols a second device without MFA', 'iam:EnableMFADevice', self, keyOnly(MARTIN)],
    ['deletes their device without MFA', 'iam:DeleteVirtualMFADevice', iam(`mfa/${MARTIN}`), keyOnly(MARTIN)],
    ['deactivates their device without MFA', 'iam:DeactivateMFADevice', self, keyOnly(MARTIN)],
    ['enrols a device for another', 'iam:EnableMFADevice', other, withMfa(MARTIN)],
    ['makes a device in the name of another', 'iam:CreateVirtualMFADevice', iam(`mfa/${ANNA}`), withMfa(MARTIN)],
    ['seals themself without MFA', 'iam:TagUser', self, { ...unsealed(keyOnly(MARTIN)), ...seal }],
    ['seals another', 'iam:TagUser', other, { ...withMfa(MARTIN), ...seal }],
    ['tags themself with another value', 'iam:TagUser', self, { ...withMfa(MARTIN), ...seal, 'aws:RequestTag/terraform-mfa': 'open' }],
    [
      'tags themself with another key beside',
      'iam:TagUser',
      self,
      { ...withMfa(MARTIN), ...seal, 'aws:TagKeys': ['terraform-mfa', 'team'], 'aws:RequestTag/team': 'root' },
    ],
    ['takes their seal off', 'iam:UntagUser', self, { ...withMfa(MARTIN), 'aws:TagKeys': ['terraform-mfa'] }],
    ['makes a key without MFA', 'iam:CreateAccessKey', self, keyOnly(MARTIN)],
    ['makes a key with MFA of yesterday', 'iam:CreateAccessKey', self, withMfa(MARTIN, '86400')],
    ['makes a key for another', 'iam:CreateAccessKey', other, withMfa(MARTIN)],
    ['ends the sessions of another', 'states:StartExecution', states(`stateMachine:terraform-revoke-${ANNA}`), withMfa(MARTIN)],
    ['changes a state machine', 'states:UpdateStateMachine', states(`stateMachine:terraform-revoke-${MARTIN}`), withMfa(MARTIN)],
    ['assumes another role', 'sts:AssumeRole', iam('role/terraform/terraform-break-glass'), withMfa(MARTIN)],
    ['writes a policy of the role', 'iam:PutRolePolicy', ROLE, withMfa(MARTIN)],
    ['reads a state', 's3:GetObject', 'arn:aws:s3:::state/network/prod/terraform.tfstate', withMfa(MARTIN)],
    ['leaves the group', 'iam:RemoveUserFromGroup', iam('group/terraform/terraform'), withMfa(MARTIN)],
  ])('never %s', async (_, action, resource, context) => {
    expect(await does(action, resource, context)).toBe(false);
  });

  test('can do nothing without MFA that another policy allows', async () => {
    const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const policies = [peoplePolicyOf(withUsers), everything];
    const reads = (context: Context) => isAllowed({ principal: self, action: 'ec2:DescribeInstances', resource: '*', context, policies });
    expect(await reads(keyOnly(MARTIN))).toBe(false);
    expect(await reads(withMfa(MARTIN))).toBe(true);
  });

  test('has no password, no key and no policy of their own', () => {
    const users = Object.values(resourcesOf(withUsers.template, 'AWS::IAM::User'));
    expect(users.map(({ Properties }) => Properties)).toEqual([
      { UserName: MARTIN, Path: '/terraform/' },
      { UserName: ANNA, Path: '/terraform/' },
    ]);
    expect(Object.keys(resourcesOf(withUsers.template, 'AWS::IAM::AccessKey'))).toEqual([]);
  });

  test('is in the group by a resource of its own', () => {
    expect(onlyResource(withUsers.template, 'AWS::IAM::UserToGroupAddition').Properties.Users).toEqual([MARTIN, ANNA]);
  });
});

describe('a person in Identity Center', () => {
  const does = (action: string, resource: string) =>
    isAllowed({
      principal: iam('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_TerraformOperator_0123456789abcdef'),
      action,
      resource,
      context: { 'aws:PrincipalTag/userName': 'martin@example.com' },
      policies: [peoplePolicyOf(withIdentityCenter)],
    });

  test('ends their own sessions and no others', async () => {
    expect(await does('states:StartExecution', states('stateMachine:terraform-revoke-martin@example.com'))).toBe(true);
    expect(await does('states:StartExecution', states('stateMachine:terraform-revoke-anna@example.com'))).toBe(false);
    expect(await does('iam:CreateAccessKey', iam('user/terraform/x'))).toBe(false);
  });

  test('is no IAM user', () => {
    for (const type of ['AWS::IAM::User', 'AWS::IAM::Group', 'AWS::IAM::UserToGroupAddition'])
      expect(Object.keys(resourcesOf(withIdentityCenter.template, type))).toEqual([]);
  });
});

test('IdentityCenterPeopleProps.userNameAttribute left out is userName', () => {
  expect(JSON.stringify(trustOf(withIdentityCenter))).toContain(`\${aws:PrincipalTag/userName}`);
});

test('users that exist are put into the group and not made', () => {
  const { template } = bootstrapped(() => ({ people: TerraformPeople.existingUsers([MARTIN]) }));
  expect(Object.keys(resourcesOf(template, 'AWS::IAM::User'))).toEqual([]);
  expect(onlyResource(template, 'AWS::IAM::UserToGroupAddition').Properties.Users).toEqual([MARTIN]);
});

describe('people are refused', () => {
  const many = Array.from({ length: 200 }, (_, i) => `person.number.${i}.terraform`);

  test.each<[string, TerraformPeople, string]>([
    [
      'a comma',
      TerraformPeople.users(['a,b']),
      '[Stack/Bootstrap] people: got "a,b", which is no name for a user and a session; give 2 to 64 letters, digits and +=.@-_',
    ],
    ['a policy variable', TerraformPeople.users([`\${aws:username}`]), 'which is no name for a user and a session; give 2 to 64'],
    ['a star', TerraformPeople.users(['*']), 'which is no name for a user and a session'],
    ['one character', TerraformPeople.users(['a']), 'which is no name for a user and a session'],
    [
      '64 characters',
      TerraformPeople.users(['a'.repeat(64)]),
      'which is too long for the state machine that ends its sessions; give 63 characters at most',
    ],
    [
      "CloudFormation's name",
      TerraformPeople.users(['AWSCloudFormation']),
      'which is how CloudFormation names its own sessions; give another name',
    ],
    ['a name twice', TerraformPeople.users([MARTIN, MARTIN.toUpperCase()]), 'twice, since case does not count; name each person once'],
    [
      'a token',
      TerraformPeople.users([Token.asString({ Ref: 'Name' })]),
      'got names that only the deployment knows, and each makes resources at synth; write the names out',
    ],
    [
      'too many',
      TerraformPeople.users(many),
      'characters that the policies of a role can have; use two bootstraps with prefixes of their own, or fewer people',
    ],
    [
      'a permission set that is none',
      TerraformPeople.identityCenter({ permissionSet: '*', people: [] }),
      'people.permissionSet: got "*"; give the name of a permission set, of 1 to 32 letters, digits and +=,.@-_',
    ],
    [
      'an attribute that is none',
      TerraformPeople.identityCenter({ permissionSet: 'Terraform', people: [], userNameAttribute: 'a}b' }),
      'people.userNameAttribute: got "a}b"; give the key of an attribute for access control',
    ],
  ])('with %s', (_, people, message) => {
    expect(refusalOfBootstrap(() => ({ people }))).toContain(message);
  });

  test('past the sessions that the role can hold, by counts that are said', () => {
    expect(refusalOfBootstrap(() => ({ people: TerraformPeople.users(many) }))).toMatch(
      /got 200 people, whose revocations take \d{5} of the 9000 characters/,
    );
  });
});
