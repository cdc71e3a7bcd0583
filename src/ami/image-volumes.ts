import type { Size } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { VolumeBackup } from './volume-backup';

/** The volumes of an image. They are encrypted, and so are the snapshots that the image consists of. */
export interface ImageVolumes {
  /**
   * The size of the root volume, in whole GiB; 8 at least, as the bases need.
   *
   * @default Size.gibibytes(16)
   */
  readonly rootSize?: Size;

  /**
   * What encrypts the volumes and snapshots in the region where images are built. Images that other accounts may start need a key of your own,
   * as the one of AWS cannot be shared.
   *
   * @default - the key that AWS keeps for EBS in this account
   */
  readonly key?: kms.IKey;

  /**
   * How the data volumes of what is started from the image are backed up.
   *
   * @default VolumeBackup.daily() where a level has a data volume
   */
  readonly backup?: VolumeBackup;
}
