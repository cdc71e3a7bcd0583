import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { CertificateAuthority } from '../../../integ/local/certificates';
import { command } from '../../../integ/local/setup/command';
import type { FILES } from '../../../src/ami/private/files';
import { scriptText } from '../../../src/ami/private/script-step';

const PROGRAM = '#!/bin/sh\necho "tool v1.2.3"\n';
const files = new Map<string, Buffer>();
let directory: string;
let authority: CertificateAuthority;
let server: https.Server;
let base: string;

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const inDirectory = (...names: string[]) => path.join(directory, ...names);

interface Ended {
  readonly status: number | null;
  readonly lines: string[];
}

/** As Image Builder runs a step: in bash, with its values exported before it. */
function runs(name: keyof typeof FILES, values: { readonly [variable: string]: string }): Promise<Ended> {
  const env = { PATH: process.env.PATH, CURL_CA_BUNDLE: authority.certificateFile, ...values };
  const child = spawn('bash', ['-c', `set -euo pipefail\n${scriptText(name)}`], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  return new Promise((resolve) =>
    child.on('close', (status) => resolve({ status, lines: said.split('\n').filter((line) => line !== '') })),
  );
}

const DESTINATION = 'bin/tool1.2.3';

function fetches(file: string, values: { readonly [variable: string]: string } = { LIST_URL: `${base}/list` }): Promise<Ended> {
  const release = { NAME: 'tool 1.2.3', PRODUCT: 'tool', VERSION: '1.2.3', RECORDS: inDirectory('records') };
  return runs('fetch-release.sh', { ...release, URL: `${base}/${file}`, DESTINATION: inDirectory(DESTINATION), ...values });
}

const refusal = (message: string): Ended => ({ status: 1, lines: [`tool 1.2.3: ${message}`] });

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-atlantis-scripts-'));
  authority = await CertificateAuthority.make(directory);
  server = https.createServer(await authority.issue(['localhost']), ({ url = '' }, response) => {
    const content = files.get(url.slice(1));
    if (url === '/moved.zip') response.writeHead(302, { location: `${base}/tool.zip` }).end();
    else if (url === '/plain.zip') response.writeHead(302, { location: 'http://localhost:1/tool.zip' }).end();
    else response.writeHead(content ? 200 : 404).end(content ?? 'nothing');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `https://localhost:${(server.address() as AddressInfo).port}`;

  fs.writeFileSync(inDirectory('tool'), PROGRAM);
  await command('python3', ['-m', 'zipfile', '-c', inDirectory('tool.zip'), inDirectory('tool')]);
  await command('tar', ['--create', '--gzip', '--file', inDirectory('tool.tar.gz'), '--directory', directory, './tool']);
  for (const name of ['tool', 'tool.zip', 'tool.tar.gz']) files.set(name, fs.readFileSync(inDirectory(name)));
  const flipped = Buffer.from(files.get('tool.zip') as Buffer);
  flipped[flipped.length >> 1] ^= 1;
  files.set('flipped.zip', flipped);
  files.set('broken.zip', Buffer.from('no archive'));
});

beforeEach(() => {
  fs.rmSync(inDirectory('bin'), { recursive: true, force: true });
  const lines = ['tool', 'tool.zip', 'tool.tar.gz', 'broken.zip'].map((name) => `${sha256(files.get(name) as Buffer)}  ${name}\n`);
  const others = `${'0'.repeat(64)}  tool.zip.sig\n${sha256(files.get('tool.zip') as Buffer)} *moved.zip\n`;
  files.set('list', Buffer.from(`${lines.join('')}${others}${sha256(files.get('tool.zip') as Buffer)}  flipped.zip\n`));
});

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  fs.rmSync(directory, { recursive: true });
});

