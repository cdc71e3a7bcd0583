import type { IKey } from 'aws-cdk-lib/aws-kms';
export interface ImageBaseConfig {
  /** As the recipe names it. */
  readonly parentImage: string;
  readonly rootDeviceName: string;
  /** What the machine runs when it starts, before Image Builder can reach it. */
  readonly userData?: string;
  /** Whether the base has a data volume, which the image inherits. */
  readonly dataVolume?: boolean;
  /** What encrypts the base. */
  readonly encryptionKey?: IKey;
}
