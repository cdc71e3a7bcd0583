import { Duration } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import type { Problems } from '../validation/problems';
import { checkDays } from './private/durations';
import { makeManagedBuckets } from './private/managed-buckets';
import type { StorageConfig, StorageContext } from './private/storage-config';
import { StateEncryption } from './state-encryption';
import type { StateObjectLock } from './state-object-lock';
import type { StateReplication } from './state-replication';

/** How buckets that are made here keep the states. */
export interface ManagedStateStorageProps {
  /**
   * What encrypts the states.
   *
   * @default StateEncryption.customerManaged()
   */
  readonly encryption?: StateEncryption;

  /**
   * How long an overwritten or deleted version of a state is kept, in whole days. The newest 20 of each state are kept for longer; versions
   * below 512 bytes, which lock files and states without resources are, for 7 days and the newest 3.
   *
   * @default Duration.days(365)
   */
  readonly keepVersions?: Duration;

  /**
   * How long the access logs of the buckets are kept, in whole days. They are in a bucket of their own.
   *
   * @default Duration.days(365)
   */
  readonly accessLogRetention?: Duration;

  /**
   * Where each version is copied to.
   *
   * @default - nowhere
   */
  readonly replication?: StateReplication;

  /**
   * For how long no version can be deleted. The copies that `StateReplication.toRegion` makes are locked as long.
   *
   * @default - versions can be deleted by the break-glass role
   */
  readonly objectLock?: StateObjectLock;
}

/** Buckets that exist. */
export interface ExistingStateStorageProps {
  /** For the states of everything; it should be versioned. */
  readonly bucket: s3.IBucket;

  /**
   * For the states of what belongs to the bootstrap itself.
   *
   * @default - the same bucket
   */
  readonly bootstrapBucket?: s3.IBucket;

  /**
   * The key that the states are encrypted with. Its policy must let IAM policies of its account decide, or allow the users of the states
   * `kms:Decrypt` and `kms:GenerateDataKey` with the encryption context `aws:s3:arn` of the bucket and of the objects.
   *
   * @default - `bucket.encryptionKey`
   */
  readonly key?: kms.IKey;
}

/** Where the states are: a bucket for those of the bootstrap itself, and one for all others. */
export abstract class StateStorage {
  /**
   * Two buckets: versioned, encrypted, never public, reached with TLS 1.2 or newer only, with access logs, and retained with their policies
   * when the stack is deleted. A request that asks for another encryption is refused, and one that asks for none gets the bucket's.
   *
   * Nobody but the break-glass role may delete a version, and nobody but that role and CloudFormation may change a bucket's settings. A
   * session named `AWSCloudFormation` counts as CloudFormation: that is how its service role appears. The root user of the account can
   * always delete a bucket's policy.
   *
   * With native locks a lock file can be written only by who says `If-None-Match`, so that nobody takes a lock that somebody holds. It can
   * still be deleted, as `terraform force-unlock` does.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
   */
  public static managed(props: ManagedStateStorageProps = {}): StateStorage {
    return new Managed(props);
  }

  /**
   * Buckets that exist. Nothing of them is changed, not even when they are of the same app, and no policy is added. Give them what those
   * that are made here have: versioning, the bucket's encryption, blocked public access, and a policy that denies everyone
   *
   * - all without TLS 1.2 (`aws:SecureTransport`, `s3:TlsVersion`),
   * - `s3:DeleteObjectVersion` and changes of the settings, but for the break-glass role and what deploys the bucket,
   * - with native locks, `s3:PutObject` on `*.tflock` where `s3:if-none-match` is missing (`Null`).
   */
  public static existing(props: ExistingStateStorageProps): StateStorage {
    return new Existing(props);
  }

  /** @internal */
  public abstract _validate(scope: IConstruct, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, context: StorageContext): StorageConfig;
}

class Managed extends StateStorage {
  private readonly encryption: StateEncryption;
  private readonly keepVersions: Duration;
  private readonly accessLogRetention: Duration;

  constructor(private readonly props: ManagedStateStorageProps) {
    super();
    this.encryption = props.encryption ?? StateEncryption.customerManaged();
    this.keepVersions = props.keepVersions ?? Duration.days(365);
    this.accessLogRetention = props.accessLogRetention ?? Duration.days(365);
  }

  public _validate(scope: IConstruct, problems: Problems): void {
    checkDays(scope, 'storage.keepVersions', this.keepVersions, problems);
    checkDays(scope, 'storage.accessLogRetention', this.accessLogRetention, problems);
    this.props.objectLock?._validate(scope, problems);
    this.props.replication?._validate(scope, this.encryption._encryptsWithKms, problems);
  }

  public _bind(scope: Construct, { names, nativeLock }: StorageContext): StorageConfig {
    const key = this.encryption._bind(scope, names);
    const { keepVersions, accessLogRetention } = this;
    const objectLock = this.props.objectLock?._bind();
    const replicas = this.props.replication?._bind(scope, { names, nativeLock, keepVersions, key, objectLock });
    return makeManagedBuckets(scope, { names, nativeLock, keepVersions, key, accessLogRetention, objectLock, replicas });
  }
}

class Existing extends StateStorage {
  constructor(private readonly props: ExistingStateStorageProps) {
    super();
  }

  public _validate(): void {}

  public _bind(): StorageConfig {
    const { bucket, bootstrapBucket = bucket } = this.props;
    const key = this.props.key ?? bucket.encryptionKey;
    return {
      bucket,
      bootstrapBucket,
      key,
      bucketKeys: false,
      protectedBuckets: [...new Set([bucket.bucketArn, bootstrapBucket.bucketArn])],
      protectedKeys: key ? [key.keyArn] : [],
      protectedAliases: [],
    };
  }
}
