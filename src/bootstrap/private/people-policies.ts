import * as iam from 'aws-cdk-lib/aws-iam';
import type { Names } from './names';

/** What `GetSessionToken` and MFA give lasts up to 36 hours; keys and devices ask for MFA of this hour. */
const FRESH = { Bool: { 'aws:MultiFactorAuthPresent': 'true' }, NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '3600' } };

/** The policy of the group: all that a user may do. */
export function peoplePolicy(names: Names): iam.PolicyDocument {
  const self = names.iamArn('user', `\${aws:username}`);
  const unsealed = { Null: { [`aws:PrincipalTag/${names.sealKey}`]: 'true' } };
  return new iam.PolicyDocument({
    statements: [
      assumeTerraformRole(names),
      new iam.PolicyStatement({
        sid: 'ReadSelf',
        actions: ['iam:GetUser', 'iam:ListUserTags', 'iam:ListMFADevices', 'iam:ListAccessKeys'],
        resources: [self],
      }),
      new iam.PolicyStatement({
        sid: 'MakeOwnDevice',
        actions: ['iam:CreateVirtualMFADevice'],
        resources: [names.deviceArn(`\${aws:username}`)],
      }),
      new iam.PolicyStatement({
        sid: 'EnrolFirstDeviceUntilSealed',
        actions: ['iam:EnableMFADevice', 'iam:DeleteVirtualMFADevice'],
        resources: [self, names.deviceArn(`\${aws:username}`)],
        conditions: unsealed,
      }),
      new iam.PolicyStatement({
        sid: 'SealSelf',
        actions: ['iam:TagUser'],
        resources: [self],
        conditions: {
          ...FRESH,
          StringEquals: { [`aws:RequestTag/${names.sealKey}`]: names.sealValue },
          'ForAllValues:StringEquals': { 'aws:TagKeys': [names.sealKey] },
        },
      }),
      new iam.PolicyStatement({
        sid: 'ManageOwnKeysAndDevice',
        actions: [
          'iam:CreateAccessKey',
          'iam:UpdateAccessKey',
          'iam:DeleteAccessKey',
          'iam:EnableMFADevice',
          'iam:ResyncMFADevice',
          'iam:DeactivateMFADevice',
          'iam:DeleteVirtualMFADevice',
        ],
        resources: [self, names.deviceArn(`\${aws:username}`)],
        conditions: FRESH,
      }),
      ...endOwnSessions(names, `\${aws:username}`),
      new iam.PolicyStatement({
        sid: 'NothingElseWithoutMfa',
        effect: iam.Effect.DENY,
        notActions: [
          'iam:CreateVirtualMFADevice',
          'iam:DeleteVirtualMFADevice',
          'iam:EnableMFADevice',
          'iam:GetUser',
          'iam:ListUserTags',
          'iam:ListMFADevices',
          'iam:ListAccessKeys',
          'sts:AssumeRole',
          'sts:GetSessionToken',
          'sts:GetCallerIdentity',
          'states:StartExecution',
          'states:DescribeExecution',
        ],
        // whatever other policies allow a user
        resources: ['*'],
        conditions: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
      }),
    ],
  });
}

/** What the permission set of people in IAM Identity Center has to allow. */
export function permissionSetPolicy(names: Names, attribute: string): iam.PolicyDocument {
  const person = `\${aws:PrincipalTag/${attribute}}`;
  return new iam.PolicyDocument({ statements: [assumeTerraformRole(names), ...endOwnSessions(names, person)] });
}

function assumeTerraformRole(names: Names): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid: 'AssumeTerraformRole', actions: ['sts:AssumeRole'], resources: [names.terraformRoleArn] });
}

/** Without MFA, so that a stolen session can be ended at once, from any device. */
function endOwnSessions(names: Names, person: string): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'EndOwnSessions',
      actions: ['states:StartExecution'],
      resources: [names.stateMachineArn(person)],
    }),
    new iam.PolicyStatement({
      sid: 'SeeThatTheyEnded',
      actions: ['states:DescribeExecution'],
      resources: [names.executionArn(person)],
    }),
  ];
}
