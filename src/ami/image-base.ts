import { Token } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { IGoldenImage } from './golden-image';
import { ImageOs } from './image-os';
import type { ImageBaseConfig } from './private/base-config';
import { newestBase, rootDeviceOf } from './private/newest-bases';
import { ssmAgentUserData } from './private/ssm-agent';
import type { SsmAgentRelease } from './ssm-agent-release';

/** What every base can be told. */
export interface ImageBaseOptions {
  /**
   * The architecture of the base, and of the image.
   *
   * @default InstanceArchitecture.ARM_64
   */
  readonly architecture?: InstanceArchitecture;

  /**
   * The Systems Manager agent that is installed when the machine starts, before anything else. Debian's images have none, so Debian needs it.
   *
   * @default - the base has it, as those of Amazon Linux and Ubuntu do
   */
  readonly ssmAgent?: SsmAgentRelease;

  /**
   * The name of the root device.
   *
   * @default - '/dev/sda1' for Ubuntu, '/dev/xvda' for the others
   */
  readonly rootDeviceName?: string;
}

/**
 * What an image is built on.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-recipes.html
 */
export abstract class ImageBase {
  /** The newest image of an operating system when the build starts, by the parameter that its publisher keeps. */
  public static latest(os: ImageOs, options: ImageBaseOptions = {}): ImageBase {
    return new NamedBase(os, options, (architecture) => `ssm:${newestBase(os, architecture)}`);
  }

  /**
   * The image that a parameter of Systems Manager names when the build starts.
   *
   * @param parameterName the parameter's name, which starts with a slash
   * @param os what the image is of
   */
  public static ssmParameter(parameterName: string, os: ImageOs, options: ImageBaseOptions = {}): ImageBase {
    const wanted = { form: /^\/[\w./-]+$/, message: 'give the name of a parameter, which starts with a slash' };
    return new NamedBase(os, options, () => `ssm:${parameterName}`, { value: parameterName, ...wanted });
  }

  /**
   * One image, which stays the same until this id is changed.
   *
   * @param amiId as in ami-0123456789abcdef0
   * @param os what the image is of
   */
  public static amiId(amiId: string, os: ImageOs, options: ImageBaseOptions = {}): ImageBase {
    const wanted = { form: /^ami-[0-9a-f]{8,17}$/, message: 'give the id of an image, as in ami-0123456789abcdef0' };
    return new NamedBase(os, options, () => amiId, { value: amiId, ...wanted });
  }

  /**
   * An image of the AWS Marketplace that this account is subscribed to.
   *
   * @param productId the product's id
   * @param os what the image is of
   */
  public static marketplace(productId: string, os: ImageOs, options: ImageBaseOptions = {}): ImageBase {
    const wanted = { form: /^[\w-]+$/, message: 'give the id of a product, letters, digits and dashes' };
    return new NamedBase(os, options, () => productId, { value: productId, ...wanted });
  }

  /**
   * The promoted image of another pipeline, so that levels which change at different times are built apart. That image has to be there before
   * this one is built.
   *
   * An image with the atlantis level is no base: its server would start on the machine that this image is made on, and use that machine's role
   * and volumes. Let that level be on the last image.
   */
  public static golden(image: IGoldenImage): ImageBase {
    const options = { architecture: image.architecture, rootDeviceName: image.rootDeviceName };
    return new NamedBase(image.os, options, () => `ssm:${image.promotedParameterName}`, undefined, image);
  }

  /** What the base is of. */
  protected constructor(
    /** The operating system. */
    public readonly os: ImageOs,
    /** The architecture. */
    public readonly architecture: InstanceArchitecture,
  ) {}

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): ImageBaseConfig;
}

interface Wanted {
  readonly value: string;
  readonly form: RegExp;
  readonly message: string;
}

class NamedBase extends ImageBase {
  constructor(
    os: ImageOs,
    private readonly options: ImageBaseOptions,
    private readonly parent: (architecture: InstanceArchitecture) => string,
    private readonly wanted?: Wanted,
    private readonly golden?: IGoldenImage,
  ) {
    super(os, options.architecture ?? InstanceArchitecture.ARM_64);
  }

  public _validate(scope: Construct, problems: Problems): void {
    if (this.wanted && !Token.isUnresolved(this.wanted.value) && !this.wanted.form.test(this.wanted.value)) {
      problems.add(scope, 'base', `got "${this.wanted.value}"; ${this.wanted.message}`);
    }
    const { ssmAgent, rootDeviceName } = this.options;
    if (!ssmAgent && !this.golden && this.os === ImageOs.DEBIAN_12) {
      problems.add(
        scope,
        'base.ssmAgent',
        "Debian's images have no Systems Manager agent, without which Image Builder cannot reach the machine; give its version and checksum",
      );
    }
    if (ssmAgent && !Token.isUnresolved(ssmAgent.version) && !/^\d+(\.\d+){3}$/.test(ssmAgent.version)) {
      problems.add(scope, 'base.ssmAgent.version', `got "${ssmAgent.version}"; give four numbers with dots, such as 3.3.2299.0`);
    }
    if (ssmAgent && !Token.isUnresolved(ssmAgent.sha256) && !/^[0-9a-f]{64}$/.test(ssmAgent.sha256)) {
      problems.add(
        scope,
        'base.ssmAgent.sha256',
        `got "${ssmAgent.sha256}"; give the 64 hexadecimal digits of a SHA-256, in small letters`,
      );
    }
    if (rootDeviceName !== undefined && !Token.isUnresolved(rootDeviceName) && !/^\/dev\/\w+$/.test(rootDeviceName)) {
      problems.add(scope, 'base.rootDeviceName', `got "${rootDeviceName}"; give the name of a device, such as /dev/xvda`);
    }
  }

  public _bind(): ImageBaseConfig {
    const { ssmAgent, rootDeviceName } = this.options;
    return {
      parentImage: this.parent(this.architecture),
      rootDeviceName: rootDeviceName ?? rootDeviceOf(this.os),
      userData: ssmAgent && ssmAgentUserData(ssmAgent, this.architecture),
      dataVolume: this.golden?.dataVolume,
      encryptionKey: this.golden?.encryptionKey,
    };
  }
}
