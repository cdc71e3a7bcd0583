import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import type { AtlantisLevelOptions } from './atlantis-level-options';
import type { CommonLevelOptions } from './common-level-options';
import type { ImageComponent } from './image-component';
import type { ImageContext, LevelConfig, LevelParts } from './private/level-config';
import { AtlantisLevel } from './private/levels/atlantis';
import { CommonLevel } from './private/levels/common';
import { RuntimeLevel } from './private/levels/runtime';
import type { RuntimeLevelOptions } from './runtime-level-options';

/**
 * A level of an image. Images are built from the first level to the last one; each level is usable by itself, and an image with some of the
 * levels can be the base of another one.
 */
export abstract class ImageLevel {
  /**
   * What every service wants of its machine: updates, network and file limits, the time, Python tooling, a user to run as, and less to attack.
   *
   * People's SSH keys are not put on it. Image Builder removes `authorized_keys` of root and of all users after the build, so that baked keys
   * would not survive; people come in with Session Manager, where IAM says who, and what they do is logged.
   *
   * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
   */
  public static common(options: CommonLevelOptions = {}): ImageLevel {
    return new OwnLevel('common', new CommonLevel(options));
  }

  /** The programs that a service needs: Terraform, OpenTofu, Terragrunt and conftest, each in a version that is named. */
  public static runtime(options: RuntimeLevelOptions): ImageLevel {
    return new OwnLevel('runtime', new RuntimeLevel(options));
  }

  /** The Atlantis server, started by systemd when the machine starts. */
  public static atlantis(options: AtlantisLevelOptions = {}): ImageLevel {
    return new OwnLevel('atlantis', new AtlantisLevel(options));
  }

  /**
   * A level of your own.
   *
   * @param name a letter, then letters, digits and dashes
   * @param components in the order in which they run
   */
  public static of(name: string, components: ImageComponent[]): ImageLevel {
    return new GivenLevel(name, components);
  }

  /** @param name unique within the image */
  protected constructor(
    /** The name, unique within the image. */
    public readonly name: string,
  ) {}

  /** @internal */
  public abstract _validate(scope: Construct, context: ImageContext, property: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, context: ImageContext): LevelConfig;
}

class OwnLevel extends ImageLevel {
  constructor(
    name: string,
    private readonly parts: LevelParts,
  ) {
    super(name);
  }

  public _validate(scope: Construct, context: ImageContext, _property: string, problems: Problems): void {
    this.parts.validate(scope, context, problems);
  }

  public _bind(scope: Construct, context: ImageContext): LevelConfig {
    return this.parts.bind(scope, context);
  }
}

class GivenLevel extends ImageLevel {
  constructor(
    name: string,
    private readonly components: readonly ImageComponent[],
  ) {
    super(name);
  }

  public _validate(scope: Construct, _context: ImageContext, property: string, problems: Problems): void {
    if (this.components.length === 0) problems.add(scope, property, `the level "${this.name}" has no component; give one at least`);
  }

  public _bind(): LevelConfig {
    return { components: this.components };
  }
}
