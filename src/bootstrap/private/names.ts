import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The names that people, policies and the command know before anything is deployed. They are written out, since a policy that names what
 * itself depends on the policy could not be deployed.
 */
export class Names {
  /** The IAM path of all that the bootstrap makes. */
  readonly path: string;
  readonly terraformRole: string;
  readonly breakGlassRole: string;
  readonly boundary: string;
  readonly group: string;
  readonly revoker: string;
  /** The tag of a user whose first MFA device was enrolled, after which no other can be without MFA. */
  readonly sealKey: string;
  readonly sealValue = 'sealed';
  /** The tag of CloudFormation stacks that Terraform may update, since they are deployed with no role of their own. */
  readonly stackTag: string;

  constructor(
    private readonly scope: IConstruct,
    readonly prefix: string,
  ) {
    this.path = `/${prefix}/`;
    this.terraformRole = prefix;
    this.breakGlassRole = `${prefix}-break-glass`;
    this.boundary = `${prefix}-boundary`;
    this.group = prefix;
    this.revoker = `${prefix}-revoker`;
    this.sealKey = `${prefix}-mfa`;
    this.stackTag = `${prefix}-stack`;
  }

  get terraformRoleArn(): string {
    return this.iamArn('role', this.terraformRole);
  }

  get breakGlassRoleArn(): string {
    return this.iamArn('role', this.breakGlassRole);
  }

  get boundaryArn(): string {
    return this.iamArn('policy', this.boundary);
  }

  /** The users who may break the glass. */
  get emergencyUsers(): string {
    return this.arn('iam', 'user', `${this.breakGlassRole}/*`);
  }

  /** Roles, policies, groups and users of the bootstrap, and the users who may break the glass. IAM takes no wildcard for the kind. */
  get allIdentities(): string[] {
    return [...(['role', 'policy', 'group', 'user'] as const).map((kind) => this.iamArn(kind, '*')), this.emergencyUsers];
  }

  /** An IAM resource under the path of the bootstrap; `*` for all of a kind. */
  public iamArn(kind: 'role' | 'user' | 'group' | 'policy', name: string): string {
    return this.arn('iam', kind, `${this.prefix}/${name}`);
  }

  /** The virtual MFA device of a user, which AWS gives no path unless it is asked for one. */
  public deviceArn(user: string): string {
    return this.arn('iam', 'mfa', user);
  }

  /** The state machine that ends the sessions of one person. */
  public stateMachine(user: string): string {
    return `${this.prefix}-revoke-${user}`;
  }

  public stateMachineArn(user: string): string {
    return this.statesArn('stateMachine', this.stateMachine(user));
  }

  /** All executions of a person's state machine. */
  public executionArn(user: string): string {
    return this.statesArn('execution', `${this.stateMachine(user)}:*`);
  }

  /** The role of a machine. */
  public runnerRole(runner: string, kind: 'plan' | 'apply'): string {
    return `${this.prefix}-${runner}-${kind}`;
  }

  private arn(service: string, resource: string, resourceName: string): string {
    return Stack.of(this.scope).formatArn({ service, region: '', resource, resourceName });
  }

  private statesArn(resource: string, resourceName: string): string {
    return Stack.of(this.scope).formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  }
}
