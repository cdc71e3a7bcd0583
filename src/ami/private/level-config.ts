import type { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { ImageComponent } from '../image-component';
import type { ImageOs } from '../image-os';

/** What an image is made of, which the components depend on. */
export interface ImageContext {
  readonly os: ImageOs;
  readonly architecture: InstanceArchitecture;
}

/** A device of the image beside the root device. */
export interface LevelVolume {
  readonly deviceName: string;
  readonly sizeGib: number;
}

export interface LevelConfig {
  /** In the order in which they run. */
  readonly components: readonly ImageComponent[];
  /** Allows an instance's role what the level needs once the image runs. */
  readonly grantRun?: (grantee: IGrantable) => Grant[];
  /** A volume of its own for data. */
  readonly dataVolume?: LevelVolume;
  /** The programs that the level puts on the PATH. */
  readonly programs?: readonly string[];
  /** The program that the level's service does not start without. */
  readonly wantedProgram?: string;
}

/** A level of this library's own. */
export interface LevelParts {
  validate(scope: Construct, context: ImageContext, problems: Problems): void;
  bind(scope: Construct, context: ImageContext): LevelConfig;
}
