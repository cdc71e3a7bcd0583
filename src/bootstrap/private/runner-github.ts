import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import { GithubJob } from '../github-job';
import type { GithubRunnerProps } from '../terraform-runner-props';
import type { RunnerChecks } from './runner-checks';
import { audienceOfSts, type Oidc, OidcIdentity } from './runner-oidc';

export class GithubIdentity extends OidcIdentity {
  private readonly plan: GithubJob[];
  private readonly issuer: string;

  constructor(private readonly props: GithubRunnerProps) {
    super(props.name ?? props.repository, props);
    this.plan = props.plan ?? [GithubJob.pullRequest()];
    this.issuer = props.issuer ?? 'https://token.actions.githubusercontent.com';
  }

  public check(checks: RunnerChecks, scope: Construct, problems: Problems): void {
    super.check(checks, scope, problems);
    const { owner, repository, ownerId, repositoryId, immutableOnly, apply = [] } = this.props;
    checks.form('owner', owner, /^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$/, 'one organization or user of GitHub');
    checks.form('repository', repository, /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'one repository, without its owner');
    checks.form('ownerId', ownerId, /^\d+$/, "the owner's number");
    checks.form('repositoryId', repositoryId, /^\d+$/, "the repository's number");
    if ((ownerId === undefined) !== (repositoryId === undefined))
      checks.add('repositoryId', 'ownerId and repositoryId stand together; give both or none');
    if (immutableOnly && ownerId === undefined) checks.add('immutableOnly', 'needs ownerId and repositoryId; give both');
    checks.issuer('issuer', this.issuer);
    checks.audience(this.props.audience);
    checks.atLeastOne('plan', this.plan, 'name the jobs that plan');
    checks.atLeastOne('apply', this.props.apply, 'leave it out, and there is no apply role');
    for (const job of this.plan) job._validate(scope, checks.property('plan'), problems);
    for (const job of apply) job._validate(scope, checks.property('apply'), problems);
    if (apply.some(({ _untrusted }) => _untrusted))
      checks.add('apply', "a pull request's job runs code that nobody reviewed; give an environment or a branch");
  }

  protected oidc(scope: Construct): Oidc {
    const { apply, audience } = this.props;
    return {
      issuer: this.issuer,
      audience: audience ?? audienceOfSts(scope),
      plan: { exact: this.subjects(this.plan) },
      apply: apply && { exact: this.subjects(apply) },
    };
  }

  private subjects(jobs: GithubJob[]): string[] {
    const { owner, repository, ownerId, repositoryId, immutableOnly } = this.props;
    const names = immutableOnly ? [] : [`${owner}/${repository}`];
    const ids = ownerId && repositoryId ? [`${owner}@${ownerId}/${repository}@${repositoryId}`] : [];
    return [...names, ...ids].flatMap((repo) => jobs.map(({ _subject }) => `repo:${repo}:${_subject}`));
  }
}
