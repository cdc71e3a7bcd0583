/**
 * A version of the Atlantis server.
 *
 * @see https://github.com/runatlantis/atlantis/releases
 */
export class AtlantisVersion {
  /** Version 0.47.1, the version that this library's defaults were run with. */
  public static readonly V0_47_1 = new AtlantisVersion('0.47.1');

  /**
   * Another version.
   *
   * @param version three numbers with dots, without a leading "v". Versions before 0.47.1 are refused, since a pull request could inject
   * shell commands into them.
   * @throws when the text is not a version, or is older than 0.47.1
   * @see https://github.com/runatlantis/atlantis/security/advisories/GHSA-rjh2-4xgw-p2hj
   */
  public static of(version: string): AtlantisVersion {
    const numbers = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)?.slice(1).map(Number);
    if (!numbers) throw new Error(`AtlantisVersion.of: got "${version}"; give three numbers with dots, such as 0.47.1`);
    const oldest = [0, 47, 1];
    const differs = numbers.findIndex((number, i) => number !== oldest[i]);
    if (differs >= 0 && numbers[differs] < oldest[differs]) {
      throw new Error(
        `AtlantisVersion.of: got "${version}", in which a pull request can inject shell commands (GHSA-rjh2-4xgw-p2hj); give 0.47.1 or newer`,
      );
    }
    return new AtlantisVersion(version);
  }

  /**
   * @param version the version, without a leading "v"
   */
  private constructor(
    /** The version, without a leading "v". */
    public readonly version: string,
  ) {}
}
