import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { Problems } from '../validation/problems';
import type { LocksConfig } from './private/locks-config';
import { grantAll, StateGrants } from './private/state-grants';
import { checkStateName, keyOf } from './private/state-names';
import { checkWorkspacesApart } from './private/workspaces-apart';

/** What of a state is meant. */
export interface StateOptions {
  /**
   * The workspaces, `default` for the one that Terraform starts in.
   *
   * All workspaces cannot be told, in a policy, from those of states whose names end in `/` and this name: `prod` reaches the workspaces,
   * but not the default one, of `network/prod`. When both are named in an app, it has to name the workspaces of the shorter one.
   *
   * @default - all
   */
  readonly workspaces?: string[];
}

/** Where a state is, and who locks it. */
interface StateParts {
  readonly bucket: s3.IBucket;
  readonly key?: kms.IKey;
  readonly locks: LocksConfig;
  /** Whether S3 is known to use a bucket key; without, grants allow KMS for the bucket and for each object. */
  readonly bucketKeys?: boolean;
}

/**
 * One state of Terraform, in each of its workspaces, and what it takes to use it. Who is granted more than another holds all of the
 * other's. Each also lists the bucket, which shows the names of other states, but nothing of what they hold.
 *
 * The permissions are those that Terraform 1.11 and OpenTofu 1.12 were seen to need.
 *
 * @see https://developer.hashicorp.com/terraform/language/backend/s3#permissions-required
 */
export class TerraformState {
  /** @internal */
  public static _of(scope: IConstruct, name: string, options: StateOptions, parts: StateParts): TerraformState {
    const problems = new Problems();
    const { workspaces } = options;
    checkStateName(scope, name, workspaces, problems);
    problems.throwIfAny();
    checkWorkspacesApart(scope, parts.bucket, name, workspaces === undefined, problems);
    problems.throwIfAny();
    const { bucket, key: kmsKey, locks, bucketKeys = false } = parts;
    const key = keyOf(name);
    return new TerraformState(key, bucket, new StateGrants({ name, key, workspaces, bucket, kmsKey, bucketKeys, locks }));
  }

  private constructor(
    /** The state's object in the default workspace, `key` of the backend; in others it is under `env:/WORKSPACE/`. */
    public readonly key: string,
    /** The bucket that it is in. */
    public readonly bucket: s3.IBucket,
    private readonly grants: StateGrants,
  ) {}

  /** To read the state, as `terraform_remote_state` does, or `terraform plan -lock=false`. */
  public grantRead(grantee: iam.IGrantable): iam.Grant {
    return grantAll(grantee, this.grants.read());
  }

  /** To plan: to read the state and to lock it. The state cannot be written. */
  public grantPlan(grantee: iam.IGrantable): iam.Grant {
    return grantAll(grantee, this.grants.plan());
  }

  /** To plan and apply: to write the state too. It cannot be deleted. */
  public grantApply(grantee: iam.IGrantable): iam.Grant {
    return grantAll(grantee, this.grants.apply());
  }

  /** To apply, to delete workspaces other than the default one, and to list and read older versions. No version can be deleted. */
  public grantAdminister(grantee: iam.IGrantable): iam.Grant {
    return grantAll(grantee, this.grants.administer());
  }
}