describe('a release', () => {
  test.each([
    ['tool.zip', 'tool'],
    ['tool.tar.gz', 'tool'],
    ['tool', undefined],
    ['moved.zip', 'tool'],
  ])('is fetched, compared with the list of its publisher, and put in its place: %s', async (file, entry) => {
    const values = { LIST_URL: `${base}/list`, LINK: inDirectory('bin/tool'), ...(entry ? { ENTRY: entry } : {}) };
    fs.mkdirSync(inDirectory('bin'));
    expect(await fetches(file, values)).toEqual({ status: 0, lines: [] });
    expect(fs.readFileSync(inDirectory(DESTINATION), 'utf8')).toBe(PROGRAM);
    expect(fs.statSync(inDirectory(DESTINATION)).mode & 0o7777).toBe(0o755);
    expect(fs.readlinkSync(inDirectory('bin/tool'))).toBe(inDirectory(DESTINATION));
    expect(await fetches(file, values)).toEqual({ status: 0, lines: [] });
    expect(fs.readdirSync(inDirectory('bin'))).toEqual(['tool', 'tool1.2.3']);
  });

  test('is written down for the bill of materials', async () => {
    await fetches('tool.zip', { LIST_URL: `${base}/list`, ENTRY: 'tool' });
    expect(JSON.parse(fs.readFileSync(inDirectory('records', 'tool1.2.3.json'), 'utf8'))).toEqual({
      ...{ name: 'tool', version: '1.2.3', url: `${base}/tool.zip`, sha256: sha256(files.get('tool.zip') as Buffer) },
    });
  });

  test('is compared with a digest that is given', async () => {
    const digest = sha256(files.get('tool.zip') as Buffer);
    expect(await fetches('tool.zip', { SHA256: digest, ENTRY: 'tool' })).toEqual({ status: 0, lines: [] });
    expect(await fetches('tool.zip', { SHA256: '0'.repeat(64), ENTRY: 'tool' })).toEqual(
      refusal(`${base}/tool.zip has the SHA-256 ${digest}, and ${'0'.repeat(64)} was asked for`),
    );
  });

  test('with a flipped byte fails the build in one line, and nothing of it is there', async () => {
    const [wanted, found] = ['tool.zip', 'flipped.zip'].map((name) => sha256(files.get(name) as Buffer));
    expect(await fetches('flipped.zip', { LIST_URL: `${base}/list`, ENTRY: 'tool' })).toEqual(
      refusal(`${base}/flipped.zip has the SHA-256 ${found}, and ${wanted} is what ${base}/list names`),
    );
    expect(fs.existsSync(inDirectory(DESTINATION))).toBe(false);
  });

  test('that is not on the list fails the build, and so does one that is there twice, or without a digest', async () => {
    files.set('list', Buffer.from(`${'0'.repeat(64)}  tool.zip.sig\n`));
    expect(await fetches('tool.zip')).toEqual(refusal(`${base}/list has no line for tool.zip`));
    files.set('list', Buffer.from(`${'0'.repeat(64)}  tool.zip\n${'1'.repeat(64)}  tool.zip\n`));
    expect(await fetches('tool.zip')).toEqual(refusal(`${base}/list has more than one line for tool.zip`));
    files.set('list', Buffer.from('abc  tool.zip\n'));
    expect(await fetches('tool.zip')).toEqual(refusal(`${base}/list has no SHA-256 for tool.zip`));
  });

  test('that is no archive, or has no such program in it, fails the build in one line', async () => {
    expect(await fetches('tool.zip', { LIST_URL: `${base}/list`, ENTRY: 'other' })).toEqual(refusal('the archive has no file other'));
    const { status, lines } = await fetches('broken.zip', { LIST_URL: `${base}/list`, ENTRY: 'tool' });
    expect([status, lines.length, lines[0]]).toEqual([1, 1, expect.stringContaining('tool 1.2.3: the archive cannot be read: ')]);
  });

  test('that cannot be reached fails the build in one line', async () => {
    const missing = await fetches('missing.zip', { SHA256: '0'.repeat(64) });
    expect(missing.lines).toEqual([expect.stringMatching(/^tool 1\.2\.3: could not fetch https:.*missing\.zip: curl: \(22\) .*404/)]);
    const nowhere = await fetches('tool.zip', { URL: 'https://nowhere.invalid/tool.zip', SHA256: '0'.repeat(64) });
    expect(nowhere).toEqual({
      status: 1,
      lines: [expect.stringMatching(/could not fetch https:\/\/nowhere\.invalid\/tool\.zip: curl: \(\d+\) /)],
    });
  });

  test('is taken with TLS only, also behind a redirection, and only from who can prove to be it', async () => {
    const redirected = await fetches('plain.zip', { SHA256: '0'.repeat(64) });
    expect(redirected.lines).toEqual([expect.stringMatching(/curl: \(1\) Protocol "?http"?/)]);
    const distrusted = await fetches('tool.zip', { SHA256: '0'.repeat(64), CURL_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt' });
    expect(distrusted.lines).toEqual([expect.stringContaining('curl: (60) SSL certificate problem')]);
  });
});

describe('a package', () => {
  /** Programs that the scripts find before the system's own; `calls` is what they were told. */
  const programs = (aptGet: string): { readonly PATH: string; calls(): string[] } => {
    const folder = fs.mkdtempSync(inDirectory('programs-'));
    const log = path.join(folder, 'calls');
    const contents = { 'apt-get': aptGet, sleep: '', find: '' };
    for (const [name, content] of Object.entries(contents)) {
      const says = `echo "${name} \${*: -1}" >>'${log}'`;
      fs.writeFileSync(path.join(folder, name), `#!/bin/bash\n${says}\n${content}\n`, { mode: 0o755 });
    }
    return { PATH: `${folder}:${process.env.PATH}`, calls: () => fs.readFileSync(log, 'utf8').trimEnd().split('\n') };
  };
  const LOCKED = 'echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)" >&2; exit 100';
  const installs = ({ PATH }: { readonly PATH: string }) => runs('install-packages.sh', { PACKAGES: 'jq unzip', PATH });

  test('is waited for while a fresh machine fetches the lists by itself', async () => {
    const found = programs(`[ "$(grep -c . "$(dirname "$0")/calls")" -ge 4 ] || { ${LOCKED}; }`);
    expect(await installs(found)).toEqual({ status: 0, lines: [] });
    expect(found.calls()).toEqual([
      ...['apt-get update', 'sleep 5', 'apt-get update', 'sleep 5', 'apt-get update'],
      ...['apt-get unzip', 'apt-get clean', 'find -delete'],
    ]);
  });

  test('is waited for ten minutes, and then the build fails in one line', async () => {
    const found = programs(LOCKED);
    expect(await installs(found)).toEqual({
      status: 1,
      lines: [expect.stringMatching(/^packages: could not fetch the lists of packages: E: Could not get lock .* \(apt-get\)$/)],
    });
    expect(found.calls().filter((call) => call === 'sleep 5')).toHaveLength(119);
  });

  test('that is not there is not waited for', async () => {
    const found = programs('[[ $* != *unzip ]] || { echo "E: Unable to locate package unzip"; exit 100; }');
    expect(await installs(found)).toEqual({
      status: 1,
      lines: ['packages: could not install jq unzip: E: Unable to locate package unzip'],
    });
    expect(found.calls()).not.toContain('sleep 5');
  });
});

describe('a program', () => {
  const checks = (values: { readonly [variable: string]: string }) =>
    runs('check-version.sh', { NAME: 'tool 1.2.3', PROGRAM: '/usr/bin/env', ARGUMENT: '--version', ...values });

  test('that says another version fails the build in one line', async () => {
    const [first] = (await command('/usr/bin/env', ['--version'])).split('\n');
    const version = first.split(' ').at(-1) as string;
    expect(await checks({ VERSION: version })).toEqual({ status: 0, lines: [] });
    expect(await checks({ VERSION: '1.2.3' })).toEqual(refusal(`/usr/bin/env says "${first}", and 1.2.3 was asked for`));
  });

  test("that is missing, fails, or is not only root's fails the build in one line", async () => {
    expect(await checks({ PROGRAM: '/usr/bin/none', VERSION: '1' })).toEqual(refusal('/usr/bin/none is missing'));
    expect((await checks({ ARGUMENT: '--none', VERSION: '1' })).lines).toEqual([
      expect.stringContaining('tool 1.2.3: /usr/bin/env --none fails: '),
    ]);
    fs.chmodSync(inDirectory('tool'), 0o777);
    expect((await checks({ PROGRAM: inDirectory('tool'), VERSION: '1' })).lines).toEqual([
      expect.stringMatching(/tool is \w+:\w+ 777 and has to be root:root 755$/),
    ]);
  });
});
