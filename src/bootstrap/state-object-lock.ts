import type { Duration } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import type { Problems } from '../validation/problems';
import { checkDays } from './private/durations';

/**
 * How long no version of a state can be deleted. It pins the versions of lock files too, and so costs a small object for each plan; locks
 * and states work as before, since Terraform deletes and overwrites no version.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 */
export abstract class StateObjectLock {
  /**
   * For as long as this, unless somebody may bypass it: the policy of the buckets lets nobody but the break-glass role.
   *
   * @param retention whole days, 1 to 36500
   */
  public static governance(retention: Duration): StateObjectLock {
    return new Retained(retention, s3.ObjectLockRetention.governance);
  }

  /**
   * For as long as this, with no way around it: not for the root user, and not for AWS. A retention cannot be shortened.
   *
   * @param retention whole days, 1 to 36500
   */
  public static compliance(retention: Duration): StateObjectLock {
    return new Retained(retention, s3.ObjectLockRetention.compliance);
  }

  /** @internal */
  public abstract _validate(scope: IConstruct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): s3.ObjectLockRetention;
}

class Retained extends StateObjectLock {
  constructor(
    private readonly retention: Duration,
    private readonly mode: (duration: Duration) => s3.ObjectLockRetention,
  ) {
    super();
  }

  public _validate(scope: IConstruct, problems: Problems): void {
    checkDays(scope, 'storage.objectLock', this.retention, problems);
  }

  public _bind(): s3.ObjectLockRetention {
    return this.mode(this.retention);
  }
}
