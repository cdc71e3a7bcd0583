import { Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { LifecycleConfig } from './private/pipeline/lifecycle-config';

/** Which images are kept. */
export interface KeptImagesOptions {
  /**
   * How old an image has to be for it to be deleted, in whole days.
   *
   * @default Duration.days(90)
   */
  readonly age?: Duration;

  /**
   * How many images of the recipe's current version are kept, however old, 1 to 10. Image Builder counts those of each version of a recipe by
   * themselves, so that of former versions none is kept for being among the newest.
   *
   * @default 3
   */
  readonly newest?: number;

  /**
   * An image is kept for so long after a machine was last started from it, in whole days.
   *
   * @default Duration.days(30)
   */
  readonly lastLaunched?: Duration;

  /**
   * Images that any of these accounts may start are kept.
   *
   * @default - it does not matter who may start an image
   */
  readonly sharedWith?: string[];

  /**
   * Regions beside the stack's whose AMIs are deleted too. Name those with a `PromotedImage`, which says what is in use there.
   *
   * @default - AMIs of the stack's region only are deleted
   */
  readonly regions?: string[];
}

/**
 * What becomes of old images.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/image-lifecycle-rules.html
 */
export abstract class ImageLifecycle {
  /**
   * Old images are deleted with their AMIs and snapshots, in the stack's region and in those that are named; images that failed go whatever
   * their number. An AMI is kept as long as it is promoted, a machine of this account is there that was started from it, a version of a launch
   * template that promotions write names it, or the newest or default version of any other launch template of the account: those have a tag,
   * which the policy leaves out and the policy's role may not delete. Promotions look at this, so that it holds from one to the next.
   *
   * Left to you: AMIs and snapshots of regions that are not named, copies that other accounts have, and images that only machines or launch
   * templates of other accounts use, for which there is `sharedWith`, or only an older version of a launch template that promotions do not write.
   */
  public static keep(options: KeptImagesOptions = {}): ImageLifecycle {
    return new Keep(options);
  }

  /** Nothing is deleted. */
  public static never(): ImageLifecycle {
    return new Never();
  }

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(): LifecycleConfig | undefined;
}

class Never extends ImageLifecycle {
  public _validate(): void {}

  public _bind(): undefined {
    return undefined;
  }
}

class Keep extends ImageLifecycle {
  private readonly config: {
    age: Duration;
    newest: number;
    lastLaunched: Duration;
    sharedWith: readonly string[];
    regions: readonly string[];
  };

  constructor({ age, newest, lastLaunched, sharedWith, regions }: KeptImagesOptions) {
    super();
    this.config = {
      age: age ?? Duration.days(90),
      newest: newest ?? 3,
      lastLaunched: lastLaunched ?? Duration.days(30),
      sharedWith: sharedWith ?? [],
      regions: regions ?? [],
    };
  }

  public _validate(scope: Construct, problems: Problems): void {
    const { age, newest, lastLaunched, sharedWith } = this.config;
    for (const [name, duration, most] of [['age', age, 1000] as const, ['lastLaunched', lastLaunched, 365] as const]) {
      if (duration.isUnresolved()) continue;
      const days = duration.toDays({ integral: false });
      if (Number.isInteger(days) && days >= 1 && days <= most) continue;
      problems.add(scope, `lifecycle.${name}`, `got ${days} days; Image Builder takes whole days, from 1 to ${most}`);
    }
    if (!Token.isUnresolved(newest) && !(Number.isInteger(newest) && newest >= 1 && newest <= 10)) {
      problems.add(scope, 'lifecycle.newest', `got ${newest}; Image Builder keeps 1 to 10 images, whatever their age`);
    }
    for (const account of sharedWith) {
      if (Token.isUnresolved(account) || /^\d{12}$/.test(account)) continue;
      problems.add(scope, 'lifecycle.sharedWith', `got "${account}"; give the twelve digits of an account`);
    }
  }

  public _bind(): LifecycleConfig {
    const { age, newest, lastLaunched, sharedWith, regions } = this.config;
    return { ageInDays: age.toDays(), newest, lastLaunchedInDays: lastLaunched.toDays(), sharedWith, regions };
  }
}
