import { Token } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { ToolRelease } from './private/tool-release';

/** How a tool's download is checked. */
export interface RuntimeToolOptions {
  /**
   * The SHA-256 of what is downloaded for the architecture of the image, 64 hexadecimal digits.
   *
   * @default - the build reads it from the list of checksums that the publisher has beside the release
   */
  readonly sha256?: string;
}

/** A program that this library does not know. */
export interface OtherToolProps {
  /** The version, three numbers with dots. */
  readonly version: string;

  /** Where the release is, for the architecture of the image: a zip or tar archive, or the program itself. It starts with https://. */
  readonly url: string;

  /**
   * The program's name in the archive.
   *
   * @default - what is downloaded is the program itself
   */
  readonly entry?: string;

  /**
   * The SHA-256 of what is downloaded, 64 hexadecimal digits.
   *
   * @default - that of `checksumsUrl`
   */
  readonly sha256?: string;

  /**
   * Where the publisher's list of checksums is, which has a line for the file of `url`.
   *
   * @default - none, and `sha256` has to be given
   */
  readonly checksumsUrl?: string;

  /**
   * What makes the program say its version, which the build compares.
   *
   * @default '--version'
   */
  readonly versionArgument?: string;
}

/**
 * A program in a version that is named, whose download is compared with a checksum. Where no checksum is given, the publisher's list of
 * checksums is fetched with TLS and compared: that finds a broken download, and trusts the publisher's site as the download does. A
 * checksum that is given trusts nobody but who gives it.
 */
export abstract class RuntimeTool {
  /**
   * Terraform, from releases.hashicorp.com.
   *
   * @param version such as `1.14.9`
   * @see https://releases.hashicorp.com/terraform/
   */
  public static terraform(version: string, options: RuntimeToolOptions = {}): RuntimeTool {
    return new KnownTool('terraform', 'Terraform', version, options, (architecture) => {
      const base = `https://releases.hashicorp.com/terraform/${version}/terraform_${version}`;
      return { url: `${base}_linux_${GO_NAMES[architecture]}.zip`, checksumsUrl: `${base}_SHA256SUMS`, entry: 'terraform' };
    });
  }

  /**
   * OpenTofu, from its releases on GitHub.
   *
   * @param version such as `1.12.5`
   * @see https://github.com/opentofu/opentofu/releases
   */
  public static openTofu(version: string, options: RuntimeToolOptions = {}): RuntimeTool {
    return new KnownTool('tofu', 'OpenTofu', version, options, (architecture) => {
      const base = `https://github.com/opentofu/opentofu/releases/download/v${version}/tofu_${version}`;
      return { url: `${base}_linux_${GO_NAMES[architecture]}.zip`, checksumsUrl: `${base}_SHA256SUMS`, entry: 'tofu' };
    });
  }

  /**
   * Terragrunt, from its releases on GitHub. It runs Terraform or OpenTofu, so one of them has to be there.
   *
   * @param version such as `1.1.6`
   * @see https://github.com/gruntwork-io/terragrunt/releases
   */
  public static terragrunt(version: string, options: RuntimeToolOptions = {}): RuntimeTool {
    return new KnownTool('terragrunt', 'Terragrunt', version, options, (architecture) => {
      const base = `https://github.com/gruntwork-io/terragrunt/releases/download/v${version}`;
      return {
        url: `${base}/terragrunt_linux_${GO_NAMES[architecture]}`,
        checksumsUrl: `${base}/SHA256SUMS`,
        versionArgument: '--version',
      };
    });
  }

  /**
   * conftest, from its releases on GitHub. Atlantis checks policies with it when its setting `enable-policy-checks` is on, in the version of
   * the first one.
   *
   * @param version such as `0.66.0`
   * @see https://github.com/open-policy-agent/conftest/releases
   * @see https://www.runatlantis.io/docs/policy-checking.html
   */
  public static conftest(version: string, options: RuntimeToolOptions = {}): RuntimeTool {
    return new KnownTool('conftest', 'conftest', version, options, (architecture) => {
      const base = `https://github.com/open-policy-agent/conftest/releases/download/v${version}`;
      return {
        url: `${base}/conftest_${version}_Linux_${architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'x86_64'}.tar.gz`,
        checksumsUrl: `${base}/checksums.txt`,
        entry: 'conftest',
        versionArgument: '--version',
      };
    });
  }

