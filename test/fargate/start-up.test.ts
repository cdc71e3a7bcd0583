import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { provideTools } from '../../integ/local/setup/tools';
import { AtlantisDomain, AtlantisIngress, AtlantisOnFargate, type AtlantisOnFargateProps, VcsProvider } from '../../src';
import { ended, TaskFolder, taskScripts } from './task-scripts';

const ingress = (domainName = 'atlantis.example.com') =>
  AtlantisIngress.loadBalancer({ domain: AtlantisDomain.certificate({ domainName, certificate: {} as never }) });
const secret = (stack: Stack) => Secret.fromSecretNameV2(stack, 'Token', 'token');
const github = (stack: Stack, user = 'atlantis', hostname?: string) => VcsProvider.github({ user, credentials: secret(stack), hostname });

const { privateKey: appKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});

let atlantis: string;
beforeAll(async () => {
  ({ atlantis } = await provideTools(['atlantis']));
}, 1_200_000);

let folder: TaskFolder;
beforeEach(() => {
  folder = new TaskFolder();
  folder.provide('atlantis', atlantis);
  for (const program of ['terraform', 'tofu']) folder.provideScript(program, '#!/bin/sh\necho Terraform v1.14.9\n');
});
afterEach(() => folder.remove());

const { setup, server, environment } = taskScripts((stack) => ({
  vcs: [github(stack)],
  repoAllowlist: ['github.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.awsAssigned() }),
}));

/** Starts the real server with what was synthesized, but for one setting, and for at most some seconds. */
async function start(change: { [variable: string]: string } = {}, config: { [flag: string]: unknown } = {}, seconds = 10) {
  const port = await freePort();
  const env = folder.environment({ ...environment, ATLANTIS_PORT: `${port}`, ...change });
  const file = join(folder.root, 'server.json');
  writeFileSync(file, JSON.stringify({ 'gh-token': 'token', 'gh-webhook-secret': 'w'.repeat(48), ...config }));
  return ended(atlantis, ['server', '--config', file], env, seconds);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

test('the server starts with what was synthesized, and goes on', async () => {
  const { status, stdout, stderr } = await start({}, {}, 3);
  expect([status, stdout + stderr]).toEqual([null, expect.stringContaining('Atlantis started - listening on port')]);
});

describe('what makes the server exit is refused at synth', () => {
  const refused: [string, (stack: Stack) => Partial<AtlantisOnFargateProps>, string, { [variable: string]: string }, string][] = [
    [
      'no repository',
      () => ({ repoAllowlist: [] }),
      'repoAllowlist: got no entry',
      { ATLANTIS_REPO_ALLOWLIST: '' },
      '--repo-allowlist must be set',
    ],
    [
      'a scheme in the allowlist',
      () => ({ repoAllowlist: ['https://github.com/acme/*'] }),
      'repoAllowlist[0]: got "https://github.com/acme/*"',
      { ATLANTIS_REPO_ALLOWLIST: 'https://github.com/acme/*' },
      '--repo-allowlist cannot contain ://',
    ],
    ['no forge', () => ({ vcs: [] }), 'vcs: got no provider', { ATLANTIS_GH_USER: '' }, 'must be set'],
    ['no user', (stack) => ({ vcs: [github(stack, '')] }), 'vcs[0].user: got an empty text', { ATLANTIS_GH_USER: '' }, 'must be set'],
    [
      'a forge without scheme',
      (stack) => ({ vcs: [VcsProvider.gitea({ user: 'atlantis', credentials: secret(stack), baseUrl: 'git.example.com' })] }),
      'vcs[0].baseUrl: got "git.example.com"',
      { ATLANTIS_GITEA_BASE_URL: 'git.example.com' },
      '--gitea-base-url must have http:// or https://',
    ],
    [
      'a host with a scheme',
      (stack) => ({ vcs: [github(stack, 'atlantis', 'https://github.example.com')] }),
      'vcs[0].hostname: got "https://github.example.com"',
      { ATLANTIS_GH_HOSTNAME: 'https://github.example.com' },
      'invalid base url',
    ],
    [
      'a name that cannot stand in an address',
      () => ({ ingress: ingress('atlantis example') }),
      'ingress.domain.domainName: got "atlantis example"',
      { ATLANTIS_ATLANTIS_URL: 'https://atlantis example' },
      'invalid character " " in host name',
    ],
    [
      'a version that is none',
      () => ({ settings: { defaultTfVersion: 'latest' } }),
      'settings.defaultTfVersion: got "latest"',
      { ATLANTIS_DEFAULT_TF_VERSION: 'latest' },
      'malformed version: latest',
    ],
  ];

  test.each(refused)('%s', async (_, props, message, change, exit) => {
    const stack = new Stack(new App(), 'Stack');
    const good = { vcs: [github(stack)], repoAllowlist: ['github.com/acme/*'], ingress: ingress() };
    expect(() => new AtlantisOnFargate(stack, 'Atlantis', { ...good, ...props(new Stack(stack, 'Other')) })).toThrow(
      `[Stack/Atlantis] ${message}`,
    );
    const { status, stdout, stderr } = await start(change);
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining(exit)]);
  });
});

