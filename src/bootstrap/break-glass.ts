import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Names } from './private/names';

/**
 * Who may do what nobody may day by day: delete versions of a state, change the bootstrap, end a lock-out. Every use of the role raises an
 * alarm.
 */
export abstract class BreakGlass {
  /**
   * IAM users under the path `/<prefix>-break-glass/`, with MFA that is five minutes old at most. No such user is made: an administrator
   * makes one when it is needed, and deletes it afterwards.
   *
   * @see https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_emergency_process.html
   */
  public static users(): BreakGlass {
    return new Trusting(({ emergencyUsers }) =>
      new iam.AccountRootPrincipal().withConditions({
        ArnLike: { 'aws:PrincipalArn': emergencyUsers },
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '300' },
        StringEquals: { 'sts:RoleSessionName': `\${aws:username}` },
      }),
    );
  }

  /**
   * A given principal, such as a role of the organization's security account. It brings its own conditions: the sessions of a role carry
   * no MFA context.
   *
   * @param principal who may assume the role
   */
  public static principal(principal: iam.IPrincipal): BreakGlass {
    return new Trusting(() => principal);
  }

  /** Nobody. What the role could do is left to whoever may deploy the stack. */
  public static none(): BreakGlass {
    return new Nobody();
  }

  /** @internal */
  public abstract _bind(scope: Construct, names: Names): iam.Role | undefined;
}

class Trusting extends BreakGlass {
  constructor(private readonly trusted: (names: Names) => iam.IPrincipal) {
    super();
  }

  public _bind(scope: Construct, names: Names): iam.Role {
    return new iam.Role(scope, 'BreakGlassRole', {
      roleName: names.breakGlassRole,
      path: names.path,
      description: 'Everything, for emergencies only: each use raises an alarm',
      assumedBy: this.trusted(names),
      maxSessionDuration: Duration.hours(1),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
    });
  }
}

class Nobody extends BreakGlass {
  public _bind(): undefined {
    return undefined;
  }
}
