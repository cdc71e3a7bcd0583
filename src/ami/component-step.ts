import type { Duration } from 'aws-cdk-lib';

/** What happens after a step failed. */
export enum StepFailure {
  /** The build fails at once. */
  ABORT = 'Abort',
  /** The steps that follow run, and the build fails then. */
  CONTINUE = 'Continue',
  /** The build goes on as if nothing had happened. */
  IGNORE = 'Ignore',
}

/**
 * What every step can be told.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html
 */
export interface StepOptions {
  /**
   * How long the step may take.
   *
   * @default - two hours, Image Builder's own limit for a step
   */
  readonly timeout?: Duration;

  /**
   * How often the step is tried before it has failed.
   *
   * @default 1
   */
  readonly attempts?: number;

  /**
   * What happens after the step failed.
   *
   * @default StepFailure.ABORT
   */
  readonly onFailure?: StepFailure;

  /**
   * The step is run once for each of these values, which it has as `{{ loop.value }}`.
   *
   * @default - the step is run once
   * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-looping-constructs.html
   */
  readonly forEach?: string[];
}

/** A file and its content. */
export interface CreateFileProps extends StepOptions {
  /** Where the file is on the image. */
  readonly path: string;

  /** The whole content. It can be read by everybody who may read the component or the image, so it is no place for a secret. */
  readonly content: string;

  /**
   * The owner's name.
   *
   * @default 'root'
   */
  readonly owner?: string;

  /**
   * The group's name.
   *
   * @default 'root'
   */
  readonly group?: string;

  /**
   * The permissions, as four octal digits.
   *
   * @default '0644'
   */
  readonly permissions?: string;
}

/** A folder. */
export interface CreateFolderProps extends StepOptions {
  /** Where the folder is on the image. */
  readonly path: string;

  /**
   * The owner's name.
   *
   * @default 'root'
   */
  readonly owner?: string;

  /**
   * The group's name.
   *
   * @default 'root'
   */
  readonly group?: string;

  /**
   * The permissions, as four octal digits.
   *
   * @default '0755'
   */
  readonly permissions?: string;
}

/** A file of the internet, and its checksum. */
export interface DownloadProps extends StepOptions {
  /** The address, which starts with https://. */
  readonly url: string;

  /** Where the file is on the image. Its folder has to be there. */
  readonly destination: string;

  /** The SHA-256 of the file, 64 hexadecimal digits. Another file fails the build. */
  readonly sha256: string;
}

/** A file of a bucket. */
export interface S3DownloadProps extends StepOptions {
  /** The file, as in `s3://bucket/key`. The builder's role has to be allowed to read it: `AtlantisAmi.builderRole`. */
  readonly source: string;

  /** Where the file is on the image. Its folder has to be there. */
  readonly destination: string;
}

/** A file that goes into a bucket. */
export interface S3UploadProps extends StepOptions {
  /** Where the file is on the image. */
  readonly source: string;

  /** Its place, as in `s3://bucket/key`. The builder's role has to be allowed to write it: `AtlantisAmi.builderRole`. */
  readonly destination: string;
}

/**
 * A step of a component. Whatever else Image Builder can do stands in a document of yours: `ImageComponent.file`. Steps run as root, one after the other.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html
 */
export abstract class ComponentStep {
  /**
   * Commands for bash, which end at the first one that fails (`set -euo pipefail`). An exit with 194 restarts the machine and runs the step
   * again.
   *
   * @param name unique within its phase
   */
  public static bash(name: string, commands: string[], options: StepOptions = {}): ComponentStep {
    return new ActionStep(name, 'ExecuteBash', { commands: ['set -euo pipefail', ...commands] }, options);
  }

  /**
   * Writes a file, over one that is there.
   *
   * @param name unique within its phase
   */
  public static createFile(name: string, props: CreateFileProps): ComponentStep {
    const { path, content, owner = 'root', group = 'root', permissions = '0644' } = props;
    return new ActionStep(name, 'CreateFile', [{ path, content, owner, group, permissions, overwrite: true }], props);
  }

  /**
   * Makes a folder and those above it.
   *
   * @param name unique within its phase
   */
  public static createFolder(name: string, props: CreateFolderProps): ComponentStep {
    const { path, owner = 'root', group = 'root', permissions = '0755' } = props;
    return new ActionStep(name, 'CreateFolder', [{ path, owner, group, permissions, overwrite: true }], props);
  }

  /**
   * Downloads a file, and compares its checksum.
   *
   * @param name unique within its phase
   */
  public static download(name: string, props: DownloadProps): ComponentStep {
    const { url, destination, sha256 } = props;
    return new ActionStep(
      name,
      'WebDownload',
      [{ source: url, destination, checksum: sha256, algorithm: 'SHA256', overwrite: true }],
      props,
    );
  }

  /**
   * Fetches a file from a bucket.
   *
   * @param name unique within its phase
   */
  public static s3Download(name: string, props: S3DownloadProps): ComponentStep {
    const { source, destination } = props;
    return new ActionStep(name, 'S3Download', [{ source, destination, overwrite: true }], props);
  }

  /**
   * Puts a file of the machine into a bucket.
   *
   * @param name unique within its phase
   */
  public static s3Upload(name: string, props: S3UploadProps): ComponentStep {
    const { source, destination } = props;
    return new ActionStep(name, 'S3Upload', [{ source, destination }], props);
  }

  /**
   * Brings all packages up to date.
   *
   * @param name unique within its phase
   */
  public static updateOs(name: string, options: StepOptions = {}): ComponentStep {
    return new ActionStep(name, 'UpdateOS', undefined, options);
  }

  /**
   * Restarts the machine, and goes on with the next step.
   *
   * @param name unique within its phase
   */
  public static reboot(name: string, options: StepOptions = {}): ComponentStep {
    return new ActionStep(name, 'Reboot', { delaySeconds: 0 }, options);
  }

  /** @param name unique within its phase */
  protected constructor(
    /** The name, unique within its phase. */
    public readonly name: string,
  ) {}

  /**
   * The step as it stands in the document.
   *
   * @internal
   */
  public abstract _render(): object;
}

class ActionStep extends ComponentStep {
  constructor(
    name: string,
    private readonly action: string,
    private readonly inputs: object | undefined,
    private readonly options: StepOptions,
  ) {
    super(name);
  }

  public _render(): object {
    const { timeout, attempts, onFailure, forEach } = this.options;
    return {
      name: this.name,
      action: this.action,
      ...(onFailure ? { onFailure } : {}),
      ...(attempts ? { maxAttempts: attempts } : {}),
      ...(timeout ? { timeoutSeconds: timeout.toSeconds() } : {}),
      ...(forEach ? { loop: { forEach } } : {}),
      ...(this.inputs === undefined ? {} : { inputs: this.inputs }),
    };
  }
}
