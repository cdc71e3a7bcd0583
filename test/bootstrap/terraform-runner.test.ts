import * as iam from 'aws-cdk-lib/aws-iam';
import {
  type BitbucketRunnerProps,
  type Ec2RunnerProps,
  GithubJob,
  type GithubRunnerProps,
  type GitlabRunnerProps,
  RunnerPerimeter,
  TerraformRunner,
} from '../../src';
import type { RunnerConfig, RunnerState } from '../../src/bootstrap/private/runner-config';
import { ACCOUNT, onlyResource, resourcesOf } from '../synthesized';
import { arnIn, grants, HOME, MachineStack, messageOf, PARTITIONS, type Place, trusts } from './machines';
import { ALL, isAllowed } from './simulated';

const UUID = { workspace: '84c08677-e352-4a1c-a107-6df387cfeef7', repository: '11111111-2222-3333-4444-555555555555' };
const WORKSPACE = "the workspace's name in its address, without wildcards";
const PROD = '99999999-8888-7777-6666-555555555555';
const STEP = '{01234567-89ab-cdef-0123-456789abcdef}';

const github = (given: Partial<GithubRunnerProps> = {}) =>
  TerraformRunner.githubActions({ owner: 'acme', repository: 'infra', states: ['network/prod'], ...given });
const gitlab = (given: Partial<GitlabRunnerProps> = {}) =>
  TerraformRunner.gitlab({ project: 'acme/platform/infra', states: ['network/prod'], ...given });
const bitbucket = (given: Partial<BitbucketRunnerProps> = {}) =>
  TerraformRunner.bitbucket({
    name: 'infra',
    workspace: 'acme',
    workspaceUuid: UUID.workspace,
    repositoryUuid: UUID.repository,
    states: ['network/prod'],
    ...given,
  });
const ec2 = (given: Partial<Ec2RunnerProps> = {}) => TerraformRunner.ec2({ name: 'builder', states: ['network/prod'], ...given });

interface Bound {
  readonly given: MachineStack;
  readonly config: RunnerConfig;
  readonly permitted: string[];
}

/** Runners in a stack, with states whose grants are the least that S3 asks for. */
function bound(runners: TerraformRunner | TerraformRunner[], place: Place = HOME, prefix?: string): Bound {
  const given = new MachineStack(place, prefix);
  const { stack, names, problems } = given;
  const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', names.boundary);
  const bucket = given.bucketNamed('state');
  const permitted: string[] = [];
  const state = (name: string): RunnerState => {
    const key = `${name}/terraform.tfstate`;
    const objects = [bucket.arnForObjects(key), bucket.arnForObjects(`env:/*/${key}`)];
    const grant = (grantee: iam.IGrantable, ...actions: string[]) => iam.Grant.addToPrincipal({ grantee, actions, resourceArns: objects });
    return {
      key,
      bucket,
      grantRead: (grantee) => grant(grantee, 's3:GetObject'),
      grantApply: (grantee) => grant(grantee, 's3:GetObject', 's3:PutObject'),
    };
  };
  const permit = (role: iam.Role) => permitted.push(role.node.id);
  const all = [runners].flat();
  for (const runner of all) runner._validate(stack, problems);
  problems.throwIfAny();
  const configs = all.map((runner) => runner._bind(stack, { names, boundary, problems, permit, state }));
  problems.throwIfAny();
  return { given, config: configs[0], permitted };
}

const refusal = (runner: TerraformRunner | TerraformRunner[], prefix?: string) => messageOf(() => bound(runner, HOME, prefix));

/** Whether a token with these claims gets one of the roles. */
function takes({ given, config }: Bound, kind: 'plan' | 'apply', issuer: string, claims: { aud: string; sub: string }): boolean {
  const role = kind === 'plan' ? config.planRole : config.applyRole;
  if (!role) return false;
  return trusts(given.trustOf(role), {
    action: 'sts:AssumeRoleWithWebIdentity',
    principal: `arn:${given.place.partition}:iam::${ACCOUNT}:oidc-provider/${issuer}`,
    context: { [`${issuer}:aud`]: claims.aud, [`${issuer}:sub`]: claims.sub },
  });
}