  /**
   * A program of any other publisher.
   *
   * @param name how the program is called
   */
  public static of(name: string, props: OtherToolProps): RuntimeTool {
    return new OtherTool(name, props);
  }

  /**
   * @param name how the program is called
   * @param version its version
   */
  protected constructor(
    /** How the program is called. */
    public readonly name: string,
    /** Its version. */
    public readonly version: string,
  ) {}

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _release(architecture: InstanceArchitecture): ToolRelease;
}

/** As Go calls them, and with it most publishers. */
const GO_NAMES = { [InstanceArchitecture.ARM_64]: 'arm64', [InstanceArchitecture.X86_64]: 'amd64' };

/** Both stand in addresses and paths, so they have to be known, and of that form. */
function checkVersion(scope: Construct, property: string, version: string, problems: Problems): void {
  if (Token.isUnresolved(version) || !/^\d+\.\d+\.\d+$/.test(version)) {
    problems.add(scope, property, `got the version "${version}"; give three numbers with dots, such as 1.14.9`);
  }
}

function checkSha256(scope: Construct, property: string, sha256: string | undefined, problems: Problems): void {
  if (sha256 !== undefined && (Token.isUnresolved(sha256) || !/^[0-9a-f]{64}$/.test(sha256))) {
    problems.add(scope, `${property}.sha256`, `got "${sha256}"; give 64 hexadecimal digits with small letters`);
  }
}

interface KnownRelease {
  readonly url: string;
  readonly checksumsUrl: string;
  readonly entry?: string;
  readonly versionArgument?: string;
}

class KnownTool extends RuntimeTool {
  constructor(
    name: string,
    private readonly title: string,
    version: string,
    private readonly options: RuntimeToolOptions,
    private readonly release: (architecture: InstanceArchitecture) => KnownRelease,
  ) {
    super(name, version);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    checkVersion(scope, property, this.version, problems);
    checkSha256(scope, property, this.options.sha256, problems);
  }

  public _release(architecture: InstanceArchitecture): ToolRelease {
    const { sha256 } = this.options;
    return { title: this.title, versionArgument: 'version', ...this.release(architecture), sha256 };
  }
}

class OtherTool extends RuntimeTool {
  constructor(
    name: string,
    private readonly props: OtherToolProps,
  ) {
    super(name, props.version);
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    const { sha256, checksumsUrl, entry, url } = this.props;
    checkVersion(scope, property, this.version, problems);
    checkSha256(scope, property, sha256, problems);
    if (!/^[a-z][a-z0-9_-]*$/.test(this.name)) {
      problems.add(scope, property, `got the name "${this.name}"; start with a small letter, then small letters, digits and dashes`);
    }
    for (const [name, address] of Object.entries({ url, checksumsUrl })) {
      if (address === undefined || (!Token.isUnresolved(address) && /^https:\/\/[^\s/]+\/\S+$/.test(address))) continue;
      problems.add(scope, `${property}.${name}`, `got "${address}"; give an address that starts with https:// and is known at synth`);
    }
    if (entry !== undefined && (Token.isUnresolved(entry) || !/^[\w.+-]+(\/[\w.+-]+)*$/.test(entry))) {
      problems.add(scope, `${property}.entry`, `got "${entry}"; give the program's path in the archive, such as bin/tool`);
    }
    if ((sha256 === undefined) === (checksumsUrl === undefined)) {
      problems.add(scope, property, 'needs one of sha256 and checksumsUrl, and not both; nothing is installed without a checksum');
    }
  }

  public _release(): ToolRelease {
    const { url, entry, sha256, checksumsUrl, versionArgument = '--version' } = this.props;
    return { title: this.name, url, entry, sha256, checksumsUrl, versionArgument };
  }
}
