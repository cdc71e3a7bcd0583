import { AccountPrincipal } from 'aws-cdk-lib/aws-iam';
import { BreakGlass } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, resourcesOf } from '../synthesized';
import { type Bootstrapped, bootstrapped } from './bootstrapped';
import { ALL, isAllowed } from './simulated';

const roleOf = ({ template }: Bootstrapped) =>
  Object.values(resourcesOf(template, 'AWS::IAM::Role')).find(({ Properties }) => Properties.RoleName === 'terraform-break-glass')
    ?.Properties;

const made = bootstrapped();
const assumes = (user: string, age?: string, session = 'eve') =>
  isAllowed({
    principal: `arn:aws:iam::${ACCOUNT}:user/${user}`,
    action: 'sts:AssumeRole',
    resource: `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-break-glass`,
    context: {
      'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/${user}`,
      'aws:username': 'eve',
      'sts:RoleSessionName': session,
      ...(age ? { 'aws:MultiFactorAuthPresent': 'true', 'aws:MultiFactorAuthAge': age } : {}),
    },
    policies: [ALL],
    resourcePolicy: deployed(made.template, roleOf(made)?.AssumeRolePolicyDocument),
  });

describe('the break-glass role', () => {
  test('is assumed by users of its own path with fresh MFA', async () => {
    expect(await assumes('terraform-break-glass/eve', '10')).toBe(true);
  });

  test.each<[string, string, string?, string?]>([
    ['without MFA', 'terraform-break-glass/eve'],
    ['with MFA of ten minutes ago', 'terraform-break-glass/eve', '600'],
    ['by those who run Terraform', 'terraform/eve', '10'],
    ['in a session of another name', 'terraform-break-glass/eve', '10', 'martin'],
  ])('is not assumed %s', async (...[, user, age, session]) => {
    expect(await assumes(user, age, session)).toBe(false);
  });

  test('has no boundary, and sessions of an hour', () => {
    expect(roleOf(made)).toMatchObject({ MaxSessionDuration: 3600 });
    expect(roleOf(made)).not.toHaveProperty('PermissionsBoundary');
  });

  test('trusts a given principal as it is', () => {
    const given = bootstrapped(() => ({ breakGlass: BreakGlass.principal(new AccountPrincipal('999999999999')) }));
    expect(JSON.stringify(roleOf(given)?.AssumeRolePolicyDocument)).toContain(':iam::999999999999:root');
  });

  test('is not there when nobody may', () => {
    const none = bootstrapped(() => ({ breakGlass: BreakGlass.none() }));
    expect(roleOf(none)).toBeUndefined();
    expect(none.bootstrap.breakGlassRole).toBeUndefined();
  });
});
