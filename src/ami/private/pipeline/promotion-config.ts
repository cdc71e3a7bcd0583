export interface PromotionConfig {
  /** Whether an image that can be had is promoted by itself. */
  readonly automatic: boolean;
  readonly launchTemplateIds: readonly string[];
  /** How many promoted images stay in use. */
  readonly keep: number;
}

/** What is promoted, and where that is written. */
export interface PromotedParameters {
  /** The image's name. */
  readonly name: string;
  readonly candidateParameterName: string;
  readonly promotedParameterName: string;
  /** What the ARNs of the pipeline's images start with, where the pipeline is. */
  readonly imagePrefix?: string;
}

export const candidateParameterOf = (name: string): string => `/imagebuilder/${name}/candidate`;

/** Not below `/imagebuilder/`, where Image Builder may write. */
export const promotedParameterOf = (name: string): string => `/images/${name}/promoted`;