describe('what makes the server exit, and only the task can know, is caught before it', () => {
  const caught: [string, { [flag: string]: unknown }, { [variable: string]: string }, string][] = [
    ['an empty token', { 'gh-token': '' }, {}, 'must be set'],
    ['an App id that is no number', { 'gh-app-id': 'acme' }, {}, "'gh-app-id' cannot parse value as 'int64'"],
    [
      'a key that is no PEM',
      { 'gh-app-id': 1, 'gh-app-key': 'x', 'gh-token': '' },
      { ATLANTIS_GH_USER: '', ATLANTIS_WRITE_GIT_CREDS: 'true' },
      'could not parse private key',
    ],
    [
      'a forge that does not answer',
      { 'gitea-token': 'x' },
      { ATLANTIS_GITEA_USER: 'u', ATLANTIS_GITEA_BASE_URL: 'http://127.0.0.1:9' },
      'creating gitea client: Get "http://127.0.0.1:9/api/v1/version"',
    ],
    ['an image without the command', {}, { ATLANTIS_DEFAULT_TF_DISTRIBUTION: 'opentofu', PATH: '/nowhere' }, 'tofu not found in $PATH'],
  ];

  test.each(caught)('%s', async (_, config, change, exit) => {
    const { status, stdout, stderr } = await start(change, config);
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining(exit)]);
  });
});

describe('what this library sets itself, because the server exits without it', () => {
  test('an App with its git credentials written', async () => {
    const { environment: app } = taskScripts((stack) => ({
      vcs: [VcsProvider.githubApp({ slug: 'acme', credentials: secret(stack) })],
      repoAllowlist: ['github.com/acme/*'],
      ingress: ingress(),
    }));
    expect(app.ATLANTIS_WRITE_GIT_CREDS).toBe('true');
    const { status, stdout, stderr } = await start(
      { ATLANTIS_GH_USER: '' },
      { 'gh-app-id': 1, 'gh-app-installation-id': 2, 'gh-app-key': appKey, 'gh-token': '' },
    );
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('write-git-creds')]);
  });

  test('a data directory that its user may write', async () => {
    const { status, stdout, stderr } = await start({ ATLANTIS_DATA_DIR: '/proc/nowhere' });
    expect([status, stdout + stderr]).toEqual([1, expect.stringContaining('unable to create dir')]);
  });
});

describe('the start of the server', () => {
  beforeEach(() => {
    folder.provideScript('docker-entrypoint.sh', '#!/bin/sh\nexec atlantis "$@"\n');
    mkdirSync(join(folder.root, 'home/atlantis'), { recursive: true });
  });

  async function preflight(): Promise<void> {
    const { status, stderr } = await folder.run(setup, {
      ATLANTIS_SETUP_SECRET_1: '{"token":"very-secret-token"}',
      ATLANTIS_SETUP_SECRET_2: `{"webhook_secret":"${'w'.repeat(48)}"}`,
    });
    expect([status, stderr]).toEqual([0, '']);
  }

  async function startForSeconds(seconds: number) {
    const env = folder.environment({ ...environment, ATLANTIS_PORT: `${await freePort()}` });
    return ended(
      '/usr/bin/timeout',
      ['--preserve-status', '--signal=TERM', `${seconds}`, '/bin/sh', '-c', folder.at(server)],
      env,
      seconds + 5,
    );
  }

  test('reads the secrets once and leaves none of them behind', async () => {
    await preflight();
    const { stdout, stderr } = await startForSeconds(3);
    expect(stdout + stderr).toContain('Atlantis started - listening on port');
    expect(folder.has('atlantis-run/config/server.json')).toBe(false);
    expect(folder.has('atlantis-run/config/once.json')).toBe(false);
  });

  test('a second start in the same task says why it cannot be', async () => {
    await preflight();
    await startForSeconds(2);
    const { status, stderr } = await startForSeconds(2);
    expect([status, stderr]).toEqual([
      1,
      'cdk-atlantis: the configuration was read already; a task starts its server once, so let a new task start\n',
    ]);
  });

  test('waits for the lock of a predecessor, where the server itself would exit', async () => {
    await preflight();
    const lock = join(folder.root, 'atlantis-data/atlantis.db');
    const holder = ended('/bin/sh', ['-c', `: >>${lock}; exec flock ${lock} sleep 6`], { PATH: process.env.PATH as string });
    await new Promise((later) => setTimeout(later, 300));
    const alone = await start();
    expect([alone.status, alone.stdout + alone.stderr]).toEqual([1, expect.stringContaining('starting BoltDB: timeout')]);
    const waited = await startForSeconds(9);
    expect(waited.stdout).toContain('is locked by a server that was here before; waiting up to 180 s');
    expect(waited.stdout + waited.stderr).toContain('Atlantis started - listening on port');
    await holder;
  }, 40_000);
});
