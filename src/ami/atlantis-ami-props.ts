import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { BuilderOptions } from './builder-options';
import type { ImageBase } from './image-base';
import type { ImageBuilds } from './image-builds';
import type { ImageComponent } from './image-component';
import type { ImageDistribution } from './image-distribution';
import type { ImageLevel } from './image-level';
import type { ImageLifecycle } from './image-lifecycle';
import type { ImageNotifications } from './image-notifications';
import type { ImagePromotion } from './image-promotion';
import type { ImageVolumes } from './image-volumes';
import type { VulnerabilityScan } from './vulnerability-scan';

/** An image, how it is built, and who gets it. */
export interface AtlantisAmiProps {
  /**
   * What the image is built on.
   *
   * @default - the newest Amazon Linux 2023 when a build starts, for ARM64
   */
  readonly base?: ImageBase;

  /** What is put on the base, from the first level to the last one. */
  readonly levels: ImageLevel[];

  /**
   * Components that only test: they run after those of the levels, on the machine that is started from the image as on the one that it is
   * made of.
   *
   * @default - the levels' own tests
   */
  readonly tests?: ImageComponent[];

  /**
   * When images are built.
   *
   * @default - after each deploy that changed what is built, without the deploy waiting for it, and once a week when the base or an AWS
   * component has a newer version
   */
  readonly builds?: ImageBuilds[];

  /**
   * The machine that the image is made on.
   *
   * @default - in a VPC that is made for it, with one NAT gateway
   */
  readonly builder?: BuilderOptions;

  /**
   * The volumes of the image.
   *
   * @default - encrypted ones
   */
  readonly volumes?: ImageVolumes;

  /**
   * What is done about known vulnerabilities of what is on the image.
   *
   * @default - nothing, since Amazon Inspector has to be enabled in the account for it
   */
  readonly scan?: VulnerabilityScan;

  /**
   * A bucket that gets the bill of materials of each image, as CycloneDX, under the image's name. The image itself has it in
   * `/usr/share/cdk-atlantis/sbom.cdx.json` in any case.
   *
   * @default - it is on the image only
   */
  readonly sbomBucket?: IBucket;

  /**
   * The regions, accounts and organizations that get the image.
   *
   * @default - the stack's own account and region
   */
  readonly distribution?: ImageDistribution[];

  /**
   * How a candidate becomes the image that is used.
   *
   * @default - every image that passed its tests is promoted
   */
  readonly promotion?: ImagePromotion;

  /**
   * Which images are deleted.
   *
   * @default - old ones, but none that is in use
   */
  readonly lifecycle?: ImageLifecycle;

  /**
   * Who is told what becomes of builds.
   *
   * @default - nobody
   */
  readonly notifications?: ImageNotifications;
}
