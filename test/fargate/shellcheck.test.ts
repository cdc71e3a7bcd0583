import { spawnSync } from 'node:child_process';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { debianPackages } from '../../integ/local/setup/tools';
import { AtlantisDomain, AtlantisIngress, Persistence, VcsProvider } from '../../src';
import { taskScripts } from './task-scripts';

const scripts = taskScripts((stack) => ({
  vcs: [
    VcsProvider.githubApp({ slug: 'acme', credentials: Secret.fromSecretNameV2(stack, 'App', 'app') }),
    VcsProvider.gitea({
      user: 'atlantis',
      baseUrl: "https://git.example.com/it's",
      credentials: Secret.fromSecretNameV2(stack, 'Token', 'token'),
    }),
  ],
  repoAllowlist: ['github.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.awsAssigned() }),
  persistence: Persistence.ephemeral(),
}));

// the awk program and the patterns of JSON's escapes stand in single quotes on purpose
const ARGUMENTS = ['--shell=sh', '--exclude=SC1003,SC2016', '-'];

beforeAll(() => debianPackages('shellcheck'), 120_000);

test.each(['setup', 'server'] as const)('shellcheck finds nothing in the script of the %s container', (name) => {
  const { status, stdout } = spawnSync('shellcheck', ARGUMENTS, { input: scripts[name], encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, '']);
});

test('shellcheck would find an unquoted variable', () => {
  const { status } = spawnSync('shellcheck', ARGUMENTS, { input: scripts.setup.replace('"$4" "$1"', '"$4" $1'), encoding: 'utf8' });
  expect(status).toBe(1);
});
