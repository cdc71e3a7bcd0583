import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import type { CommonLevelOptions } from '../../common-level-options';
import type { ImageContext, LevelConfig, LevelParts } from '../level-config';
import { checkOptions } from './common-checks';
import { withDefaults } from './common-defaults';
import { limits } from './common-limits';
import { packages } from './common-packages';
import { pythonTooling } from './common-python';
import { settings } from './common-settings';

/** The common level. */
export class CommonLevel implements LevelParts {
  private readonly options: Required<CommonLevelOptions>;

  constructor(options: CommonLevelOptions) {
    this.options = withDefaults(options);
  }

  public validate(scope: Construct, _context: ImageContext, problems: Problems): void {
    checkOptions(scope, this.options, problems);
  }

  public bind(_scope: Construct, { os }: ImageContext): LevelConfig {
    const { options } = this;
    return { components: [packages(os, options), limits(options), settings(os, options), pythonTooling(os, options.pythonRequirements)] };
  }
}
