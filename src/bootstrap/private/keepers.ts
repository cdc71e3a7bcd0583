import * as iam from 'aws-cdk-lib/aws-iam';
import type { Names } from './names';

interface Conditions {
  readonly [operator: string]: { readonly [key: string]: string };
}

/** Holds for everyone but the break-glass role. */
export function exceptBreakGlass(names: Names): Conditions {
  return { ArnNotEquals: { 'aws:PrincipalArn': names.breakGlassRoleArn } };
}

/**
 * Holds for everyone but the break-glass role and CloudFormation, which must never be locked out of what it has to update. Sessions of a
 * role that CloudFormation was given are named `AWSCloudFormation` and carry no `aws:CalledVia`; calls in the name of the user of
 * CloudFormation carry it.
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
 */
export function exceptKeepers(names: Names): Conditions {
  return {
    ...exceptBreakGlass(names),
    StringNotLike: { 'aws:userid': '*:AWSCloudFormation' },
    'ForAllValues:StringNotEquals': { 'aws:CalledVia': 'cloudformation.amazonaws.com' },
  };
}

/**
 * A key outlives mistakes: without it no state can be read. `kms:PutKeyPolicy` is not among these, since KMS refuses a key whose policy might
 * lock its maker out.
 */
export function keepKey(names: Names): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'KeepKey',
    effect: iam.Effect.DENY,
    principals: [new iam.AnyPrincipal()],
    actions: ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DisableKeyRotation', 'kms:DeleteAlias', 'kms:UpdateAlias'],
    // in a key's policy this is the key itself
    resources: ['*'],
    conditions: exceptKeepers(names),
  });
}