const GITHUB = 'token.actions.githubusercontent.com';
const AUD = 'sts.amazonaws.com';
const conditionsOf = ({ given }: Bound, role?: iam.Role) =>
  role && (given.trustOf(role) as { Statement: { Condition: object }[] }).Statement[0].Condition;

describe('a runner of GitHub Actions', () => {
  const both = bound(
    github({ ownerId: '123456', repositoryId: '456789', apply: [GithubJob.environment('prod'), GithubJob.branch('main')] }),
  );
  const named = bound(github({ apply: [GithubJob.environment('prod')] }));

  test.each(['repo:acme/infra:pull_request', 'repo:acme@123456/infra@456789:pull_request'])('%s may plan, and may not apply', (sub) => {
    expect(takes(both, 'plan', GITHUB, { aud: AUD, sub })).toBe(true);
    expect(takes(both, 'apply', GITHUB, { aud: AUD, sub })).toBe(false);
  });

  test.each([
    'repo:acme/infra:environment:prod',
    'repo:acme/infra:ref:refs/heads/main',
    'repo:acme@123456/infra@456789:environment:prod',
    'repo:acme@123456/infra@456789:ref:refs/heads/main',
  ])('%s may apply, and may not plan', (sub) => {
    expect(takes(both, 'apply', GITHUB, { aud: AUD, sub })).toBe(true);
    expect(takes(both, 'plan', GITHUB, { aud: AUD, sub })).toBe(false);
  });

  test.each([
    ['of another owner', 'repo:evil/infra:pull_request'],
    ['of another repository', 'repo:acme/other:pull_request'],
    ['of a repository whose name starts alike', 'repo:acme/infra2:pull_request'],
    ['of another branch', 'repo:acme/infra:ref:refs/heads/feature'],
    ['of a branch whose name starts alike', 'repo:acme/infra:ref:refs/heads/main2'],
    ['of a tag', 'repo:acme/infra:ref:refs/tags/main'],
    ['of another environment', 'repo:acme/infra:environment:dev'],
    ['with a wildcard', 'repo:acme/*:pull_request'],
    ['of other numbers', 'repo:acme@999/infra@456789:environment:prod'],
    ['of names that were taken over', 'repo:acme@123456/infra@999:pull_request'],
    ['in other case', 'repo:Acme/infra:pull_request'],
  ])('a token %s gets neither role', (_, sub) => {
    expect(takes(both, 'plan', GITHUB, { aud: AUD, sub })).toBe(false);
    expect(takes(both, 'apply', GITHUB, { aud: AUD, sub })).toBe(false);
  });

  test('a token for another audience gets neither role', () => {
    for (const aud of ['https://github.com/acme', 'sts.amazonaws.com.cn', 'api://AzureADTokenExchange']) {
      expect(takes(both, 'plan', GITHUB, { aud, sub: 'repo:acme/infra:pull_request' })).toBe(false);
      expect(takes(both, 'apply', GITHUB, { aud, sub: 'repo:acme/infra:environment:prod' })).toBe(false);
    }
  });

  test('a token of another issuer gets no role', () => {
    expect(takes(both, 'plan', 'gitlab.com', { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(false);
  });

  test('every claim is compared by StringEquals alone', () => {
    for (const role of [both.config.planRole, both.config.applyRole]) {
      expect(Object.keys(conditionsOf(both, role) ?? {})).toEqual(['StringEquals']);
      expect(JSON.stringify(both.given.trustOf(role as iam.Role))).not.toMatch(/[*?]/);
    }
  });

  test('GithubRunnerProps.ownerId left out: tokens with names only are accepted', () => {
    expect(takes(named, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(true);
    expect(takes(named, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme@123456/infra@456789:pull_request' })).toBe(false);
  });

  test('GithubRunnerProps.repositoryId left out: no number stands in the trust policy', () => {
    expect(JSON.stringify(conditionsOf(named, named.config.planRole))).not.toContain('@');
  });

  test('GithubRunnerProps.immutableOnly left out: names are accepted beside the numbers', () => {
    expect(takes(both, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(true);
  });

  test('with immutableOnly names alone are refused', () => {
    const only = bound(github({ ownerId: '123456', repositoryId: '456789', immutableOnly: true }));
    expect(takes(only, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(false);
    expect(takes(only, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme@123456/infra@456789:pull_request' })).toBe(true);
  });

  test('GithubRunnerProps.plan left out: jobs of pull requests plan', () => {
    expect(takes(bound(github()), 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(true);
    expect(takes(bound(github()), 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:ref:refs/heads/main' })).toBe(false);
  });

  test('jobs of a branch may plan, if it is asked for', () => {
    const branch = bound(github({ plan: [GithubJob.branch('main')] }));
    expect(takes(branch, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:ref:refs/heads/main' })).toBe(true);
    expect(takes(branch, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(false);
  });

  test('GithubRunnerProps.apply left out: there is no apply role', () => {
    const { config, given } = bound(github());
    expect(config.applyRole).toBeUndefined();
    expect(Object.keys(resourcesOf(given.template, 'AWS::IAM::Role'))).toHaveLength(1);
  });

  test('GithubRunnerProps.name left out: the roles have the name of the repository', () => {
    const { config, given } = bound(github({ apply: [GithubJob.environment('prod')] }));
    expect(given.propertiesOf(config.planRole as iam.Role).RoleName).toBe('terraform-infra-plan');
    expect(given.propertiesOf(config.applyRole as iam.Role).RoleName).toBe('terraform-infra-apply');
  });

  test('GithubRunnerProps.issuer left out: tokens are from github.com', () => {
    expect(onlyResource(bound(github()).given.template, 'AWS::IAM::OIDCProvider').Properties.Url).toBe(`https://${GITHUB}`);
  });

  test('tokens of GitHub Enterprise Server are accepted, if they are asked for', () => {
    const own = bound(github({ issuer: 'https://git.acme.example/_services/token' }));
    expect(takes(own, 'plan', 'git.acme.example/_services/token', { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(true);
    expect(takes(own, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(false);
  });

  test('GithubRunnerProps.audience left out: it is that of STS in the partition', () => {
    for (const place of PARTITIONS) {
      const there = bound(github(), place);
      expect(takes(there, 'plan', GITHUB, { aud: `sts.${place.suffix}`, sub: 'repo:acme/infra:pull_request' })).toBe(true);
      expect(onlyResource(there.given.template, 'AWS::IAM::OIDCProvider').Properties.ClientIdList).toEqual([`sts.${place.suffix}`]);
    }
  });

  test('another audience is accepted instead, if it is given', () => {
    const other = bound(github({ audience: 'acme-terraform' }));
    expect(takes(other, 'plan', GITHUB, { aud: 'acme-terraform', sub: 'repo:acme/infra:pull_request' })).toBe(true);
    expect(takes(other, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(false);
  });

  test.each([
    [{ owner: '*' }, 'runners[infra].owner: got "*"; give one organization or user of GitHub, without wildcards'],
    [{ owner: 'acme?' }, 'one organization or user of GitHub'],
    [{ owner: 'acme$' }, 'one organization or user of GitHub'],
    [{ owner: 'acme/infra' }, 'one organization or user of GitHub'],
    [{ name: 'infra', repository: '*' }, 'runners[infra].repository: got "*"; give one repository, without its owner, without wildcards'],
    [{ name: 'infra', repository: 'infra:ref' }, 'one repository, without its owner'],
    [{ name: 'infra', repository: '..' }, 'one repository, without its owner'],
    [{ ownerId: '12*', repositoryId: '1' }, 'runners[infra].ownerId: got "12*"; give the owner\'s number, without wildcards'],
    [{ ownerId: '12', repositoryId: 'x' }, 'runners[infra].repositoryId: got "x"; give the repository\'s number, without wildcards'],
    [{ ownerId: '12' }, 'runners[infra].repositoryId: ownerId and repositoryId stand together; give both or none'],
    [{ repositoryId: '12' }, 'ownerId and repositoryId stand together'],
    [{ immutableOnly: true }, 'runners[infra].immutableOnly: needs ownerId and repositoryId; give both'],
    [{ issuer: 'http://git.example.com' }, 'give an address with https:// and neither port nor slash at the end, without wildcards'],
    [{ issuer: 'https://git.example.com:8443' }, 'neither port nor slash at the end'],
    [{ issuer: 'https://*.example.com' }, 'neither port nor slash at the end'],
    [{ audience: '*' }, 'runners[infra].audience: got "*"; give the audience of the tokens, such as sts.amazonaws.com, without wildcards'],
    [{ plan: [] }, 'runners[infra].plan: got an empty list; name the jobs that plan'],
    [{ apply: [] }, 'runners[infra].apply: got an empty list; leave it out, and there is no apply role'],
    [{ states: [] }, 'runners[infra].states: got an empty list; name at least one state that it plans'],
    [
      { apply: [GithubJob.pullRequest()] },
      "runners[infra].apply: a pull request's job runs code that nobody reviewed; give an environment or a branch",
    ],
    [{ apply: [GithubJob.branch('*')] }, 'runners[infra].apply: got "*"; give one name in full, without wildcards, such as main'],
    [
      { apply: [GithubJob.environment('prod*')] },
      'runners[infra].apply: got "prod*"; give one name in full, without wildcards, such as main',
    ],
    [{ plan: [GithubJob.branch('refs/heads/main')] }, 'runners[infra].plan: got "refs/heads/main"; give one name in full'],
    [{ plan: [GithubJob.environment('a$b')] }, 'give one name in full, without wildcards'],
    [{ planReads: ['*'] }, 'runners[infra].planReads: got "*"; give an ARN that names a resource'],
    [{ planReads: ['arn:aws:s3:::*'] }, 'give an ARN that names a resource'],
    [{ name: 'a/b' }, 'runners[a/b].name: got "a/b"; give letters, digits, dots, dashes and underscores, without wildcards'],
    [
      { perimeter: RunnerPerimeter.instance() },
      'runners[infra].perimeter: RunnerPerimeter.instance() does nothing to a role that is taken by OIDC; give RunnerPerimeter.vpcs()',
    ],
  ])('%j is refused', (given: Partial<GithubRunnerProps>, message) => {
    expect(refusal(github(given))).toContain(message);
  });

  test('values that are known only at deployment are refused where names are made from them', () => {
    const { stack } = new MachineStack();
    expect(refusal(github({ repository: stack.stackId }))).toContain(
      'is known only at deployment, but names are made from it; give it as a text',
    );
    expect(refusal(github({ issuer: stack.stackId }))).toContain(
      'is known only at deployment, but it is part of a condition key; give it as a text',
    );
  });
});

describe('a runner of GitLab CI/CD', () => {
  const sub = (branch: string, project = 'acme/platform/infra', type = 'branch') =>
    `project_path:${project}:ref_type:${type}:ref:${branch}`;
  const runner = bound(gitlab({ applyBranches: ['main'] }));

  test('GitlabRunnerProps.planBranches left out: every branch of the project may plan, and no tag', () => {
    expect(takes(runner, 'plan', 'gitlab.com', { aud: AUD, sub: sub('feature/a') })).toBe(true);
    expect(takes(runner, 'plan', 'gitlab.com', { aud: AUD, sub: sub('v1', undefined, 'tag') })).toBe(false);
  });

  test('with planBranches no other branch may plan', () => {
    const some = bound(gitlab({ planBranches: ['develop'] }));
    expect(takes(some, 'plan', 'gitlab.com', { aud: AUD, sub: sub('develop') })).toBe(true);
    expect(takes(some, 'plan', 'gitlab.com', { aud: AUD, sub: sub('feature/a') })).toBe(false);
    expect(Object.keys(conditionsOf(some, some.config.planRole) ?? {})).toEqual(['StringEquals']);
  });

  test('the branch that is named may apply, and no other', () => {
    expect(takes(runner, 'apply', 'gitlab.com', { aud: AUD, sub: sub('main') })).toBe(true);
    for (const branch of ['feature/a', 'main2', 'main*', '*']) {
      expect(takes(runner, 'apply', 'gitlab.com', { aud: AUD, sub: sub(branch) })).toBe(false);
    }
    expect(takes(runner, 'apply', 'gitlab.com', { aud: AUD, sub: sub('main', undefined, 'tag') })).toBe(false);
  });

  test.each(['acme/platform/other', 'acme/platform/infra2', 'evil/infra', 'acme/platform'])(
    'the project %s gets neither role',
    (project) => {
      expect(takes(runner, 'plan', 'gitlab.com', { aud: AUD, sub: sub('main', project) })).toBe(false);
      expect(takes(runner, 'apply', 'gitlab.com', { aud: AUD, sub: sub('main', project) })).toBe(false);
    },
  );

  test('a token for another audience gets neither role', () => {
    expect(takes(runner, 'plan', 'gitlab.com', { aud: 'https://gitlab.com', sub: sub('main') })).toBe(false);
    expect(takes(runner, 'apply', 'gitlab.com', { aud: 'https://gitlab.com', sub: sub('main') })).toBe(false);
  });

  test('GitlabRunnerProps.applyBranches left out: there is no apply role', () => {
    expect(bound(gitlab()).config.applyRole).toBeUndefined();
  });

  test('GitlabRunnerProps.name left out: the roles have the last part of the path', () => {
    expect(runner.given.propertiesOf(runner.config.planRole as iam.Role).RoleName).toBe('terraform-infra-plan');
  });

  test('GitlabRunnerProps.url left out: tokens are from gitlab.com', () => {
    expect(onlyResource(runner.given.template, 'AWS::IAM::OIDCProvider').Properties.Url).toBe('https://gitlab.com');
  });

  test('GitlabRunnerProps.audience left out: it is that of STS, in China too', () => {
    expect(onlyResource(runner.given.template, 'AWS::IAM::OIDCProvider').Properties.ClientIdList).toEqual([AUD]);
    const china = bound(gitlab(), PARTITIONS[1]);
    expect(takes(china, 'plan', 'gitlab.com', { aud: 'sts.amazonaws.com.cn', sub: sub('main') })).toBe(true);
    expect(takes(china, 'plan', 'gitlab.com', { aud: AUD, sub: sub('main') })).toBe(false);
  });

  test('a self-managed GitLab and its audience are accepted', () => {
    const own = bound(gitlab({ url: 'https://git.acme.example', audience: 'https://git.acme.example' }));
    expect(takes(own, 'plan', 'git.acme.example', { aud: 'https://git.acme.example', sub: sub('main') })).toBe(true);
    expect(takes(own, 'plan', 'gitlab.com', { aud: 'https://git.acme.example', sub: sub('main') })).toBe(false);
  });

  test.each([
    [
      { name: 'infra', project: 'acme/*' },
      'runners[infra].project: got "acme/*"; give one project with its group, such as acme/infra, without wildcards',
    ],
    [{ name: 'infra', project: 'infra' }, 'one project with its group'],
    [{ name: 'infra', project: 'acme/infra:ref' }, 'one project with its group'],
    [{ url: 'gitlab.example.com' }, 'runners[infra].url: got "gitlab.example.com"; give an address with https://'],
    [{ planBranches: ['*'] }, 'runners[infra].planBranches: got "*"; give the name of one branch, such as main, without wildcards'],
    [{ applyBranches: ['release/*'] }, 'runners[infra].applyBranches: got "release/*"; give the name of one branch'],
    [{ planBranches: [] }, 'runners[infra].planBranches: got an empty list; name the branches that plan'],
    [{ applyBranches: [] }, 'runners[infra].applyBranches: got an empty list; leave it out, and there is no apply role'],
    [{ audience: 'a b' }, 'the audience of the tokens'],
  ])('%j is refused', (given: Partial<GitlabRunnerProps>, message) => {
    expect(refusal(gitlab(given))).toContain(message);
  });
});

describe('a runner of Bitbucket Pipelines', () => {
  const issuer = 'api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc';
  const aud = `ari:cloud:bitbucket::workspace/${UUID.workspace}`;
  const repository = `{${UUID.repository}}`;
  const runner = bound(bitbucket({ applyEnvironmentUuids: [`{${PROD}}`] }));

  test('a step without an environment may plan, and may not apply', () => {
    expect(takes(runner, 'plan', issuer, { aud, sub: `${repository}:${STEP}` })).toBe(true);
    expect(takes(runner, 'apply', issuer, { aud, sub: `${repository}:${STEP}` })).toBe(false);
  });

  test('a step of the environment may apply, and may not plan', () => {
    expect(takes(runner, 'apply', issuer, { aud, sub: `${repository}:{${PROD}}:${STEP}` })).toBe(true);
    expect(takes(runner, 'plan', issuer, { aud, sub: `${repository}:{${PROD}}:${STEP}` })).toBe(false);
  });

  test.each([
    ['another repository', `{${PROD}}:${STEP}`],
    ['another environment', `${repository}:${STEP}:${STEP}`],
    ['the repository as the environment of another', `{${PROD}}:${repository}:${STEP}`],
    ['no step', `${repository}:`],
  ])('a token of %s may not apply', (_, sub) => {
    expect(takes(runner, 'apply', issuer, { aud, sub })).toBe(false);
  });

  test('a token of another repository, or of another workspace, may not plan', () => {
    expect(takes(runner, 'plan', issuer, { aud, sub: `{${PROD}}:${STEP}` })).toBe(false);
    expect(takes(runner, 'plan', issuer, { aud: `ari:cloud:bitbucket::workspace/${PROD}`, sub: `${repository}:${STEP}` })).toBe(false);
    expect(takes(runner, 'plan', issuer.replace('acme', 'evil'), { aud, sub: `${repository}:${STEP}` })).toBe(false);
  });

  test('BitbucketRunnerProps.applyEnvironmentUuids left out: there is no apply role', () => {
    expect(bound(bitbucket()).config.applyRole).toBeUndefined();
  });

  test.each([
    [{ workspace: '*' }, WORKSPACE],
    [
      { workspaceUuid: '*' },
      'runners[infra].workspaceUuid: got "*"; give the UUID that Bitbucket shows, such as {01234567-89ab-cdef-0123-456789abcdef}',
    ],
    [{ repositoryUuid: '{????????-????-????-????-????????????}' }, 'the UUID that Bitbucket shows'],
    [{ applyEnvironmentUuids: ['prod'] }, 'runners[infra].applyEnvironmentUuids: got "prod"; give the UUID that Bitbucket shows'],
    [{ applyEnvironmentUuids: [] }, 'runners[infra].applyEnvironmentUuids: got an empty list; leave it out, and there is no apply role'],
  ])('%j is refused', (given: Partial<BitbucketRunnerProps>, message) => {
    expect(refusal(bitbucket(given))).toContain(message);
  });
});

describe('a runner on EC2', () => {
  test('Ec2RunnerProps.apply left out: there is a plan role with an instance profile, and no apply role', () => {
    const { config, given } = bound(ec2());
    expect(config.applyRole).toBeUndefined();
    expect(config.oidcProviderArns).toEqual([]);
    const profile = onlyResource(given.template, 'AWS::IAM::InstanceProfile').Properties;
    expect(given.deployed(profile)).toEqual({ InstanceProfileName: 'terraform-builder-plan', Roles: ['terraform-builder-plan'] });
  });

  test('instances take the roles, and nobody else', () => {
    const { config, given } = bound(ec2({ apply: true }));
    const trust = given.trustOf(config.applyRole as iam.Role);
    expect(trusts(trust, { action: 'sts:AssumeRole', principal: 'ec2.amazonaws.com' })).toBe(true);
    expect(trusts(trust, { action: 'sts:AssumeRole', principal: 'lambda.amazonaws.com' })).toBe(false);
    expect(Object.keys(resourcesOf(given.template, 'AWS::IAM::InstanceProfile'))).toHaveLength(2);
  });
});

describe('the roles', () => {
  const runner = bound(github({ apply: [GithubJob.environment('prod')], readStates: ['shared'] }));
  const { given, config } = runner;
  const plan = given.policiesOf(config.planRole as iam.Role);
  const apply = given.policiesOf(config.applyRole as iam.Role);
  const object = (key: string) => `arn:aws:s3:::state/${key}`;

  test('both are bounded, under the path of the bootstrap, with sessions of an hour', () => {
    for (const role of [config.planRole, config.applyRole]) {
      expect(given.propertiesOf(role as iam.Role)).toMatchObject({ Path: '/terraform/', MaxSessionDuration: 3600 });
      expect(given.deployed(given.propertiesOf(role as iam.Role).PermissionsBoundary)).toBe(
        `arn:aws:iam::${ACCOUNT}:policy/terraform-boundary`,
      );
    }
  });

  test('their descriptions say what they may', () => {
    expect(given.propertiesOf(config.planRole as iam.Role).Description).toBe('Plans of infra: reads, and writes nothing');
    expect(given.propertiesOf(config.applyRole as iam.Role).Description).toBe('Applies of infra');
  });

  test('the apply role has what the terraform role has, and the plan role has not', () => {
    expect(runner.permitted).toEqual(['Runner infra apply']);
  });

  test('the apply role writes its states, and reads those that it only reads', () => {
    expect(grants({ action: 's3:PutObject', resource: object('network/prod/terraform.tfstate'), policies: apply })).toBe(true);
    expect(grants({ action: 's3:GetObject', resource: object('shared/terraform.tfstate'), policies: apply })).toBe(true);
    expect(grants({ action: 's3:PutObject', resource: object('shared/terraform.tfstate'), policies: apply })).toBe(false);
  });

  test('the plan role reads its states, and writes neither them nor a lock', async () => {
    const principal = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-infra-plan`;
    for (const key of ['network/prod/terraform.tfstate', 'env:/blue/network/prod/terraform.tfstate', 'shared/terraform.tfstate']) {
      expect(await isAllowed({ principal, action: 's3:GetObject', resource: object(key), policies: plan })).toBe(true);
      for (const action of ['s3:PutObject', 's3:DeleteObject']) {
        expect(await isAllowed({ principal, action, resource: object(key), policies: plan })).toBe(false);
        expect(await isAllowed({ principal, action, resource: object(`${key}.tflock`), policies: plan })).toBe(false);
      }
    }
  });

  // whatever its managed policies allow, now or later
  const anything = [...plan, ALL];

  test.each([
    ['s3:GetObject', object('database/prod/terraform.tfstate')],
    ['s3:GetObjectVersion', object('database/prod/terraform.tfstate')],
    ['s3:GetObject', 'arn:aws:s3:::invoices/2026.pdf'],
    ['ssm:GetParameter', arnIn('ssm', 'parameter/network/password')],
    ['ssm:GetParametersByPath', arnIn('ssm', 'parameter/network')],
    ['secretsmanager:GetSecretValue', arnIn('secretsmanager', 'secret:app-AbCdEf')],
    ['dynamodb:GetItem', arnIn('dynamodb', 'table/customers')],
    ['dynamodb:Scan', arnIn('dynamodb', 'table/customers')],
    ['logs:GetLogEvents', arnIn('logs', 'log-group:app:log-stream:x')],
    ['sqs:ReceiveMessage', arnIn('sqs', 'orders')],
    ['ecr:BatchGetImage', arnIn('ecr', 'repository/app')],
    ['ec2:GetPasswordData', arnIn('ec2', 'instance/i-0123')],
  ])('whatever its policies allow, a plan is refused %s on %s', async (action, resource) => {
    const principal = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-infra-plan`;
    expect(await isAllowed({ principal, action, resource, policies: anything })).toBe(false);
    expect(await isAllowed({ principal, action, resource, policies: [ALL] })).toBe(true);
  });

  test.each([
    ['ec2:DescribeInstances', '*'],
    ['s3:GetBucketPolicy', 'arn:aws:s3:::invoices'],
    ['s3:ListBucket', 'arn:aws:s3:::state'],
    ['dynamodb:DescribeTable', arnIn('dynamodb', 'table/customers')],
    ['lambda:GetFunction', arnIn('lambda', 'function:app')],
  ])('a plan may %s on %s, where its policies allow it', async (action, resource) => {
    const principal = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-infra-plan`;
    expect(await isAllowed({ principal, action, resource, policies: anything })).toBe(true);
  });

  test('a plan may read the parameters that AWS publishes', () => {
    const resource = 'arn:aws:ssm:eu-central-1::parameter/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    expect(grants({ action: 'ssm:GetParameter', resource, policies: anything })).toBe(true);
  });

  test('RunnerOptions.planPolicies left out: the plan role has ReadOnlyAccess', () => {
    expect(given.deployed(given.propertiesOf(config.planRole as iam.Role).ManagedPolicyArns)).toEqual([
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
    ]);
  });

  test('other policies are attached instead, if they are given', () => {
    const own = bound(github({ planPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('job-function/ViewOnlyAccess')] }));
    expect(own.given.deployed(own.given.propertiesOf(own.config.planRole as iam.Role).ManagedPolicyArns)).toEqual([
      'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess',
    ]);
  });

  test('RunnerOptions.planReads left out: no content but that of states and public parameters is read', () => {
    const statement = (plan as { Statement: { Sid?: string; NotResource?: string[] }[] }[])
      .flatMap(({ Statement }) => Statement)
      .find(({ Sid }) => Sid === 'RefuseContents');
    expect(statement?.NotResource).toEqual([
      object('network/prod/terraform.tfstate'),
      object('env:/*/network/prod/terraform.tfstate'),
      object('shared/terraform.tfstate'),
      object('env:/*/shared/terraform.tfstate'),
      'arn:aws:ssm:eu-central-1::parameter/aws/service/*',
    ]);
  });

  test('planReads opens what it names', async () => {
    const parameter = arnIn('ssm', 'parameter/ami/golden');
    const opened = bound(github({ planReads: [parameter] }));
    const policies = [...opened.given.policiesOf(opened.config.planRole as iam.Role), ALL];
    const principal = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform-infra-plan`;
    expect(await isAllowed({ principal, action: 'ssm:GetParameter', resource: parameter, policies })).toBe(true);
    expect(await isAllowed({ principal, action: 'ssm:GetParameter', resource: arnIn('ssm', 'parameter/ami/other'), policies })).toBe(false);
  });

  test('RunnerOptions.readStates left out: no other state is read', () => {
    const alone = bound(github());
    const policies = alone.given.policiesOf(alone.config.planRole as iam.Role);
    expect(grants({ action: 's3:GetObject', resource: object('network/prod/terraform.tfstate'), policies })).toBe(true);
    expect(grants({ action: 's3:GetObject', resource: object('shared/terraform.tfstate'), policies })).toBe(false);
  });

  test('RunnerOptions.perimeter left out: the credentials work from anywhere; those of EC2 on their instance only', () => {
    expect(JSON.stringify(plan)).not.toContain('aws:SourceVpc');
    const instance = bound(ec2());
    expect(JSON.stringify(instance.given.policiesOf(instance.config.planRole as iam.Role))).toContain('aws:EC2InstanceSourceVPC');
  });

  test('every statement of their policies has an id', () => {
    const own = [...plan, ...apply].flatMap((policy) => (policy as { Statement: { Sid?: string; Effect: string }[] }).Statement);
    expect(own.filter(({ Sid, Effect }) => Effect === 'Deny' && !Sid)).toEqual([]);
  });

  test('a name that makes the role names too long is refused', () => {
    expect(refusal(github({ name: 'n'.repeat(60) }))).toMatch(
      /makes the role name "terraform-n+-apply" of 76 characters; give one that leaves at most 64/,
    );
  });

  test('two runners of one name are refused', () => {
    expect(refusal([github(), gitlab()])).toContain('runners[infra].name: another runner has this name; give each its own');
  });
});

describe('the identity provider', () => {
  test('OidcRunnerOptions.provider left out: one is made, which runners of one issuer share', () => {
    const { given } = bound([github(), github({ name: 'other', repository: 'other', audience: 'acme' })]);
    expect(onlyResource(given.template, 'AWS::IAM::OIDCProvider').Properties).toEqual({
      Url: `https://${GITHUB}`,
      ClientIdList: [AUD, 'acme'],
    });
  });

  test('each issuer has its own', () => {
    const { given } = bound([github(), gitlab({ name: 'lab' }), bitbucket({ name: 'bucket' })]);
    expect(Object.keys(resourcesOf(given.template, 'AWS::IAM::OIDCProvider'))).toHaveLength(3);
  });

  test('no function makes it', () => {
    const types = Object.values(bound(github()).given.template.toJSON().Resources).map((resource) => (resource as { Type: string }).Type);
    expect(types.filter((type) => /Lambda|Custom/.test(type))).toEqual([]);
  });

  test('one that is there is used', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/${GITHUB}`;
    const given = new MachineStack();
    const provider = iam.OidcProviderNative.fromOidcProviderArn(given.stack, 'Provider', arn);
    const used = bound(github({ provider }));
    expect(Object.keys(resourcesOf(used.given.template, 'AWS::IAM::OIDCProvider'))).toEqual([]);
    expect(used.config.oidcProviderArns).toEqual([arn]);
    expect(takes(used, 'plan', GITHUB, { aud: AUD, sub: 'repo:acme/infra:pull_request' })).toBe(true);
  });
});
