import { TerraformPeople } from '../../../src';
import { MOST_REVOCATIONS, revocation, revocationCharacters } from '../../../src/bootstrap/private/revocation-policy';
import { deployed, ROLE_ID } from '../../fargate/resolved';
import { ACCOUNT, onlyResource, resourcesOf } from '../../synthesized';
import { bootstrapped } from '../bootstrapped';
import { ALL, isAllowed } from '../simulated';

const MARTIN = 'martin.rosselle.terraform';
const ANNA = 'anna.terraform';
const { template } = bootstrapped(() => ({ people: TerraformPeople.users([MARTIN, ANNA]) }));

const machines = Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).map(({ Properties }) => ({
  name: Properties.StateMachineName,
  definition: JSON.parse(deployed(template, Properties.DefinitionString)),
}));
const martins = machines.find(({ name }) => name === `terraform-revoke-${MARTIN}`)?.definition;

describe('the state machine of a person', () => {
  test('there is one for each', () => {
    expect(machines.map(({ name }) => name).sort()).toEqual([`terraform-revoke-${ANNA}`, `terraform-revoke-${MARTIN}`]);
  });

  test('writes a policy that names its person, and reads nothing of its input', () => {
    expect(martins.States.WritePolicy.Parameters.policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Ended',
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:userid': `${ROLE_ID}:${MARTIN}` },
            DateLessThan: { 'aws:TokenIssueTime.$': '$$.State.EnteredTime' },
          },
        },
      ],
    });
    expect(martins.States.PutPolicy.Parameters).toMatchObject({
      PolicyName: `revoked-${MARTIN}`,
      'PolicyDocument.$': 'States.JsonToString($.policy)',
    });
    expect(martins.States.PutPolicy.Resource).toContain('aws-sdk:iam:putRolePolicy');
    expect(JSON.stringify(martins)).not.toMatch(/"\$(\.(?!policy)|")/);
  });

  test('may write policies of the terraform role, and nothing else', async () => {
    const roles = Object.entries(resourcesOf(template, 'AWS::IAM::Role'));
    const [[revokerId, revoker]] = roles.filter(([, { Properties }]) => Properties.RoleName === 'terraform-revoker');
    const [[id]] = roles.filter(([, { Properties }]) => Properties.RoleName === 'terraform');
    const policies = revoker.Properties.Policies.map((policy: { PolicyDocument: unknown }) => deployed(template, policy.PolicyDocument));
    const may = (action: string, resource: string) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-revoker`, action, resource, policies });
    expect(await may('iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/${id}`)).toBe(true);
    expect(await may('iam:PutRolePolicy', `arn:aws:iam::${ACCOUNT}:role/another`)).toBe(false);
    expect(await may('iam:AttachRolePolicy', `arn:aws:iam::${ACCOUNT}:role/${id}`)).toBe(false);
    const attached = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).flatMap(({ Properties }) => Properties.Roles ?? []);
    expect(attached.filter((role: { Ref: string }) => role.Ref === revokerId)).toEqual([]);
  });
});

describe('a revocation', () => {
  const ended = revocation(ROLE_ID, MARTIN, '2026-11-21T12:00:00.000Z');
  const session = (person: string, issued: string) =>
    isAllowed({
      principal: `arn:aws:sts::${ACCOUNT}:assumed-role/terraform/${person}`,
      action: 'ec2:DescribeInstances',
      resource: '*',
      context: { 'aws:userid': `${ROLE_ID}:${person}`, 'aws:TokenIssueTime': issued },
      policies: [ALL, ended],
    });

  test('ends the sessions of its person that were begun before', async () => {
    expect(await session(MARTIN, '2026-11-21T11:59:59Z')).toBe(false);
  });

  test('leaves a session that was begun later', async () => {
    expect(await session(MARTIN, '2026-11-21T12:00:01Z')).toBe(true);
  });

  test('leaves the sessions of others', async () => {
    expect(await session(ANNA, '2026-11-21T11:00:00Z')).toBe(true);
    expect(await session(`${MARTIN}2`, '2026-11-21T11:00:00Z')).toBe(true);
  });
});

describe('what is declared', () => {
  const declared = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).filter(({ Properties }) =>
    /^revoked-/.test(Properties.PolicyName),
  );

  test('has the name that the state machine writes, and ends no session', () => {
    expect(declared.map(({ Properties }) => Properties.PolicyName).sort()).toEqual([`revoked-${ANNA}`, `revoked-${MARTIN}`]);
    for (const { Properties } of declared)
      expect(Properties.PolicyDocument.Statement[0].Condition.DateLessThan).toEqual({ 'aws:TokenIssueTime': '1970-01-01T00:00:00Z' });
  });

  test('is the same in the template of every deployment', () => {
    const again = bootstrapped(() => ({ people: TerraformPeople.users([MARTIN, ANNA, 'new.person']) })).template;
    for (const [id, policy] of Object.entries(resourcesOf(template, 'AWS::IAM::Policy')))
      if (/^revoked-/.test(policy.Properties.PolicyName)) expect(resourcesOf(again, 'AWS::IAM::Policy')[id]).toEqual(policy);
  });

  test('the role holds those of 35 people of such names', () => {
    expect(35 * revocationCharacters(MARTIN)).toBeLessThanOrEqual(MOST_REVOCATIONS);
  });
});

test('nobody to revoke needs no role that revokes', () => {
  const nobody = bootstrapped().template;
  expect(Object.keys(resourcesOf(nobody, 'AWS::StepFunctions::StateMachine'))).toEqual([]);
  expect(() => onlyResource(nobody, 'AWS::StepFunctions::StateMachine')).toThrow();
});
