/**
 * A release of the Systems Manager agent, by which Image Builder and Session Manager reach the machine.
 *
 * @see https://github.com/aws/amazon-ssm-agent/releases
 */
export interface SsmAgentRelease {
  /** The version: four numbers with dots, such as 3.3.2299.0. */
  readonly version: string;

  /** The SHA-256 of `amazon-ssm-agent.deb` for the base's architecture, 64 hexadecimal digits. Another file ends the build. */
  readonly sha256: string;
}
