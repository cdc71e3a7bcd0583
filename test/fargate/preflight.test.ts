import { spawnSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisDomain, AtlantisIngress, Persistence, VcsProvider } from '../../src';
import { TaskFolder, taskScripts } from './task-scripts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
const { privateKey: ellipticKey } = generateKeyPairSync('ec', {
  namedCurve: 'secp521r1',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const app = { app_id: '123456', installation_id: '12345678', private_key: privateKey };
const webhook = JSON.stringify({ webhook_secret: 'w'.repeat(48) });

const { setup } = taskScripts((stack) => ({
  vcs: [
    VcsProvider.githubApp({ slug: 'acme-atlantis', credentials: Secret.fromSecretNameV2(stack, 'App', 'app') }),
    VcsProvider.gitea({ user: 'atlantis', credentials: Secret.fromSecretNameV2(stack, 'Token', 'token') }),
  ],
  repoAllowlist: ['github.com/acme/*', 'gitea.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.awsAssigned() }),
  persistence: Persistence.ephemeral(),
}));

/** Answers as a forge does when nobody is logged in. */
const forge = createServer((_, answer) => answer.writeHead(401).end());
let forgeUrl: string;
beforeAll(async () => {
  await new Promise<void>((listening) => forge.listen(0, '127.0.0.1', listening));
  forgeUrl = `http://127.0.0.1:${(forge.address() as AddressInfo).port}`;
});
afterAll(() => forge.close());

let folder: TaskFolder;
beforeEach(() => {
  folder = new TaskFolder();
  for (const program of ['atlantis', 'terraform']) folder.provideScript(program, '#!/bin/sh\n');
});
afterEach(() => folder.remove());

const good = {
  ATLANTIS_SETUP_SECRET_1: JSON.stringify(app),
  ATLANTIS_SETUP_SECRET_2: webhook,
  ATLANTIS_SETUP_SECRET_3: JSON.stringify({ token: 'gitea-token' }),
  ATLANTIS_SETUP_SECRET_4: webhook,
};

async function preflight(secrets: { app?: unknown; appHook?: string; token?: string; tokenHook?: string } = {}) {
  return folder.run(setup.replace(/https:\/\/(api.github|gitea).com/g, forgeUrl), {
    ...good,
    ...(secrets.app ? { ATLANTIS_SETUP_SECRET_1: typeof secrets.app === 'string' ? secrets.app : JSON.stringify(secrets.app) } : {}),
    ...(secrets.appHook !== undefined ? { ATLANTIS_SETUP_SECRET_2: secrets.appHook } : {}),
    ...(secrets.token !== undefined ? { ATLANTIS_SETUP_SECRET_3: secrets.token } : {}),
    ...(secrets.tokenHook !== undefined ? { ATLANTIS_SETUP_SECRET_4: secrets.tokenHook } : {}),
  });
}

/** Alpine's image has BusyBox, Debian's has mawk; a developer's machine may have neither. */
const awks = ['awk', 'mawk', 'gawk', 'busybox'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0);

test.each(awks)('good secrets become one configuration (with %s)', async (awk) => {
  if (awk !== 'awk') folder.provideScript('awk', `#!/bin/sh\nexec ${awk}${awk === 'busybox' ? ' awk' : ''} "$@"\n`);
  const { status, stderr } = await preflight({ app: { unused: 'value "quoted" \\ {}', ...app, spare: 17 } });
  expect([status, stderr]).toEqual([0, '']);
  expect(JSON.parse(folder.read('atlantis-run/config/server.json'))).toEqual({
    'gh-app-id': '123456',
    'gh-app-installation-id': '12345678',
    'gh-app-key': privateKey,
    'gh-webhook-secret': 'w'.repeat(48),
    'gitea-token': 'gitea-token',
    'gitea-webhook-secret': 'w'.repeat(48),
  });
});

test('a key in the other form of PEM is as good', async () => {
  const other = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'pem' });
  const { status, stderr } = await preflight({ app: { ...app, private_key: other } });
  expect([status, stderr]).toEqual([0, '']);
});

test('numbers may be stored as numbers, and white space between them is of no account', async () => {
  const { status } = await preflight({ app: JSON.stringify({ ...app, app_id: 123456 }, null, 2) });
  expect(status).toBe(0);
  expect(JSON.parse(folder.read('atlantis-run/config/server.json'))['gh-app-id']).toBe(123456);
});

test('only the server reads the configuration, and nobody reads or changes the binary', async () => {
  await preflight();
  expect(statSync(join(folder.root, 'atlantis-run/config/server.json')).mode & 0o777).toBe(0o400);
  expect(statSync(join(folder.root, 'atlantis-run/config')).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder.root, 'atlantis-run/bin/atlantis')).mode & 0o777).toBe(0o711);
  expect(statSync(join(folder.root, 'atlantis-run/bin')).mode & 0o777).toBe(0o755);
});

