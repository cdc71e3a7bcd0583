import type { Duration } from 'aws-cdk-lib';
import type { BootstrapWatch } from './bootstrap-watch';
import type { BreakGlass } from './break-glass';
import type { StateLocks } from './state-locks';
import type { StateStorage } from './state-storage';
import type { TerraformPeople } from './terraform-people';
import type { TerraformPermissions } from './terraform-permissions';
import type { TerraformRunner } from './terraform-runner';
import type { TerraformSecrets } from './terraform-secrets';

/** What an account gets before its first `terraform init`. Each default is the safe choice, and none is required. */
export interface SecureTerraformBootstrapProps {
  /**
   * The first part of every name, and the IAM path, of what is made: lower case letters, digits and dashes, 20 characters at most. A second
   * bootstrap in the account needs another one. Throws when it has other characters.
   *
   * @default 'terraform'
   */
  readonly prefix?: string;

  /**
   * Where states are kept.
   *
   * @default - `StateStorage.managed()`: two buckets that are made, with a key, versions and access logs
   */
  readonly storage?: StateStorage;

  /**
   * How two runs on one state are kept apart.
   *
   * @default - `StateLocks.lockfile()`: Terraform 1.11 and OpenTofu 1.10 keep the lock beside the state
   */
  readonly locks?: StateLocks;

  /**
   * What the terraform role may do.
   *
   * @default - `TerraformPermissions.administrator()`: all that the permissions boundary leaves
   */
  readonly permissions?: TerraformPermissions;

  /**
   * How long ago a person may have given an MFA code when they assume the terraform role, in whole seconds. It is for users: IAM Identity
   * Center asks for MFA itself, and its sessions carry no MFA context that the role could look at. Throws when it is under 30 seconds or
   * over 1 hour, and when it is given together with `TerraformPeople.identityCenter`.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage
   * @default - 5 minutes for users; people of IAM Identity Center have none
   */
  readonly mfaMaxAge?: Duration;

  /**
   * Who runs Terraform.
   *
   * @default - `TerraformPeople.users([])`: the group is made, and has nobody in it
   */
  readonly people?: TerraformPeople;

  /**
   * Pipelines that run Terraform, with a role for plans and one for applies each. Throws when two have the same name.
   *
   * @default - none
   */
  readonly runners?: TerraformRunner[];

  /**
   * Where the secrets of Terraform's variables are kept.
   *
   * @default - `TerraformSecrets.chamber()`: Parameter Store, with a key that is made
   */
  readonly secrets?: TerraformSecrets;

  /**
   * How the use of states and roles is recorded, and what raises an alarm.
   *
   * @default - `BootstrapWatch.trail()`: a trail that is made, with its alarms
   */
  readonly watch?: BootstrapWatch;

  /**
   * Who may do in an emergency what the terraform role may not.
   *
   * @default - `BreakGlass.users()`: IAM users under a path of their own, of whom there is none yet
   */
  readonly breakGlass?: BreakGlass;

  /**
   * Names or ARNs of roles that exist and can do more than the permissions boundary leaves, such as an administrator's: Terraform can
   * neither assume, pass nor change them. Those that the CDK, AWS Organizations, Control Tower, StackSets and IAM Identity Center make are
   * there already. Throws when one is neither a name with its path nor an ARN, and when they make the boundary longer than AWS lets a
   * policy be.
   *
   * @default - none but those
   */
  readonly unboundedRoles?: string[];

  /**
   * The alias of the account, in its sign-in address. CloudFormation has no such resource: `npx cdk-atlantis bootstrap init` sets it.
   * Throws when it is no account alias.
   *
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html
   * @default - as it is
   */
  readonly accountAlias?: string;

  /**
   * Whether the names of buckets, roles and keys become outputs of the stack, beside the one that the command reads.
   *
   * @default false
   */
  readonly outputs?: boolean;
}
