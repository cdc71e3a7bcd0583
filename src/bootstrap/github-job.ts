import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';

/**
 * Which jobs of a workflow GitHub says a token is for.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims
 */
export abstract class GithubJob {
  /**
   * Jobs of workflows on `pull_request` that name no environment. GitHub gives pull requests from forks no token (`id-token: write` is
   * taken from them) unless an administrator allows write tokens for forks; leave that off. Whoever can push a branch can change what such
   * a job does, so only plan with it.
   */
  public static pullRequest(): GithubJob {
    return new Job('pull_request', true);
  }

  /**
   * Jobs on a branch that name no environment. Workflows on `pull_request_target` run as the branch that is merged into: none of them may
   * check out the pull request's code. Protect the branch.
   *
   * @param name the branch, without `refs/heads/`
   */
  public static branch(name: string): GithubJob {
    return new Job(`ref:refs/heads/${name}`, false, name, /^(?!refs\/)[A-Za-z0-9][A-Za-z0-9._/@#+-]*$/);
  }

  /**
   * Jobs that name an environment, on whatever branch they run: restrict the environment to its branches and ask for a review there.
   *
   * @param name the environment
   * @see https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
   */
  public static environment(name: string): GithubJob {
    return new Job(`environment:${name}`, false, name, /^[A-Za-z0-9](?:[A-Za-z0-9 ._/-]*[A-Za-z0-9._/-])?$/);
  }

  /** @internal */
  public abstract readonly _subject: string;

  /** @internal */
  public abstract readonly _untrusted: boolean;

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;
}

class Job extends GithubJob {
  constructor(
    public readonly _subject: string,
    public readonly _untrusted: boolean,
    private readonly given?: string,
    private readonly form?: RegExp,
  ) {
    super();
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    if (this.given === undefined || Token.isUnresolved(this.given) || this.form?.test(this.given)) return;
    problems.add(scope, property, `got "${this.given}"; give one name in full, without wildcards, such as main`);
  }
}
