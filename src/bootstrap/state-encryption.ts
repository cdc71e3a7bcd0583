import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { keepKey } from './private/keepers';
import type { Names } from './private/names';

/** What encrypts the states at rest. */
export abstract class StateEncryption {
  /**
   * A customer managed key of KMS, used through bucket keys. Who reads a state needs the key as well, and each use of it is in CloudTrail.
   *
   * A key that is given needs no policy for the grants of this library to work when it trusts the IAM policies of its account, as keys of
   * CDK do; nothing is added to it. If its own policy names who may use it, that has to allow `kms:Decrypt` and `kms:GenerateDataKey` with
   * the encryption context `aws:s3:arn`, which is the ARN of the bucket.
   *
   * @param key the key
   *   @default - a key is made, rotated each year, and retained
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
   */
  public static customerManaged(key?: kms.IKey): StateEncryption {
    return new CustomerManaged(key);
  }

  /**
   * A key that S3 manages. Whoever may read the object reads the state.
   *
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html
   */
  public static s3Managed(): StateEncryption {
    return new S3Managed();
  }

  /** @internal */
  public abstract readonly _encryptsWithKms: boolean;

  /** @internal */
  public abstract _bind(scope: Construct, names: Names): kms.IKey | undefined;
}

class CustomerManaged extends StateEncryption {
  public readonly _encryptsWithKms = true;

  constructor(private readonly given?: kms.IKey) {
    super();
  }

  public _bind(scope: Construct, names: Names): kms.IKey {
    return this.given ?? makeKey(scope, names);
  }
}

class S3Managed extends StateEncryption {
  public readonly _encryptsWithKms = false;

  public _bind(): undefined {
    return undefined;
  }
}

function makeKey(scope: Construct, names: Names): kms.Key {
  const key = new kms.Key(scope, 'StateKey', {
    description: `Terraform states of ${names.prefix}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(keepKey(names));
  return key;
}
