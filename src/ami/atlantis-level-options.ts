import type { AtlantisVersion } from '../server/atlantis-version';
import type { RepoConfig } from '../server/repo-config';
import type { ServerSettings } from '../server/server-settings';
import type { VcsProvider } from '../server/vcs-provider';
import type { DataVolume } from './data-volume';
import type { ServerTls } from './server-tls';
import type { StartSecret } from './start-secret';
import type { TargetRole } from './target-role';

/**
 * What the atlantis level is told. What is left out here can be given when the server starts: with `StartSecret.settings` or a command, or
 * by a file in `/etc/atlantis` that the instance's user data writes.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html
 */
export interface AtlantisLevelOptions {
  /**
   * The server's version.
   *
   * @default AtlantisVersion.V0_47_1
   */
  readonly version?: AtlantisVersion;

  /**
   * The SHA-256 of the release's zip file for the image's architecture, 64 hexadecimal digits.
   *
   * @default - the release's own list of checksums is fetched, and compared
   */
  readonly sha256?: string;

  /**
   * Where the repositories are. The image holds the names of the secrets, never a value.
   *
   * @default - none; given when the server starts
   */
  readonly vcs?: VcsProvider[];

  /**
   * Which repositories may be planned, as in `github.com/acme/*`.
   *
   * @default - none; given when the server starts
   */
  readonly repoAllowlist?: string[];

  /**
   * The address under which the forge and people reach the server.
   *
   * @default - given when the server starts; else the instance's own name, which nobody outside knows
   */
  readonly url?: string;

  /**
   * The port on which the server listens, from 1024 on.
   *
   * @default 4141
   */
  readonly port?: number;

  /**
   * Settings of the server.
   *
   * @default - Atlantis's own defaults, its pool size of 15 included
   */
  readonly settings?: ServerSettings;

  /**
   * What repositories may do.
   *
   * @default RepoConfig.lockedDown(), unless `extraSettings` has `repo-config` or `repo-config-json`
   */
  readonly repoConfig?: RepoConfig;

  /**
   * Any other flag of Atlantis and its value, without the dashes in front. Flags for secrets are refused, as everybody who may start the
   * image can read them, and so are flags that Atlantis 0.47.1 does not have, unless `version` is another one.
   *
   * @default - none
   */
  readonly extraSettings?: { [flag: string]: string };

  /**
   * Values that the server is given when it starts, beside those of `vcs`.
   *
   * @default - none
   */
  readonly secrets?: StartSecret[];

  /**
   * The roles that Terraform assumes.
   *
   * @default - none; Terraform has no credentials of AWS
   */
  readonly targetRoles?: TargetRole[];

  /**
   * Where locks, plans and clones live.
   *
   * @default DataVolume.ebs()
   */
  readonly dataVolume?: DataVolume;

  /**
   * Where HTTPS ends.
   *
   * @default ServerTls.atLoadBalancer()
   */
  readonly tls?: ServerTls;
}
