import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { Problems } from '../validation/problems';

/** AWS takes ten managed policies for a role unless its quota is raised, which can be done up to twenty. */
const MOST_POLICIES = 20;

/** What Terraform may do in the account. Whatever is chosen, the permissions boundary protects the bootstrap from it. */
export abstract class TerraformPermissions {
  /**
   * Everything that the permissions boundary leaves: AWS's policy `AdministratorAccess`.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html#jf_administrator
   */
  public static administrator(): TerraformPermissions {
    return new Given([iam.ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')], true);
  }

  /**
   * Given policies, for accounts in which Terraform manages some services only. The state, its locks and its key are added.
   *
   * Throws when the list is empty, or has more than 20 policies.
   *
   * @param policies the managed policies, up to AWS's quota for a role (10 unless it was raised)
   */
  public static policies(policies: iam.IManagedPolicy[]): TerraformPermissions {
    return new Given(policies, false);
  }

  /** @internal */
  public abstract readonly _administrator: boolean;
  /** @internal */
  public abstract _validate(scope: IConstruct, problems: Problems): void;
  /** @internal */
  public abstract _permit(role: iam.IRole): void;
}

class Given extends TerraformPermissions {
  constructor(
    private readonly policies: readonly iam.IManagedPolicy[],
    public readonly _administrator: boolean,
  ) {
    super();
  }

  public _validate(scope: IConstruct, problems: Problems): void {
    const count = this.policies.length;
    if (count === 0) problems.add(scope, 'permissions', 'got no policy, so Terraform could do nothing; give at least one');
    if (count > MOST_POLICIES)
      problems.add(scope, 'permissions', `got ${count} policies; a role takes ${MOST_POLICIES} at most, so put several into one`);
  }

  public _permit(role: iam.IRole): void {
    for (const policy of this.policies) role.addManagedPolicy(policy);
  }
}
