import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { LevelVolume } from './private/level-config';

/** A volume for the server's data. */
export interface EbsDataVolumeOptions {
  /**
   * The size, in whole GiB.
   *
   * @default Size.gibibytes(20)
   */
  readonly size?: Size;

  /**
   * The name under which the volume is attached, from `/dev/sdf` to `/dev/sdp`.
   *
   * @default '/dev/sdf'
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html
   */
  readonly deviceName?: string;
}

/** Where locks, plans and clones live: `/opt/atlantis/data`. */
export abstract class DataVolume {
  /**
   * A volume of its own, which the image's volumes are encrypted and backed up with. The machine mounts it before the server starts. A blank
   * volume gets an ext4 file system; one that holds something else is refused with one line, and never written to.
   */
  public static ebs(options: EbsDataVolumeOptions = {}): DataVolume {
    return new Ebs(options);
  }

  /** A folder of the root volume, which ends with the instance. */
  public static none(): DataVolume {
    return new None();
  }

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(): LevelVolume | undefined;
}

class Ebs extends DataVolume {
  private readonly size: Size;
  private readonly deviceName: string;

  constructor(options: EbsDataVolumeOptions) {
    super();
    this.size = options.size ?? Size.gibibytes(20);
    this.deviceName = options.deviceName ?? '/dev/sdf';
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    if (!Token.isUnresolved(this.deviceName) && !/^\/dev\/sd[f-p]$/.test(this.deviceName)) {
      problems.add(scope, `${property}.deviceName`, `got "${this.deviceName}"; give a name from /dev/sdf to /dev/sdp`);
    }
    const size = this.size.isUnresolved() ? 1 : this.size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
    if (!Number.isInteger(size) || size < 1) problems.add(scope, `${property}.size`, `got ${size} GiB; give a whole number from 1 on`);
  }

  public _bind(): LevelVolume {
    return { deviceName: this.deviceName, sizeGib: this.size.toGibibytes() };
  }
}

class None extends DataVolume {
  public _validate(): void {}

  public _bind(): undefined {
    return undefined;
  }
}
