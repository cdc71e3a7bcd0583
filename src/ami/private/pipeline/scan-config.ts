/** How many findings of a severity an image may have; of those left out any number. */
export interface FindingLimits {
  readonly critical?: number;
  readonly high?: number;
  readonly medium?: number;
}

export interface ScanConfig {
  readonly scanning: boolean;
  /** What fails an image; without, nothing does. */
  readonly limits?: FindingLimits;
}
