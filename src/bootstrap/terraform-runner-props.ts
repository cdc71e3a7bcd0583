import type * as iam from 'aws-cdk-lib/aws-iam';
import type { GithubJob } from './github-job';
import type { RunnerPerimeter } from './runner-perimeter';

/** What every machine that runs Terraform can be told. */
export interface RunnerOptions {
  /** The states that it plans and applies, as in `bootstrap.state('network/prod')`, each in all workspaces. At least one. */
  readonly states: string[];

  /**
   * States that its configurations only read with `terraform_remote_state`.
   *
   * @default - none
   */
  readonly readStates?: string[];

  /**
   * What the plan role may read of the account. Whatever these allow, the role is refused the contents of objects, parameters, tables,
   * logs, queues and images, but for its own states, the parameters that AWS publishes and `planReads`.
   *
   * @default - the AWS managed policy `ReadOnlyAccess`
   * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/ReadOnlyAccess.html
   */
  readonly planPolicies?: iam.IManagedPolicy[];

  /**
   * ARNs of what a plan reads the contents of, such as of an object or a parameter that a data source names; with what `planPolicies`
   * allow. Whoever can open a pull request can read them.
   *
   * @default - none
   */
  readonly planReads?: string[];

  /**
   * From where the credentials can be used.
   *
   * @default - from anywhere; for `TerraformRunner.ec2` from the instance that they were issued to
   */
  readonly perimeter?: RunnerPerimeter;
}

/** What every machine that proves who it is with an OpenID Connect token can be told. */
export interface OidcRunnerOptions extends RunnerOptions {
  /**
   * The identity provider of the issuer, where the account has it already: AWS allows one an issuer and account. It has to accept the
   * runner's audience.
   *
   * @default - one is made, which all runners of the stack with this issuer share
   * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
   */
  readonly provider?: iam.IOIDCProviderRef;
}

/** A repository of GitHub Actions. */
export interface GithubRunnerProps extends OidcRunnerOptions {
  /**
   * What the roles are called after: `<prefix>-<name>-plan` and `<prefix>-<name>-apply`.
   *
   * @default - the repository's name
   */
  readonly name?: string;

  /** The organization or user, written as on GitHub: case counts. */
  readonly owner: string;

  /** The repository, written as on GitHub: case counts. */
  readonly repository: string;

  /**
   * The owner's number, as in `gh api users/<owner> --jq .id`. With it and `repositoryId`, tokens in GitHub's immutable form are accepted
   * too; repositories made since 2026-07-15 send no other.
   *
   * @default - tokens in the form with names only
   */
  readonly ownerId?: string;

  /**
   * The repository's number, as in `gh api repos/<owner>/<repository> --jq .id`.
   *
   * @default - tokens in the form with names only
   */
  readonly repositoryId?: string;

  /**
   * Accept tokens in the immutable form only, so that nobody who takes the names over after a deletion gets in. Needs both numbers, and
   * that the repository sends the immutable form.
   *
   * @default false
   */
  readonly immutableOnly?: boolean;

  /**
   * The jobs that may take the plan role.
   *
   * @default - `GithubJob.pullRequest()`
   */
  readonly plan?: GithubJob[];

  /**
   * The jobs that may take the apply role; a pull request's may not.
   *
   * @default - none, and there is no apply role
   */
  readonly apply?: GithubJob[];

  /**
   * Who issues the tokens: that of GitHub Enterprise Server is `https://<host>/_services/token`.
   *
   * @default 'https://token.actions.githubusercontent.com'
   */
  readonly issuer?: string;

  /**
   * The audience that the tokens are asked for.
   *
   * @default - `sts.amazonaws.com`, and `sts.amazonaws.com.cn` in China, as aws-actions/configure-aws-credentials has it
   */
  readonly audience?: string;
}

/** A project of GitLab CI/CD. */
export interface GitlabRunnerProps extends OidcRunnerOptions {
  /**
   * What the roles are called after: `<prefix>-<name>-plan` and `<prefix>-<name>-apply`.
   *
   * @default - the last part of the project's path
   */
  readonly name?: string;

  /** The project with its groups, such as `acme/platform/infra`. */
  readonly project: string;

  /**
   * The branches whose jobs may take the plan role. A merge request's jobs carry its source branch.
   *
   * @default - every branch of the project, but no tag
   */
  readonly planBranches?: string[];

  /**
   * The branches whose jobs may take the apply role. Protect them: whoever can push to one can apply.
   *
   * @default - none, and there is no apply role
   */
  readonly applyBranches?: string[];

  /**
   * The address of a self-managed GitLab, which AWS must be able to reach.
   *
   * @default 'https://gitlab.com'
   */
  readonly url?: string;

  /**
   * The audience that the jobs name under `id_tokens`.
   *
   * @default - `sts.amazonaws.com`, and `sts.amazonaws.com.cn` in China
   */
  readonly audience?: string;
}

/** A repository of Bitbucket Pipelines. The values are under Repository settings, OpenID Connect. */
export interface BitbucketRunnerProps extends OidcRunnerOptions {
  /** What the roles are called after: `<prefix>-<name>-plan` and `<prefix>-<name>-apply`. */
  readonly name: string;

  /** The workspace's name, as in its address. */
  readonly workspace: string;

  /** The workspace's UUID, with or without braces. */
  readonly workspaceUuid: string;

  /** The repository's UUID, with or without braces. */
  readonly repositoryUuid: string;

  /**
   * UUIDs of the deployment environments whose steps may take the apply role. Bitbucket's tokens name no branch: restrict the environments
   * to a branch and to administrators there. Steps without an environment may take the plan role.
   *
   * @default - none, and there is no apply role
   * @see https://support.atlassian.com/bitbucket-cloud/docs/deployment-permissions/
   */
  readonly applyEnvironmentUuids?: string[];
}

/** EC2 instances, such as self-hosted runners or a build server. */
export interface Ec2RunnerProps extends RunnerOptions {
  /** What the roles and their instance profiles are called after: `<prefix>-<name>-plan` and `<prefix>-<name>-apply`. */
  readonly name: string;

  /**
   * Whether there is a role to apply with, for instances that run nothing but reviewed code.
   *
   * @default false
   */
  readonly apply?: boolean;
}
