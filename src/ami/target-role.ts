import type { IRole } from 'aws-cdk-lib/aws-iam';

/**
 * A role that Terraform assumes to apply. The instance's own role may assume it and do nothing else, and is out of a plan's reach: a helper
 * that is root's assumes the role and gives sessions of an hour, the longest that AWS allows one role to get from another.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export interface TargetRole {
  /** The profile in the server's AWS configuration: `profile = "production"` in the provider. Letters, digits, `_` and `-`. */
  readonly name: string;

  /** The role, of this account or by `Role.fromRoleArn` of another one. Its trust policy has to name the instance's role. */
  readonly role: IRole;

  /**
   * The external id that the role's trust policy asks for. A plan can read it.
   *
   * @default - none is sent
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
   */
  readonly externalId?: string;

  /**
   * Whether this is the role where Terraform names no profile. One role can be that.
   *
   * @default false
   */
  readonly isDefault?: boolean;
}
