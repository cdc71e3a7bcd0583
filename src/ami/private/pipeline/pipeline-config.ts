import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { BuilderOptions } from '../../builder-options';
import type { ImageBuilds } from '../../image-builds';
import type { ImageDistribution } from '../../image-distribution';
import type { ImageLifecycle } from '../../image-lifecycle';
import type { ImageNotifications } from '../../image-notifications';
import type { ImagePromotion } from '../../image-promotion';
import type { ImageVolumes } from '../../image-volumes';
import type { VulnerabilityScan } from '../../vulnerability-scan';

/** How images are built, checked, handed out and removed, as the user said it. */
export interface PipelineChoices {
  readonly builder?: BuilderOptions;
  readonly builds?: readonly ImageBuilds[];
  readonly scan?: VulnerabilityScan;
  readonly distribution?: readonly ImageDistribution[];
  readonly promotion?: ImagePromotion;
  readonly lifecycle?: ImageLifecycle;
  readonly volumes?: ImageVolumes;
  readonly notifications?: ImageNotifications;
}

export interface PipelineParts {
  /** The recipe's name, and that of all that belongs to it: small letters, digits and dashes. */
  readonly name: string;
  readonly recipe: imagebuilder.CfnImageRecipe;
  readonly architecture: ec2.InstanceArchitecture;
  readonly choices: PipelineChoices;
  /** Whether the image has a volume beside the root volume. */
  readonly dataVolume: boolean;
  /** What encrypts the base. */
  readonly baseKey?: IKey;
}
