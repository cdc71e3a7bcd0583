export interface LifecycleConfig {
  readonly ageInDays: number;
  /** How many of the recipe's current version stay. */
  readonly newest: number;
  readonly lastLaunchedInDays: number;
  /** Accounts. */
  readonly sharedWith: readonly string[];
}
