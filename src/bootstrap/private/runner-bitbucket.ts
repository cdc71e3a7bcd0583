import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { BitbucketRunnerProps } from '../terraform-runner-props';
import { bareUuid, type RunnerChecks } from './runner-checks';
import { type Oidc, OidcIdentity } from './runner-oidc';

/** A step has a new UUID in every run; as many characters as one has are no other environment and no environment. */
const ANY_STEP = '{????????-????-????-????-????????????}';

export class BitbucketIdentity extends OidcIdentity {
  constructor(private readonly props: BitbucketRunnerProps) {
    super(props.name, props);
  }

  public check(checks: RunnerChecks, scope: Construct, problems: Problems): void {
    super.check(checks, scope, problems);
    const { workspace, workspaceUuid, repositoryUuid, applyEnvironmentUuids } = this.props;
    if (checks.known('workspace', workspace)) checks.form('workspace', workspace, /^[a-z0-9_-]+$/, "the workspace's name in its address");
    checks.uuid('workspaceUuid', workspaceUuid);
    checks.uuid('repositoryUuid', repositoryUuid);
    checks.atLeastOne('applyEnvironmentUuids', applyEnvironmentUuids, 'leave it out, and there is no apply role');
    for (const uuid of applyEnvironmentUuids ?? []) checks.uuid('applyEnvironmentUuids', uuid);
  }

  protected oidc(): Oidc {
    const { workspace, workspaceUuid, repositoryUuid, applyEnvironmentUuids } = this.props;
    const repository = `{${bareUuid(repositoryUuid)}}`;
    return {
      issuer: `https://api.bitbucket.org/2.0/workspaces/${workspace}/pipelines-config/identity/oidc`,
      audience: `ari:cloud:bitbucket::workspace/${bareUuid(workspaceUuid)}`,
      plan: { patterns: [`${repository}:${ANY_STEP}`] },
      apply: applyEnvironmentUuids && { patterns: applyEnvironmentUuids.map((uuid) => `${repository}:{${bareUuid(uuid)}}:${ANY_STEP}`) },
    };
  }
}
