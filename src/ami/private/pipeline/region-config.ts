import type { RegionOptions } from '../../image-distribution-options';

export interface RegionConfig {
  readonly region: string;
  readonly options: RegionOptions;
}

/** Whether other accounts read the image's snapshots, which takes a key that can be shared. */
export function isShared({ accounts, copyTo, organizations, organizationalUnits }: RegionOptions): boolean {
  return [accounts, copyTo, organizations, organizationalUnits].some((list) => list !== undefined && list.length > 0);
}
