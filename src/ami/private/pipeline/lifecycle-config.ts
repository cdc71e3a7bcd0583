export interface LifecycleConfig {
  readonly ageInDays: number;
  /** How many of the recipe's current version stay. */
  readonly newest: number;
  readonly lastLaunchedInDays: number;
  /** Regions beside the stack's whose AMIs may be deleted. */
  readonly regions: readonly string[];
  /** Accounts. */
  readonly sharedWith: readonly string[];
}