test.each<[string, Parameters<typeof preflight>[0], string]>([
  ['a secret that is no JSON', { token: 'ghp_token' }, 'the secret "Gitea credentials" is not a JSON object'],
  ['an empty secret', { token: '' }, 'the secret "Gitea credentials" is not a JSON object'],
  ['JSON of another form', { token: '{"token": ["a"]}' }, 'the secret "Gitea credentials" is not a flat JSON object'],
  ['JSON that is cut off', { token: '{"token": "a' }, 'the secret "Gitea credentials" is not JSON: a text has no end'],
  ['JSON with something behind it', { token: '{"token": "a"} b' }, 'the secret "Gitea credentials" is not a flat JSON object'],
  ['JSON with a comma too many', { token: '{"token": "a",}' }, 'the secret "Gitea credentials" is not a flat JSON object'],
  ['a number that is none', { app: '{"app_id": 0123}' }, 'the secret "GitHub credentials" is not a flat JSON object'],
  [
    'an escape that is none',
    { token: '{"token": "a\\qb"}' },
    'the secret "Gitea credentials" is not JSON: a value has a \\ that is no escape',
  ],
  ['a tab in a value', { token: '{"token": "a\tb"}' }, 'the secret "Gitea credentials" is not JSON: a value has a control character in it'],
  ['a missing key', { token: '{"tokens": "a"}' }, 'the secret "Gitea credentials" has no key token'],
  ['an empty value', { token: '{"token": ""}' }, 'the secret "Gitea credentials" has an empty token; store its value'],
  ['a value that is no text', { token: '{"token": 5}' }, 'token in the secret "Gitea credentials" is no text; store it in quotes'],
  [
    'a line break at the end',
    { token: '{"token": "a\\n"}' },
    'token in the secret "Gitea credentials" ends with a line break; store it without',
  ],
  ['a missing webhook secret', { appHook: '{}' }, 'the secret "GitHub webhook secret" has no key webhook_secret'],
  ['a missing App key', { app: { ...app, private_key: undefined } }, 'the secret "GitHub credentials" has no key private_key'],
  ['an empty App key', { app: { ...app, private_key: '' } }, 'the secret "GitHub credentials" has an empty private_key; store its value'],
  ['an App id that is no number', { app: { ...app, app_id: 'acme' } }, 'app_id in the secret "GitHub credentials" is not a number'],
  ['an empty App id', { app: { ...app, app_id: '' } }, 'the secret "GitHub credentials" has an empty app_id; store its value'],
  [
    'a key that is no PEM',
    { app: { ...app, private_key: 'ssh-rsa AAAA' } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form; store the whole file with its line breaks as \\n',
  ],
  [
    'a key whose line breaks were lost',
    { app: { ...app, private_key: privateKey.replace(/\n/g, ' ') } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form; store the whole file with its line breaks as \\n',
  ],
  [
    'a key whose line breaks were escaped twice',
    { app: { ...app, private_key: privateKey.replace(/\n/g, '\\n') } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form; store the whole file with its line breaks as \\n',
  ],
  [
    'a key whose line breaks stand in the JSON as they are',
    { app: JSON.stringify(app).replace(/\\n/g, '\n') },
    'the secret "GitHub credentials" is not JSON: a value has a line break in it; write it as \\n',
  ],
  [
    'a key that is cut off',
    { app: { ...app, private_key: privateKey.replace(/(?:.+\n){3}(?=-----END)/, '') } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form: what stands between its first and its last line is damaged',
  ],
  [
    'a key of another kind',
    { app: { ...app, private_key: ellipticKey } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form: what stands between its first and its last line is damaged',
  ],
  [
    'a damaged key',
    { app: { ...app, private_key: privateKey.replace(/\n(.{10})/, '\n$1 ?') } },
    'private_key in the secret "GitHub credentials" is not an RSA private key in PEM form: what stands between its first and its last line is damaged',
  ],
])('%s stops the task with one clear line', async (_, secrets, message) => {
  const { status, stderr } = await preflight(secrets);
  expect([status, stderr]).toEqual([1, `cdk-atlantis preflight: ${message}\n`]);
  expect(folder.has('atlantis-run/config/server.json')).toBe(false);
});

test('a secret never stands in a message', async () => {
  const { stderr } = await preflight({ token: '{"token": "very-secret\\n"}' });
  expect(stderr).not.toContain('very-secret');
});

test('a forge that does not answer stops the task, with its address and the reason', async () => {
  const { status, stderr } = await folder.run(setup.replace(/https:\/\/(api.github|gitea).com/g, 'http://127.0.0.1:9'), good);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^cdk-atlantis preflight: http:\/\/127.0.0.1:9 does not answer \(curl: \(7\) .*\); check the address, and .*\n$/);
});

test('an image without the command that plans stops the task', async () => {
  const { status, stderr } = await folder.run(setup.replace('command -v terraform', 'command -v terraform-that-is-not-there'), good);
  expect([status, stderr]).toEqual([
    1,
    'cdk-atlantis preflight: the image has no terraform; set settings.defaultTfVersion, or the other distribution\n',
  ]);
});
