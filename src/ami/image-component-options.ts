import type { ComponentStep } from './component-step';

/** A value that a component takes. */
export interface ComponentParameter {
  /**
   * The value where none is given.
   *
   * @default - a value has to be given
   */
  readonly defaultValue?: string;

  /**
   * What the value is.
   *
   * @default - none
   */
  readonly description?: string;
}

/**
 * What a component does, phase by phase.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 */
export interface ComponentDocument {
  /**
   * What the component is for.
   *
   * @default - none
   */
  readonly description?: string;

  /**
   * The values that it takes, which its steps have as `{{ name }}`.
   *
   * @default - none
   */
  readonly parameters?: { [name: string]: ComponentParameter };

  /**
   * What is done on the machine that the image is made of.
   *
   * @default - nothing
   */
  readonly buildSteps?: ComponentStep[];

  /**
   * What has to be true on that machine, or there is no image.
   *
   * @default - nothing
   */
  readonly validateSteps?: ComponentStep[];

  /**
   * What has to be true on a fresh machine that was started from the image, or it is not distributed.
   *
   * @default - nothing
   */
  readonly testSteps?: ComponentStep[];
}

/** What every component can be given. */
export interface ImageComponentOptions {
  /**
   * Values for its parameters.
   *
   * @default - those that the component has by itself
   */
  readonly parameters?: { [name: string]: string };
}

/** Which of AWS's own components. */
export interface ManagedComponentOptions extends ImageComponentOptions {
  /**
   * The version, three numbers or `x`.
   *
   * @default 'x.x.x' - the newest
   */
  readonly version?: string;

  /**
   * Whose the component is: `aws`, or `third-party` for those of the AWS Marketplace.
   *
   * @default 'aws'
   */
  readonly owner?: string;
}

/** Files that are put on the image. */
export interface AssetComponentOptions {
  /** The file or folder on the machine that runs the synthesis. */
  readonly path: string;

  /** Where it is put on the image: a file's own path, or the folder that gets the content of a folder. */
  readonly destination: string;

  /**
   * What is done when it is there.
   *
   * @default - nothing
   */
  readonly buildSteps?: ComponentStep[];

  /**
   * What has to be true then.
   *
   * @default - the file or folder is there
   */
  readonly validateSteps?: ComponentStep[];

  /**
   * What has to be true on a machine that was started from the image.
   *
   * @default - nothing
   */
  readonly testSteps?: ComponentStep[];
}
