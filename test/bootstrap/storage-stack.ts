import { App, type Environment, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { StateLocks, type StateOptions, StateStorage, TerraformState } from '../../src';
import type { LocksConfig } from '../../src/bootstrap/private/locks-config';
import { Names } from '../../src/bootstrap/private/names';
import type { StorageConfig } from '../../src/bootstrap/private/storage-config';
import { Problems } from '../../src/validation/problems';
import { deployed, policiesOf } from '../fargate/resolved';
import { ACCOUNT, REGION, type Resource, resourcesOf } from '../synthesized';
import { isAllowed } from './simulated';

export const BREAK_GLASS = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-break-glass`;

export class Stored {
  readonly names: Names;
  readonly config: StorageConfig;
  readonly locks: LocksConfig;
  private made?: Template;

  constructor(
    readonly stack: Stack,
    storage: StateStorage,
    locks: StateLocks,
  ) {
    this.names = new Names(stack, 'terraform');
    const problems = new Problems();
    storage._validate(stack, problems);
    problems.throwIfAny();
    this.config = storage._bind(stack, { names: this.names, problems, nativeLock: locks._native });
    this.locks = locks._bind(stack);
  }

  /** Of the stack, once all is in it. */
  get template(): Template {
    this.made ??= Template.fromStack(this.stack);
    return this.made;
  }

  public state(name: string, options: StateOptions = {}, bucket: s3.IBucket = this.config.bucket): TerraformState {
    const { key, bucketKeys } = this.config;
    return TerraformState._of(this.stack, name, options, { bucket, key, bucketKeys, locks: this.locks });
  }

  public role(id: string): iam.Role {
    return new iam.Role(this.stack, id, { assumedBy: new iam.AccountRootPrincipal() });
  }

  /** The policies of a role, as they are after deployment. */
  public policies(role: iam.IRole): object[] {
    return policiesOf(this.template, this.idOf(role));
  }

  public idOf(resource: iam.IRole | s3.IBucket): string {
    return this.stack.getLogicalId(resource.node.defaultChild as iam.CfnRole);
  }

  public bucketArn(bucket: s3.IBucket): string {
    return deployed(this.template, this.stack.resolve(bucket.bucketArn));
  }

  public bucket(bucket: s3.IBucket): Resource {
    return resourcesOf(this.template, 'AWS::S3::Bucket')[this.idOf(bucket)];
  }

  public bucketPolicyResource(bucket: s3.IBucket): Resource {
    const policies = Object.values(resourcesOf(this.template, 'AWS::S3::BucketPolicy'));
    const found = policies.find(({ Properties }) => Properties.Bucket.Ref === this.idOf(bucket));
    if (!found) throw new Error(`${bucket.node.path} has no policy`);
    return found;
  }

  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  public bucketPolicy(bucket: s3.IBucket): any {
    return deployed(this.template, this.bucketPolicyResource(bucket).Properties.PolicyDocument);
  }
}

export interface Given {
  readonly storage?: StateStorage;
  readonly locks?: StateLocks;
}

export function newStorageStack(env: Environment = { account: ACCOUNT, region: REGION }): Stack {
  return new Stack(new App({ treeMetadata: false, analyticsReporting: false }), 'Stack', { env });
}

/** What a test stores states in. */
export function stored(given: (stack: Stack) => Given = () => ({}), env?: Environment): Stored {
  const stack = newStorageStack(env);
  const { storage = StateStorage.managed(), locks = StateLocks.lockfile() } = given(stack);
  return new Stored(stack, storage, locks);
}

/** What is thrown. */
export function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was accepted');
}

const TRUSTS_ACCOUNT = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
};

/**
 * Whether policies let a role use a key that leaves it to its account. The simulator drops encryption contexts, which it does not know, so
 * it is asked about tags with the same values.
 */
export function mayUseKey(
  policies: object[],
  action: string,
  key: string,
  context: { [key: string]: string | string[] },
): Promise<boolean> {
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  const known = (value: any) =>
    JSON.parse(
      JSON.stringify(value).replace(
        /kms:EncryptionContext:([a-z0-9:]+)/gi,
        (_whole, name) => `aws:PrincipalTag/${name.replace(/:/g, '-')}`,
      ),
    );
  return isAllowed({
    principal: `arn:aws:iam::${ACCOUNT}:role/role`,
    action: `kms:${action}`,
    resource: key,
    context: known(context),
    policies: known(policies),
    resourcePolicy: TRUSTS_ACCOUNT,
  });
}
