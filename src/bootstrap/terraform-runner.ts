import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { BitbucketIdentity } from './private/runner-bitbucket';
import { RunnerChecks } from './private/runner-checks';
import type { RunnerConfig, RunnerContext } from './private/runner-config';
import { Ec2Identity } from './private/runner-ec2';
import { GithubIdentity } from './private/runner-github';
import { GitlabIdentity } from './private/runner-gitlab';
import type { RunnerIdentity } from './private/runner-identity';
import { makeRoles } from './private/runner-roles';
import type { BitbucketRunnerProps, Ec2RunnerProps, GithubRunnerProps, GitlabRunnerProps, RunnerOptions } from './terraform-runner-props';

/**
 * A machine that runs Terraform, with a role to plan and a role to apply, sessions of an hour and no key. Both are bounded as the terraform
 * role is.
 *
 * The plan role reads its states and takes no lock, since a lock that an untrusted pull request could take would stop everyone else: plan
 * with `-lock=false`. The apply role has what the terraform role has, but without MFA, so what decides who takes it is the forge's
 * protection of the branch or environment.
 */
export abstract class TerraformRunner {
  /**
   * GitHub Actions. A token has to name exactly this repository and one of the jobs that are given.
   *
   * @see https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
   */
  public static githubActions(props: GithubRunnerProps): TerraformRunner {
    return new Runner(new GithubIdentity(props), props);
  }

  /**
   * GitLab CI/CD, on gitlab.com or self-managed. A token has to name exactly this project, and a branch of it.
   *
   * @see https://docs.gitlab.com/ci/cloud_services/aws/
   */
  public static gitlab(props: GitlabRunnerProps): TerraformRunner {
    return new Runner(new GitlabIdentity(props), props);
  }

  /**
   * Bitbucket Pipelines. A token has to name exactly this repository, and for the apply role a deployment environment of it; the id of the
   * step, which is new in every run, is the one part that is left open, to its length.
   *
   * @see https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/
   */
  public static bitbucket(props: BitbucketRunnerProps): TerraformRunner {
    return new Runner(new BitbucketIdentity(props), props);
  }

  /**
   * EC2 instances with an instance profile, whose credentials work on the instance only that they were issued to.
   *
   * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
   */
  public static ec2(props: Ec2RunnerProps): TerraformRunner {
    return new Runner(new Ec2Identity(props), props);
  }

  /** @internal */
  public abstract readonly _name: string;

  /** @internal */
  public abstract _validate(scope: Construct, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct, context: RunnerContext): RunnerConfig;
}

class Runner extends TerraformRunner {
  public readonly _name: string;

  constructor(
    private readonly identity: RunnerIdentity,
    private readonly options: RunnerOptions,
  ) {
    super();
    this._name = identity.name;
  }

  public _validate(scope: Construct, problems: Problems): void {
    const checks = new RunnerChecks(scope, Token.isUnresolved(this._name) ? '?' : this._name, problems);
    const { states, planReads = [], perimeter } = this.options;
    if (checks.known('name', this._name)) checks.name(this._name);
    checks.atLeastOne('states', states, 'name at least one state that it plans');
    for (const arn of planReads) checks.arn('planReads', arn);
    perimeter?._validate(scope, checks.property('perimeter'), problems);
    this.identity.check(checks, scope, problems);
  }

  public _bind(scope: Construct, context: RunnerContext): RunnerConfig {
    if (scope.node.tryFindChild(`Runner ${this._name} plan`)) {
      context.problems.add(scope, `runners[${this._name}].name`, 'another runner has this name; give each its own');
      return { oidcProviderArns: [] };
    }
    const { states, readStates = [], planPolicies, planReads = [] } = this.options;
    const perimeter = this.options.perimeter ?? this.identity.perimeter;
    const spec = { name: this._name, states, readStates, planPolicies, planReads, perimeter: perimeter?._statements() ?? [] };
    const config = makeRoles(scope, spec, this.identity.trust(scope), context);
    this.identity.finish?.(scope, config);
    return config;
  }
}
