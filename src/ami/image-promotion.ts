import { Stack, Token } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { writesImage } from './private/pipeline/launch-template-image';
import type { PromotionConfig } from './private/pipeline/promotion-config';

/** What a promotion changes. */
export interface PromotionOptions {
  /**
   * Launch templates of the same region which get a new version with the promoted image, that becomes the default version. The image's id is
   * written literally, so that a rollback of instances has something to go back to. Nothing but promotions may write their image: a template of
   * this app must be made without one. What else is changed of a template takes effect with the next promotion.
   *
   * @default - none
   */
  readonly launchTemplates?: ec2.ILaunchTemplate[];

  /**
   * How many promoted images are kept, the newest included, 2 to 50: these are tagged as in use, and the versions of the launch templates
   * that name them stay. Older versions are deleted, and after that their images are no longer in use.
   *
   * @default 5
   */
  readonly keep?: number;
}

/**
 * Who decides that an image is used. A promotion writes the image's id into the promoted parameter, and into launch templates, by a state
 * machine without code that runs one promotion at a time.
 *
 * Start the machine with `{}` to promote the candidate, or with `{"imageId": "ami-..."}` to go back to an older image.
 */
export abstract class ImagePromotion {
  /** Each image that was built, has passed its tests and the scan, and is distributed. */
  public static automatic(options: PromotionOptions = {}): ImagePromotion {
    return new Promotion(true, options);
  }

  /** Somebody, by starting the machine. */
  public static manual(options: PromotionOptions = {}): ImagePromotion {
    return new Promotion(false, options);
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): PromotionConfig;
}

class Promotion extends ImagePromotion {
  constructor(
    private readonly automatic: boolean,
    private readonly options: PromotionOptions,
  ) {
    super();
  }

  public _validate(scope: Construct, problems: Problems): void {
    const { keep, launchTemplates = [] } = this.options;
    if (keep !== undefined && !Token.isUnresolved(keep) && !(Number.isInteger(keep) && keep >= 2 && keep <= 50)) {
      problems.add(scope, 'promotion.keep', `got ${keep}; give a whole number from 2, which a rollback needs, to 50`);
    }
    const { region } = Stack.of(scope);
    for (const template of launchTemplates) {
      const path = template.node.path;
      if (template.launchTemplateId === undefined) {
        problems.add(scope, 'promotion.launchTemplates', `${path} is known by its name only; give one with \`launchTemplateId\``);
      }
      if (writesImage(template)) {
        const wanted = 'make the template without `machineImage`';
        problems.add(scope, 'promotion.launchTemplates', `the image of ${path} is written by CloudFormation already; ${wanted}`);
      }
      if (!Token.isUnresolved(region) && !Token.isUnresolved(template.env.region) && template.env.region !== region) {
        const wanted = 'promote it there, with `PromotedImage`';
        problems.add(scope, 'promotion.launchTemplates', `${path} is in ${template.env.region}, out of reach from ${region}; ${wanted}`);
      }
    }
    if (new Set(launchTemplates).size < launchTemplates.length) {
      problems.add(scope, 'promotion.launchTemplates', 'got a launch template twice; give each once');
    }
  }

  public _bind(): PromotionConfig {
    const { launchTemplates = [], keep = 5 } = this.options;
    return {
      automatic: this.automatic,
      launchTemplateIds: launchTemplates.map(({ launchTemplateId }) => launchTemplateId as string),
      keep,
    };
  }
}
