export interface ImageBaseConfig {
  /** As the recipe names it. */
  readonly parentImage: string;
  readonly rootDeviceName: string;
  /** What the machine runs when it starts, before Image Builder can reach it. */
  readonly userData?: string;
}
