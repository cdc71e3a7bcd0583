/**
 * The command that Atlantis runs.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html#default-tf-distribution
 */
export enum TfDistribution {
  /** HashiCorp's Terraform. */
  TERRAFORM = 'terraform',
  /** OpenTofu. */
  OPENTOFU = 'opentofu',
}

/**
 * How much the server logs.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html#log-level
 */
export enum AtlantisLogLevel {
  /** Everything, commands and their output included. */
  DEBUG = 'debug',
  /** What is done for each pull request. */
  INFO = 'info',
  /** What looks wrong. */
  WARN = 'warn',
  /** What failed. */
  ERROR = 'error',
}

/**
 * Settings of the server, under Atlantis's own names.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html
 */
export interface ServerSettings {
  /**
   * The command that plans and applies, unless a repository asks for the other one.
   *
   * @default TfDistribution.TERRAFORM
   */
  readonly defaultTfDistribution?: TfDistribution;

  /**
   * The version of Terraform or OpenTofu where a repository names none. A version that the image does not hold is downloaded at its first
   * use. Three numbers with dots, such as 1.14.9.
   *
   * @default - the version that the image holds under the distribution's own name
   */
  readonly defaultTfVersion?: string;

  /**
   * How much is logged.
   *
   * @default AtlantisLogLevel.INFO
   */
  readonly logLevel?: AtlantisLogLevel;

  /**
   * How many plans or applies of one pull request may run at once. One plan with the AWS provider takes about 600 MB of memory.
   *
   * @default - as many as the task's memory holds: one for each 600 MiB after the first 300
   */
  readonly parallelPoolSize?: number;
}
