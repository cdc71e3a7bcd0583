import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { SecureTerraformBootstrapProps } from '../secure-terraform-bootstrap-props';

const SHORTEST_MFA_AGE = 30;
const LONGEST_MFA_AGE = 3600;

/** The props that have no class of their own. */
export function checkProps(scope: IConstruct, props: SecureTerraformBootstrapProps, problems: Problems): void {
  const { prefix = 'terraform', mfaMaxAge, people, accountAlias, unboundedRoles = [], runners = [] } = props;
  if (Token.isUnresolved(prefix))
    problems.add(scope, 'prefix', 'got a value that only the deployment knows, and names are written at synth; write it out');
  else if (!/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/.test(prefix))
    problems.add(
      scope,
      'prefix',
      `got "${prefix}"; give 1 to 20 lower case letters, digits and dashes, that begin with a letter and end with no dash`,
    );
  if (mfaMaxAge?.isUnresolved()) problems.add(scope, 'mfaMaxAge', 'got a value that only the deployment knows; write it out');
  else if (mfaMaxAge) {
    const seconds = mfaMaxAge.toSeconds({ integral: false });
    if (!Number.isInteger(seconds) || seconds < SHORTEST_MFA_AGE || seconds > LONGEST_MFA_AGE)
      problems.add(scope, 'mfaMaxAge', `got ${seconds} seconds; give whole seconds, from ${SHORTEST_MFA_AGE} to ${LONGEST_MFA_AGE}`);
  }
  if (mfaMaxAge && people?._giveCodes === false)
    problems.add(
      scope,
      'mfaMaxAge',
      'is not for people of IAM Identity Center, which asks them for MFA itself and gives sessions that do not tell when; leave it out',
    );
  if (accountAlias !== undefined && !isAccountAlias(accountAlias))
    problems.add(
      scope,
      'accountAlias',
      `got "${accountAlias}"; give 3 to 63 lower case letters, digits and single dashes, that are not all digits and have no dash at an end`,
    );
  for (const role of unboundedRoles) {
    if (Token.isUnresolved(role)) continue;
    if (!/^[\w+=,.@*/-]+$/.test(role) && !/^arn:[\w-]+:iam::(\d{12}|\*):role\/[\w+=,.@*/-]+$/.test(role))
      problems.add(scope, 'unboundedRoles', `got "${role}"; give the name of a role, with its path if it has one, or its ARN`);
  }
  const names = runners.map(({ _name }) => _name);
  for (const name of new Set(names.filter((each, i) => names.indexOf(each) !== i)))
    problems.add(scope, 'runners', `got several named "${name}", whose roles would have the same names; give each a name of its own`);
}

function isAccountAlias(text: string): boolean {
  return /^(?!\d+$)[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$/.test(text);
}
