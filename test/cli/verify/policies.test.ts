import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecureTerraformBootstrap, TerraformPeople } from '../../../src';
import type { Manifest } from '../../../src/cli/manifest/manifest';
import type { Statement } from '../../../src/cli/verify/check';
import { groupProblems } from '../../../src/cli/verify/people';
import { trustProblems } from '../../../src/cli/verify/role';
import { MANIFEST } from '../command';

const manifest: Manifest = MANIFEST;

/** The statements of the construct itself, with the partition filled in. */
function deployed(people = TerraformPeople.users(['eve.terraform'])): { trust: Statement[]; group: Statement[] } {
  const stack = new Stack(new App(), 'Stack', { env: { account: MANIFEST.account, region: MANIFEST.region } });
  const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', { people });
  const filled = (value: unknown) =>
    JSON.parse(
      JSON.stringify(stack.resolve(value)).replace(/\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]+)"\]\]\}/g, '"arn:aws$1"'),
    );
  const role = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role', { Properties: { RoleName: 'terraform' } }))[0];
  return { trust: filled(role.Properties.AssumeRolePolicyDocument).Statement, group: filled(bootstrap.peoplePolicy).Statement };
}

const { trust, group } = deployed();
const without = (statements: readonly Statement[], operator: string, key: string): Statement[] =>
  statements.map((statement) => {
    const { [key]: _, ...rest } = statement.Condition?.[operator] ?? {};
    return statement.Condition?.[operator]?.[key] ? { ...statement, Condition: { ...statement.Condition, [operator]: rest } } : statement;
  });

describe('the trust policy', () => {
  test('of the construct lacks nothing', () => {
    expect(trustProblems(trust, manifest)).toEqual([]);
  });

  test.each([
    ['ArnLike', 'aws:PrincipalArn', 'it does not ask for a user under /terraform/'],
    ['Bool', 'aws:MultiFactorAuthPresent', 'it does not ask for MFA'],
    ['NumericLessThanEquals', 'aws:MultiFactorAuthAge', 'it does not ask for a code of the last 300 seconds'],
    ['StringEquals', 'sts:RoleSessionName', 'sessions need not be named as the user'],
    ['StringEquals', 'aws:PrincipalTag/terraform-mfa', 'it does not ask for the seal terraform-mfa'],
  ])('without %s %s is told so', (operator, key, problem) => {
    expect(trustProblems(without(trust, operator, key), manifest)).toEqual([problem]);
  });

  test('that lets somebody else in beside is told so', () => {
    const open: Statement = { Effect: 'Allow', Action: 'sts:AssumeRole' };
    expect(trustProblems([...trust, open], manifest)).toContain('it does not ask for MFA');
    expect(trustProblems([], manifest)).toEqual(['nobody may assume the role']);
  });
});

describe('the trust policy for people of IAM Identity Center', () => {
  const centre: Manifest = { ...MANIFEST, people: { ...MANIFEST.people, kind: 'identityCenter' } };
  const { trust: own } = deployed(TerraformPeople.identityCenter({ permissionSet: 'TerraformOperator', people: ['eve@example.com'] }));
  const with_ = (operator: string, key: string, value: string | string[]): Statement[] =>
    own.map((statement) => ({
      ...statement,
      Condition: { ...statement.Condition, [operator]: { ...statement.Condition?.[operator], [key]: value } },
    }));

  test('of the construct lacks nothing', () => {
    expect(trustProblems(own, centre)).toEqual([]);
  });

  const ROLES = 'it does not ask for the role of a permission set of IAM Identity Center';
  const NAMES = 'sessions need not be named as the person';

  test.each([
    ['any role', 'ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::123456789012:role/*', ROLES],
    [
      'another role beside',
      'ArnLike',
      'aws:PrincipalArn',
      [
        'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_TerraformOperator_*',
        'arn:aws:iam::123456789012:role/x',
      ],
      ROLES,
    ],
    [
      'any permission set',
      'ArnLike',
      'aws:PrincipalArn',
      'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_*',
      ROLES,
    ],
    ['one name for all', 'StringEquals', 'sts:RoleSessionName', 'shared', NAMES],
    ['the name of a user', 'StringEquals', 'sts:RoleSessionName', '$' + '{aws:username}', NAMES],
  ])('that lets %s in is told so', (_, operator, key, value, problem) => {
    expect(trustProblems(with_(operator, key, value), centre)).toEqual([problem]);
  });

  test('that asks nothing, or lets nobody in, is told so', () => {
    expect(trustProblems([...own, { Effect: 'Allow', Action: 'sts:AssumeRole' }], centre)).toEqual([ROLES, NAMES]);
    expect(trustProblems([], centre)).toEqual(['nobody may assume the role']);
  });
});

describe('the policies of the group', () => {
  test('of the construct lack nothing', () => {
    expect(groupProblems(group, manifest)).toEqual([]);
  });

  test.each([
    [[], [`they do not allow to assume ${MANIFEST.role}`, 'they do not refuse everything else without MFA']],
    [[...group, { Effect: 'Allow', Action: '*', Resource: '*' }], ['they allow everything']],
    [[...group, { Effect: 'Allow', Action: ['sts:AssumeRole'], Resource: 'arn:x' }], ['they allow to assume other roles: arn:x']],
  ])('that are others are told so: %#', (statements: Statement[], problems) => {
    expect(groupProblems(statements, manifest)).toEqual(problems);
  });
});
