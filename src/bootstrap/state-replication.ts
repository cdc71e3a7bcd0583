import { PhysicalName, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import type { Problems } from '../validation/problems';
import { keepKey } from './private/keepers';
import type { ReplicaKey, ReplicationConfig, ReplicationContext } from './private/replication-config';
import { makeStateBucket } from './private/state-bucket';

/** Buckets that exist, for copies of states. */
export interface StateReplicaBuckets {
  /** For copies of the states of everything; versioned. */
  readonly stateBucket: s3.IBucket;

  /** For copies of the bootstrap's own states; versioned, and another bucket than `stateBucket`, since keys may be the same. */
  readonly bootstrapBucket: s3.IBucket;

  /** The region of both, such as `eu-west-1`. */
  readonly region: string;

  /**
   * The key of the copies. States that are encrypted with a key of KMS are not copied without one.
   *
   * @default - the copies are encrypted by S3, which needs states that are so too
   */
  readonly key?: kms.IKey;
}

/** Where each version of a state is copied to, minutes after it was written. */
export abstract class StateReplication {
  /**
   * To another region of the same account. The buckets, protected as their originals are, and the key are made in a stack of their own,
   * which is deployed first, with the synthesizer that is the app's default, and retained when it is deleted.
   *
   * Throws when the stack has no account and region of its own (`env`), or has this very region.
   *
   * @param region such as `eu-west-1`
   */
  public static toRegion(region: string): StateReplication {
    return new ToRegion(region);
  }

  /**
   * To buckets that exist, such as those of another account. Their policy has to allow the role that copies `s3:ReplicateObject`,
   * `s3:ReplicateDelete` and `s3:ReplicateTags`, if they are another account's, and their key `kms:Encrypt`. If the originals have Object Lock,
   * they need it too.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-walkthrough-2.html
   */
  public static toBuckets(buckets: StateReplicaBuckets): StateReplication {
    return new ToBuckets(buckets);
  }

  /** @internal */
  public abstract _validate(scope: IConstruct, encrypted: boolean, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, context: ReplicationContext): ReplicationConfig;
}

class ToRegion extends StateReplication {
  constructor(private readonly region: string) {
    super();
  }

  public _validate(scope: IConstruct, _encrypted: boolean, problems: Problems): void {
    const { account, region } = Stack.of(scope);
    if (Token.isUnresolved(account) || Token.isUnresolved(region))
      problems.add(scope, 'storage.replication', 'to a region needs the account and the region of this stack: give the stack an env');
    else if (Token.isUnresolved(this.region) || !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(this.region))
      problems.add(scope, 'storage.replication', `must be to the name of a region, such as eu-west-1, got '${this.region}'`);
    else if (this.region === region)
      problems.add(scope, 'storage.replication', `must be to another region than that of the stack, got '${region}'`);
  }

  public _bind(scope: Construct, context: ReplicationContext): ReplicationConfig {
    const { names, key, nativeLock, keepVersions, objectLock } = context;
    const origin = Stack.of(scope);
    const stack = new Stack(scope, 'Replica', {
      env: { account: origin.account, region: this.region },
      description: `Copies of the Terraform states of ${names.prefix} in ${origin.region}`,
      terminationProtection: origin.terminationProtection,
    });
    origin.addDependency(stack);
    const made = key && makeReplicaKey(stack, context);
    const bucketOf = (id: string) =>
      makeStateBucket(stack, id, {
        ...{ names, nativeLock, keepVersions, objectLock },
        key: made?.inStack,
        bucketName: PhysicalName.GENERATE_IF_NEEDED,
      });
    return {
      stateBucket: bucketOf('States'),
      bootstrapBucket: bucketOf('BootstrapStates'),
      region: this.region,
      key: made && fromOutside(scope, stack, made.alias),
      protectedAliases: made ? [{ name: made.alias, arn: aliasArn(stack, made.alias) }] : [],
    };
  }
}

class ToBuckets extends StateReplication {
  constructor(private readonly buckets: StateReplicaBuckets) {
    super();
  }

  public _validate(scope: IConstruct, encrypted: boolean, problems: Problems): void {
    const { stateBucket, bootstrapBucket, key } = this.buckets;
    if (stateBucket === bootstrapBucket)
      problems.add(scope, 'storage.replication', 'must be to two buckets, since the same key may be in both originals');
    if (encrypted && !key)
      problems.add(
        scope,
        'storage.replication',
        'needs the key of the copies, since S3 copies nothing that is encrypted with KMS without one',
      );
  }

  public _bind(): ReplicationConfig {
    const { stateBucket, bootstrapBucket, region, key } = this.buckets;
    return { stateBucket, bootstrapBucket, region, key: key && { key, arn: key.keyArn }, protectedAliases: [] };
  }
}

function makeReplicaKey(stack: Stack, { names }: ReplicationContext): { inStack: kms.Key; alias: string } {
  const inStack = new kms.Key(stack, 'Key', {
    description: `Copies of the Terraform states of ${names.prefix}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  inStack.addToResourcePolicy(keepKey(names));
  const alias = `alias/${names.prefix}-state-replica`;
  new kms.Alias(stack, 'Alias', { aliasName: alias, targetKey: inStack });
  return { inStack, alias };
}

const aliasArn = (stack: Stack, alias: string): string => stack.formatArn({ service: 'kms', resource: alias });

/** The ARN of a key is not known before it exists, but that of its alias is, and S3 takes either. */
function fromOutside(scope: Construct, stack: Stack, alias: string): ReplicaKey {
  const key = kms.Key.fromKeyArn(scope, 'ReplicaKey', aliasArn(stack, alias));
  return { key, arn: stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' }), alias };
}
