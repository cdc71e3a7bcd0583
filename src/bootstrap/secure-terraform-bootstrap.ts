import { CfnOutput, Duration } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { Problems } from '../validation/problems';
import { BootstrapWatch } from './bootstrap-watch';
import { BreakGlass } from './break-glass';
import { Boundary } from './private/boundary';
import { checkProps } from './private/check-props';
import type { LocksConfig } from './private/locks-config';
import { makeManifest } from './private/manifest';
import { Names } from './private/names';
import { Revocation } from './private/revocation';
import type { StorageConfig } from './private/storage-config';
import { makeTerraformRole } from './private/terraform-role';
import type { SecretStore } from './secret-store';
import type { SecureTerraformBootstrapProps } from './secure-terraform-bootstrap-props';
import { StateLocks } from './state-locks';
import { StateStorage } from './state-storage';
import { TerraformPeople } from './terraform-people';
import { TerraformPermissions } from './terraform-permissions';
import { TerraformSecrets } from './terraform-secrets';
import { type StateOptions, TerraformState } from './terraform-state';

/**
 * What an AWS account needs before its first `terraform init`: encrypted states with locks, a role for Terraform behind MFA with sessions of
 * an hour, people who may only assume it and can end their own sessions, a permissions boundary that keeps all of it, secrets, and a trail.
 *
 * Throws, with all problems at once, when props contradict each other or what AWS takes.
 */
export class SecureTerraformBootstrap extends Construct {
  /** The states of everything but the bootstrap itself. */
  public readonly stateBucket: s3.IBucket;
  /** The states of the Terraform code that manages what belongs to the bootstrap. */
  public readonly bootstrapBucket: s3.IBucket;
  /** The key of both, unless S3 manages it. */
  public readonly stateKey?: kms.IKey;
  /** What people assume. */
  public readonly terraformRole: iam.IRole;
  /** What bounds the terraform role, the roles of the runners, and every role that these make. */
  public readonly boundary: iam.IManagedPolicy;
  /** What may undo the bootstrap, unless there is no such role. */
  public readonly breakGlassRole?: iam.IRole;
  /** All that people may do by themselves: the policy of their group, or what their permission set in IAM Identity Center has to allow. */
  public readonly peoplePolicy: iam.PolicyDocument;
  /** The secrets of Terraform's variables, unless there are to be none. */
  public readonly secrets?: SecretStore;

  private readonly storage: StorageConfig;
  private readonly locks: LocksConfig;

  /**
   * @param scope the stack, or a construct in it
   * @param id unique in the scope
   * @param props none is required
   */
  constructor(scope: Construct, id: string, props: SecureTerraformBootstrapProps = {}) {
    super(scope, id);
    const names = new Names(this, props.prefix ?? 'terraform');
    const chosen = withDefaults(props);
    const problems = new Problems();
    checkProps(this, props, problems);
    chosen.storage._validate(this, problems);
    chosen.permissions._validate(this, problems);
    chosen.people._validate(this, names, problems);
    for (const runner of chosen.runners) runner._validate(this, problems);
    problems.throwIfAny();

    this.storage = chosen.storage._bind(this, { names, problems, nativeLock: chosen.locks._native });
    this.locks = chosen.locks._bind(this);
    this.stateBucket = this.storage.bucket;
    this.bootstrapBucket = this.storage.bootstrapBucket;
    this.stateKey = this.storage.key;
    const secrets = chosen.secrets._bind(this, { names, problems });
    this.secrets = secrets?.store;
    this.breakGlassRole = chosen.breakGlass._bind(this, names);
    const watch = chosen.watch._bind(this, {
      names,
      storage: this.storage,
      locks: this.locks,
      roleArn: names.terraformRoleArn,
      breakGlassArn: this.breakGlassRole && names.breakGlassRoleArn,
      roleNames: chosen.runners.flatMap(({ _name }) => [names.runnerRole(_name, 'plan'), names.runnerRole(_name, 'apply')]),
      problems,
    });

    const boundary = new Boundary(this, names);
    this.boundary = boundary.policy;
    const people = chosen.people._bind(this, { names, mfaMaxAge: chosen.mfaMaxAge });
    this.peoplePolicy = people.policy;
    const role = makeTerraformRole(this, {
      names,
      trust: people.trust,
      boundary: this.boundary,
      permissions: chosen.permissions,
      storage: this.storage,
      locks: this.locks,
    });
    this.terraformRole = role;
    new Revocation(this, 'Revocation', role, people.names, names);
    const runners = chosen.runners.map((runner) =>
      runner._bind(this, {
        names,
        boundary: this.boundary,
        permit: (apply) => chosen.permissions._permit(apply),
        state: (name) => this.state(name),
        problems,
      }),
    );
    boundary.protect({
      storage: this.storage,
      locks: this.locks,
      secrets,
      watch,
      runners,
      unboundedRoles: props.unboundedRoles ?? [],
      problems,
    });
    problems.throwIfAny();
    makeManifest(this, {
      names,
      storage: this.storage,
      locks: this.locks,
      people,
      breakGlass: this.breakGlassRole !== undefined,
      secrets,
      watch,
      accountAlias: props.accountAlias,
    });
    if (props.outputs) this.output();
  }

  /**
   * A state in the bucket of everything, with the grants that its users need.
   *
   * Throws when the name or a workspace is none that a key can have, or that could stand for others in a policy.
   *
   * @param name such as `network/prod`, whose state has the key `network/prod/terraform.tfstate`
   * @param options the workspaces, if not all
   */
  public state(name: string, options: StateOptions = {}): TerraformState {
    return this.stateIn(this.stateBucket, name, options);
  }

  /**
   * A state in the bucket of the bootstrap itself, such as that of the code which manages the account's own settings.
   *
   * Throws as `state` does.
   *
   * @param name such as `account`, whose state has the key `account/terraform.tfstate`
   * @param options the workspaces, if not all
   */
  public bootstrapState(name: string, options: StateOptions = {}): TerraformState {
    return this.stateIn(this.bootstrapBucket, name, options);
  }

  private stateIn(bucket: s3.IBucket, name: string, options: StateOptions): TerraformState {
    const { key, bucketKeys } = this.storage;
    return TerraformState._of(this, name, options, { bucket, key, bucketKeys, locks: this.locks });
  }

  private output(): void {
    const outputs = {
      StateBucketName: this.stateBucket.bucketName,
      BootstrapBucketName: this.bootstrapBucket.bucketName,
      StateKeyArn: this.stateKey?.keyArn,
      LockTableName: this.locks.table?.tableName,
      TerraformRoleArn: this.terraformRole.roleArn,
      BreakGlassRoleArn: this.breakGlassRole?.roleArn,
      BoundaryArn: this.boundary.managedPolicyArn,
      ParameterStoreKeyAlias: this.secrets?.environment.CHAMBER_KMS_KEY_ALIAS,
    };
    for (const [name, value] of Object.entries(outputs)) if (value) new CfnOutput(this, name, { value });
  }
}

function withDefaults(props: SecureTerraformBootstrapProps) {
  return {
    storage: props.storage ?? StateStorage.managed(),
    locks: props.locks ?? StateLocks.lockfile(),
    permissions: props.permissions ?? TerraformPermissions.administrator(),
    mfaMaxAge: props.mfaMaxAge ?? Duration.minutes(5),
    people: props.people ?? TerraformPeople.users([]),
    runners: props.runners ?? [],
    secrets: props.secrets ?? TerraformSecrets.chamber(),
    watch: props.watch ?? BootstrapWatch.trail(),
    breakGlass: props.breakGlass ?? BreakGlass.users(),
  };
}
