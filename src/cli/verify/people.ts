import {
  GetGroupPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListAttachedGroupPoliciesCommand,
  ListGroupPoliciesCommand,
  paginateGetGroup,
  type User,
} from '@aws-sdk/client-iam';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Access } from '../aws/access';
import { isSealed } from '../aws/device';
import { enabledDevice } from '../aws/session';
import type { Manifest } from '../manifest/manifest';
import { type Check, decoded, listOf, type Statement, statementsOf, unless } from './check';

export function peopleChecks(access: Access, manifest: Manifest): Check[] {
  const { group } = manifest.people;
  if (group === undefined) return [];
  const iam = new IAMClient(access);
  return [
    {
      what: `the policies of the group ${group}`,
      find: async () => groupProblems(await policiesOf(iam, group), manifest),
    },
    {
      what: `the people of the group ${group}`,
      async find() {
        const users: User[] = [];
        for await (const { Users = [] } of paginateGetGroup({ client: iam }, { GroupName: group })) users.push(...Users);
        const problems = await Promise.all(users.map((user) => personProblems(access, manifest, user)));
        return users.length === 0 ? ['nobody is in it'] : problems.flat();
      },
    },
  ];
}

async function policiesOf(iam: IAMClient, GroupName: string): Promise<Statement[]> {
  const { PolicyNames = [] } = await iam.send(new ListGroupPoliciesCommand({ GroupName }));
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedGroupPoliciesCommand({ GroupName }));
  const inline = PolicyNames.map(
    async (PolicyName) => (await iam.send(new GetGroupPolicyCommand({ GroupName, PolicyName }))).PolicyDocument,
  );
  const attached = AttachedPolicies.map(async ({ PolicyArn }) => {
    const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
    return (await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }))).PolicyVersion?.Document;
  });
  return (await Promise.all([...inline, ...attached])).flatMap((document) => statementsOf(decoded(document)));
}

/** What members of the group may and may not do: assume this one role, and nothing without MFA. */
export function groupProblems(statements: readonly Statement[], { role }: Manifest): string[] {
  const allowed = statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes('sts:AssumeRole'));
  const roles = allowed.flatMap(({ Resource }) => listOf(Resource));
  const deniesWithoutMfa = statements.some(
    ({ Effect, NotAction, Condition }) =>
      Effect === 'Deny' && NotAction !== undefined && String(Condition?.BoolIfExists?.['aws:MultiFactorAuthPresent']) === 'false',
  );
  return [
    ...unless(roles.includes(role), `they do not allow to assume ${role}`),
    ...unless(
      roles.every((each) => each === role),
      `they allow to assume other roles: ${roles.filter((each) => each !== role).join(', ')}`,
    ),
    ...unless(deniesWithoutMfa, 'they do not refuse everything else without MFA'),
    ...unless(!statements.some(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes('*')), 'they allow everything'),
  ];
}

async function personProblems(access: Access, manifest: Manifest, { UserName = '', Path }: User): Promise<string[]> {
  const { people, revocation } = manifest;
  const stateMachineArn = `${revocation.stateMachine}${UserName}`;
  const canRevoke = await new SFNClient(access).send(new DescribeStateMachineCommand({ stateMachineArn })).then(
    () => true,
    () => false,
  );
  return [
    ...unless(Path === people.path, `${UserName} is not under ${people.path}`),
    ...unless((await enabledDevice(access, UserName)) !== undefined, `${UserName} has no MFA device: run "bootstrap enroll"`),
    ...unless(await isSealed(access, manifest, UserName), `${UserName} is not sealed: run "bootstrap enroll"`),
    ...unless(canRevoke, `the sessions of ${UserName} cannot be ended: ${stateMachineArn} is not there`),
  ];
}
