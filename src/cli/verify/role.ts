import { GetPolicyCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { type Access, roleName } from '../aws/access';
import type { Manifest } from '../manifest/manifest';
import { asked, type Check, decoded, listOf, type Statement, statementsOf, unless } from './check';

const LONGEST = 3600;
/** A policy variable. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: IAM fills it
const OWN_NAME = '${aws:username}';
/** The variable of an attribute that Identity Center passes on. */
const OWN_ATTRIBUTE = /^\$\{aws:PrincipalTag\/[^{}]+\}$/;
/** The roles of one permission set, which begin with its name. */
const PERMISSION_SET = /:role\/aws-reserved\/sso\.amazonaws\.com\/(\*\/|[a-z0-9-]+\/)?AWSReservedSSO_[^*?]/;

export function roleChecks(access: Access, manifest: Manifest): Check[] {
  const iam = new IAMClient(access);
  const read = async () => (await iam.send(new GetRoleCommand({ RoleName: roleName(manifest) }))).Role;
  return [
    {
      what: `the role ${manifest.role} is bounded, for an hour at most`,
      async find() {
        const role = await read();
        return [
          ...unless(role?.Arn === manifest.role, `its ARN is ${role?.Arn}`),
          ...unless(role?.PermissionsBoundary?.PermissionsBoundaryArn === manifest.boundary, `its boundary is not ${manifest.boundary}`),
          ...unless((role?.MaxSessionDuration ?? LONGEST) <= LONGEST, 'its sessions may last longer than an hour'),
        ];
      },
    },
    {
      what: 'the trust policy of the role',
      find: async () => trustProblems(statementsOf(decoded((await read())?.AssumeRolePolicyDocument)), manifest),
    },
    {
      what: `the boundary ${manifest.boundary}`,
      find: async () =>
        unless((await iam.send(new GetPolicyCommand({ PolicyArn: manifest.boundary }))).Policy !== undefined, 'it is not there'),
    },
  ];
}

/** What the trust of people has to ask. Every statement that lets them in has to ask all of it. */
export function trustProblems(statements: readonly Statement[], { people }: Manifest): string[] {
  const allowed = statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes('sts:AssumeRole'));
  if (allowed.length === 0) return ['nobody may assume the role'];
  if (people.kind === 'identityCenter') return allowed.flatMap(identityCenterProblems);
  const { mfaMaxAge = 0 } = people;
  return allowed.flatMap((statement) => [
    ...unless(
      asked(statement, /^(Arn|String)Like/, 'aws:PrincipalArn').every((arn) => arn.includes(`:user${people.path}`)) &&
        asked(statement, /^(Arn|String)Like/, 'aws:PrincipalArn').length > 0,
      `it does not ask for a user under ${people.path}`,
    ),
    ...unless(asked(statement, /^Bool$/, 'aws:MultiFactorAuthPresent').includes('true'), 'it does not ask for MFA'),
    ...unless(
      asked(statement, /^NumericLessThan(Equals)?$/, 'aws:MultiFactorAuthAge').some((age) => Number(age) <= mfaMaxAge),
      `it does not ask for a code of the last ${mfaMaxAge} seconds`,
    ),
    ...unless(asked(statement, /^StringEquals$/, 'sts:RoleSessionName').includes(OWN_NAME), 'sessions need not be named as the user'),
    ...unless(
      asked(statement, /^StringEquals$/, `aws:PrincipalTag/${people.sealKey}`).includes(people.sealValue),
      `it does not ask for the seal ${people.sealKey}`,
    ),
  ]);
}

function identityCenterProblems(statement: Statement): string[] {
  const arns = asked(statement, /^(Arn|String)(Like|Equals)$/, 'aws:PrincipalArn');
  const names = asked(statement, /^StringEquals$/, 'sts:RoleSessionName');
  return [
    ...unless(
      arns.length > 0 && arns.every((arn) => PERMISSION_SET.test(arn)),
      'it does not ask for the role of a permission set of IAM Identity Center',
    ),
    ...unless(names.length > 0 && names.every((name) => OWN_ATTRIBUTE.test(name)), 'sessions need not be named as the person'),
  ];
}
