import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { RegionOptions } from './image-distribution-options';
import type { RegionConfig } from './private/pipeline/region-config';

/**
 * Where images go, once they are tested. In each region, and each account that gets a copy, Image Builder writes the id into the candidate's
 * parameter, which has the same name everywhere.
 *
 * EC2 Fast Launch is for Windows only, so there is nothing of it here.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/manage-distribution-settings.html
 */
export abstract class ImageDistribution {
  /**
   * To a region. Give the stack's own region to share the image there; it has the image in any case.
   *
   * @param region as in eu-west-1
   * @param options who gets it there
   */
  public static region(region: string, options: RegionOptions = {}): ImageDistribution {
    return new Region(region, options);
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): RegionConfig;
}

class Region extends ImageDistribution {
  constructor(
    private readonly region: string,
    private readonly options: RegionOptions,
  ) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    const property = `distribution (${this.region})`;
    const check = (name: string, values: readonly string[] | undefined, form: RegExp, wanted: string) => {
      for (const value of values ?? []) {
        if (Token.isUnresolved(value) || form.test(value)) continue;
        problems.add(scope, `${property}.${name}`, `got "${value}"; give ${wanted}`);
      }
    };
    const { accounts, copyTo, organizations, organizationalUnits, amiName, tags, launchTemplates } = this.options;
    check('region', [this.region], /^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, as in eu-west-1');
    check('accounts', accounts, /^\d{12}$/, 'the twelve digits of an account');
    check('copyTo', copyTo, /^\d{12}$/, 'the twelve digits of an account');
    check('organizations', organizations, /^arn:[\w-]+:organizations::\d{12}:organization\/o-\w+$/, 'the ARN of an organization');
    const unit = /^arn:[\w-]+:organizations::\d{12}:ou\/o-\w+\/ou-[\w-]+$/;
    check('organizationalUnits', organizationalUnits, unit, 'the ARN of an organizational unit');
    // AMI names have 127 characters, and the date takes what the rest leaves
    check(
      'amiName',
      amiName === undefined ? [] : [amiName],
      /^[\w-][\w .-]{0,89}$/,
      'letters, digits, spaces, dots and dashes, 90 at most',
    );
    check('tags', Object.keys(tags ?? {}), /^(?!aws:|cdk-atlantis:|CreatedBy$|Ec2ImageBuilderArn$)/, 'a key that is not set by itself');
    const ids = launchTemplates?.map(({ launchTemplateId }) => launchTemplateId);
    check('launchTemplates', ids, /^lt-[0-9a-f]+$/, 'the id of a launch template, as in lt-0123456789abcdef0');
    for (const { account } of launchTemplates ?? []) {
      if (account === undefined || copyTo?.includes(account)) continue;
      problems.add(scope, `${property}.launchTemplates`, `got one of ${account}, which gets no copy here; add it to \`copyTo\``);
    }
  }

  public _bind(): RegionConfig {
    return { region: this.region, options: this.options };
  }
}
