import { Duration, Token } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import { Schedule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { DATA_TAG } from './private/pipeline/image-tags';

/** How data volumes are backed up. */
export interface DailyBackupOptions {
  /**
   * How long a backup is kept, in whole days.
   *
   * @default Duration.days(35)
   */
  readonly keep?: Duration;

  /**
   * The hour at which it starts, in UTC.
   *
   * @default 3
   */
  readonly hour?: number;

  /**
   * Where backups are kept.
   *
   * @default - a vault is made, which outlives the stack
   */
  readonly vault?: backup.IBackupVault;
}

/**
 * Whether data volumes are backed up, by AWS Backup. What starts machines from the image tags their data volumes; the tag selects them.
 *
 * @see https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html
 */
export abstract class VolumeBackup {
  /** Every day. */
  public static daily(options: DailyBackupOptions = {}): VolumeBackup {
    return new Daily(options);
  }

  /** Not here. */
  public static none(): VolumeBackup {
    return new None();
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, name: string): void;
}

class None extends VolumeBackup {
  public _validate(): void {}

  public _bind(): void {}
}

class Daily extends VolumeBackup {
  private readonly keep: Duration;
  private readonly hour: number;

  constructor(private readonly options: DailyBackupOptions) {
    super();
    this.keep = options.keep ?? Duration.days(35);
    this.hour = options.hour ?? 3;
  }

  public _validate(scope: Construct, problems: Problems): void {
    const days = this.keep.isUnresolved() ? 1 : this.keep.toDays({ integral: false });
    if (!Number.isInteger(days) || days < 1) {
      problems.add(scope, 'volumes.backup.keep', `got ${days} days; give whole days, one at least`);
    }
    if (!Token.isUnresolved(this.hour) && (!Number.isInteger(this.hour) || this.hour < 0 || this.hour > 23)) {
      problems.add(scope, 'volumes.backup.hour', `got ${this.hour}; give an hour of the day, 0 to 23`);
    }
  }

  public _bind(scope: Construct, name: string): void {
    const plan = new backup.BackupPlan(scope, 'Backup', {
      backupVault: this.options.vault ?? new backup.BackupVault(scope, 'BackupVault'),
      backupPlanRules: [
        new backup.BackupPlanRule({
          ruleName: 'Daily',
          scheduleExpression: Schedule.cron({ minute: '0', hour: `${this.hour}` }),
          deleteAfter: this.keep,
        }),
      ],
    });
    plan.addSelection('DataVolumes', { resources: [backup.BackupResource.fromTag(DATA_TAG, name)] });
  }
}
