import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { GitlabRunnerProps } from '../terraform-runner-props';
import type { RunnerChecks } from './runner-checks';
import { audienceOfSts, type Oidc, OidcIdentity } from './runner-oidc';

export class GitlabIdentity extends OidcIdentity {
  private readonly issuer: string;

  constructor(private readonly props: GitlabRunnerProps) {
    super(props.name ?? (Token.isUnresolved(props.project) ? props.project : (props.project.split('/').pop() ?? '')), props);
    this.issuer = props.url ?? 'https://gitlab.com';
  }

  public check(checks: RunnerChecks, scope: Construct, problems: Problems): void {
    super.check(checks, scope, problems);
    const { project, planBranches, applyBranches, audience } = this.props;
    checks.form(
      'project',
      project,
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)+$/,
      'one project with its group, such as acme/infra',
    );
    checks.issuer('url', this.issuer);
    checks.audience(audience);
    checks.atLeastOne('planBranches', planBranches, 'name the branches that plan');
    checks.atLeastOne('applyBranches', applyBranches, 'leave it out, and there is no apply role');
    for (const branch of planBranches ?? []) checks.branch('planBranches', branch);
    for (const branch of applyBranches ?? []) checks.branch('applyBranches', branch);
  }

  protected oidc(scope: Construct): Oidc {
    const { project, planBranches, applyBranches, audience } = this.props;
    const subject = (branch: string) => `project_path:${project}:ref_type:branch:ref:${branch}`;
    return {
      issuer: this.issuer,
      audience: audience ?? audienceOfSts(scope),
      // GitLab's subject of a merge request names its source branch, which can be any
      plan: planBranches ? { exact: planBranches.map(subject) } : { patterns: [subject('*')] },
      apply: applyBranches && { exact: applyBranches.map(subject) },
    };
  }
}
