import type { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
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
}
