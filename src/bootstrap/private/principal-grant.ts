import * as iam from 'aws-cdk-lib/aws-iam';

/** One statement of a policy of whom it is granted to. */
export interface PrincipalPermission {
  readonly sid: string;
  readonly actions: string[];
  readonly resourceArns: string[];
  readonly conditions?: { [operator: string]: { [key: string]: unknown } };
}

/** A grant whose statement has an id, for which `iam.Grant` has no option. */
export function grantToPrincipal(grantee: iam.IGrantable, { sid, actions, resourceArns, conditions }: PrincipalPermission): iam.Grant {
  const grant = iam.Grant.addToPrincipal({ grantee, actions, resourceArns, conditions });
  for (const statement of grant.principalStatements) statement.sid = sid;
  return grant;
}
