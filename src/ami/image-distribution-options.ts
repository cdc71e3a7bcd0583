import type * as kms from 'aws-cdk-lib/aws-kms';

/** A launch template that Image Builder itself adds a version to, once the image is distributed, whether or not somebody promotes it. */
export interface DistributedLaunchTemplate {
  /** The template's id, as in lt-0123456789abcdef0. It has to be in the region, and nothing else may write its image. */
  readonly launchTemplateId: string;

  /**
   * The account that has it.
   *
   * @default - the account of the pipeline
   */
  readonly account?: string;

  /**
   * Whether the new version becomes the template's default version.
   *
   * @default true
   */
  readonly setDefault?: boolean;
}

/** What becomes of an image in a region. */
export interface RegionOptions {
  /**
   * The accounts that may start machines from the image; it stays in this account.
   *
   * @default - this account only
   */
  readonly accounts?: string[];

  /**
   * The ARNs of the organizations whose accounts may.
   *
   * @default - none
   */
  readonly organizations?: string[];

  /**
   * The ARNs of the organizational units whose accounts may.
   *
   * @default - none
   */
  readonly organizationalUnits?: string[];

  /**
   * The accounts that get a copy of their own, with the candidate's parameter. Each needs the role that `ImageDistributionRole` makes.
   *
   * @default - none
   */
  readonly copyTo?: string[];

  /**
   * What encrypts the image in this region, by a key of this region. A key of the same app gets the permissions for the accounts; another one's
   * policy has to have them.
   *
   * @default - in the stack's region `volumes.key`, else the key that AWS keeps for EBS
   */
  readonly key?: kms.IKey;

  /**
   * Tags of the image in this region.
   *
   * @default - those of this library only
   */
  readonly tags?: { readonly [key: string]: string };

  /**
   * What AMIs are called here; the date of the build is put behind it.
   *
   * @default - the image's name
   */
  readonly amiName?: string;

  /**
   * The ARNs of licence configurations that AMIs are associated with.
   *
   * @default - none
   */
  readonly licenseConfigurations?: string[];

  /**
   * Launch templates that follow each image, and not each promotion.
   *
   * @default - none
   */
  readonly launchTemplates?: DistributedLaunchTemplate[];
}
