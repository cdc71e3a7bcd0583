import type { ServerFlags } from './private/server-flags';

/**
 * What repositories may do: the server-side repository configuration.
 *
 * @see https://www.runatlantis.io/docs/server-side-repo-config.html
 */
export abstract class RepoConfig {
  /**
   * Every repository in the allowlist is treated alike and can loosen nothing by itself: an apply (and an import) needs an approved,
   * mergeable pull request that holds the newest state of its base branch, a repository's own `atlantis.yaml` can override nothing and
   * define no workflow. Pull requests are checked out merged with their base branch, which "undiverged" needs.
   */
  public static lockedDown(): RepoConfig {
    return new LockedDown();
  }

  /** @internal */
  public abstract _bind(): ServerFlags;
}

class LockedDown extends RepoConfig {
  public _bind(): ServerFlags {
    const requirements = ['approved', 'mergeable', 'undiverged'];
    const everyRepository = {
      id: '/.*/',
      apply_requirements: requirements,
      import_requirements: requirements,
      allowed_overrides: [],
      allow_custom_workflows: false,
    };
    return { 'repo-config-json': JSON.stringify({ repos: [everyRepository] }), 'checkout-strategy': 'merge' };
  }
}
