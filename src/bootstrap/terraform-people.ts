import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { Names } from './private/names';
import type { PeopleConfig, PeopleContext } from './private/people-config';
import { checkPeople } from './private/people-names';
import { peoplePolicy, permissionSetPolicy } from './private/people-policies';

/** The characters that Identity Center adds to the name of a role. */
const IDENTITY_CENTER_ID = 16;

/** What IAM Identity Center has to be told apart from the people themselves. */
export interface IdentityCenterPeopleProps {
  /** The name of the permission set that the people sign in with, such as `TerraformOperator`. */
  readonly permissionSet: string;
  /** Their user names in Identity Center, such as `martin.rosselle@example.com`. */
  readonly people: string[];
  /**
   * The attribute for access control that holds the user name. Identity Center has to pass it on: Settings, Attributes for access control,
   * with the value `${path:userName}`.
   *
   * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/abac.html
   * @default 'userName'
   */
  readonly userNameAttribute?: string;
}

/** Who runs Terraform. None of them can do anything but assume the terraform role, and look after their own keys and MFA device. */
export abstract class TerraformPeople {
  /**
   * IAM users that are made here, in the group and under the path of the bootstrap. They have no password and no key: an administrator
   * makes the first key with `npx cdk-atlantis bootstrap enroll --issue USER`, and the person replaces it.
   *
   * Throws when a name is given twice, is no IAM user name, has a comma, is shorter than 2 characters, or is too long for the state
   * machine that ends the sessions of its user; and when there are more people than the terraform role can hold revocations of.
   *
   * @param names such as `martin.rosselle.terraform`
   */
  public static users(names: string[]): TerraformPeople {
    return new Users(names, true);
  }

  /**
   * IAM users that exist. They are put into the group; to be trusted they have to be under the path of the bootstrap, `/<prefix>/`.
   *
   * Throws as `users` does.
   *
   * @param names such as `martin.rosselle.terraform`
   */
  public static existingUsers(names: string[]): TerraformPeople {
    return new Users(names, false);
  }

  /**
   * People of IAM Identity Center, who have no keys at all: Identity Center asks them for MFA and gives them the sessions from which they
   * assume the terraform role. Those sessions carry no MFA context, so `mfaMaxAge` cannot be given with them. What their permission set
   * has to allow is the construct's `peoplePolicy`.
   *
   * Throws as `users` does, and when the permission set or the attribute has characters that their names cannot have.
   *
   * @see https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
   */
  public static identityCenter(props: IdentityCenterPeopleProps): TerraformPeople {
    return new IdentityCenter(props);
  }

  /** @internal */
  public abstract readonly _giveCodes: boolean;
  /** @internal */
  public abstract _validate(scope: IConstruct, names: Names, problems: Problems): void;
  /** @internal */
  public abstract _bind(scope: Construct, context: PeopleContext): PeopleConfig;
}

class Users extends TerraformPeople {
  public readonly _giveCodes = true;

  constructor(
    private readonly people: readonly string[],
    private readonly made: boolean,
  ) {
    super();
  }

  public _validate(scope: IConstruct, names: Names, problems: Problems): void {
    checkPeople(scope, this.people, names, problems);
  }

  public _bind(scope: Construct, { names, mfaMaxAge }: PeopleContext): PeopleConfig {
    const group = new iam.Group(scope, 'Group', { groupName: names.group, path: names.path });
    const policy = peoplePolicy(names);
    new iam.Policy(scope, 'GroupPolicy', { policyName: names.group, document: policy, groups: [group] });
    if (this.made)
      for (const user of this.people) new iam.User(scope, `User${user}`, { userName: user, path: names.path }).node.addDependency(group);
    if (this.people.length > 0) {
      // Apart from the users, so that whoever is taken from the list leaves the group even when a key of theirs keeps the user from being deleted.
      const membership = new iam.CfnUserToGroupAddition(scope, 'Membership', { groupName: group.groupName, users: [...this.people] });
      membership.node.addDependency(...scope.node.children.filter((child) => child instanceof iam.User));
    }
    const trust = new iam.AccountRootPrincipal().withConditions({
      ArnLike: { 'aws:PrincipalArn': names.iamArn('user', '*') },
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThanEquals: { 'aws:MultiFactorAuthAge': `${mfaMaxAge.toSeconds()}` },
      StringEquals: { 'sts:RoleSessionName': `\${aws:username}`, [`aws:PrincipalTag/${names.sealKey}`]: names.sealValue },
    });
    return { kind: 'users', names: this.people, trust, policy, group, mfaMaxAge };
  }
}

class IdentityCenter extends TerraformPeople {
  public readonly _giveCodes = false;
  private readonly attribute: string;

  constructor(private readonly props: IdentityCenterPeopleProps) {
    super();
    this.attribute = props.userNameAttribute ?? 'userName';
  }

  public _validate(scope: IConstruct, names: Names, problems: Problems): void {
    const { permissionSet, people } = this.props;
    checkPeople(scope, people, names, problems);
    if (!Token.isUnresolved(permissionSet) && !/^[\w+=,.@-]{1,32}$/.test(permissionSet))
      problems.add(
        scope,
        'people.permissionSet',
        `got "${permissionSet}"; give the name of a permission set, of 1 to 32 letters, digits and +=,.@-_`,
      );
    if (!/^[\w.:/=+@-]{1,128}$/.test(this.attribute))
      problems.add(scope, 'people.userNameAttribute', `got "${this.attribute}"; give the key of an attribute for access control`);
  }

  public _bind(scope: Construct, { names }: PeopleContext): PeopleConfig {
    // by its length, the id that Identity Center adds is no longer name of another permission set
    const named = `AWSReservedSSO_${this.props.permissionSet}_${'?'.repeat(IDENTITY_CENTER_ID)}`;
    const role = (path: string) =>
      Stack.of(scope).formatArn({ service: 'iam', region: '', resource: 'role', resourceName: `aws-reserved/sso.amazonaws.com/${path}` });
    const trust = new iam.AccountRootPrincipal().withConditions({
      // in the home region of Identity Center the path has no region
      ArnLike: { 'aws:PrincipalArn': [role(named), role(`*/${named}`)] },
      StringEquals: { 'sts:RoleSessionName': `\${aws:PrincipalTag/${this.attribute}}` },
    });
    return { kind: 'identityCenter', names: this.props.people, trust, policy: permissionSetPolicy(names, this.attribute) };
  }
}
