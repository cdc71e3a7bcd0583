import type { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ImageOs } from './image-os';

/** An image that others are built on or started from. */
export interface IGoldenImage {
  /** The parameter of Systems Manager with the id of the image that is in use. */
  readonly promotedParameterName: string;

  /** What the image is of. */
  readonly os: ImageOs;

  /** The image's architecture. */
  readonly architecture: InstanceArchitecture;

  /** The name of the image's root device. */
  readonly rootDeviceName: string;

  /**
   * Whether machines of the image have a data volume, which outlives them. What is built on it has it too.
   *
   * @default - they have none
   */
  readonly dataVolume?: boolean;

  /**
   * What encrypts the image, if it is a key of your own. What is built on it is made from its snapshots, and so needs the key.
   *
   * @default - the key that AWS keeps for EBS in this account
   */
  readonly encryptionKey?: IKey;
}
