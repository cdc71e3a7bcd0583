import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Machine } from '../../../integ/local/images/machine';
import type { RootName } from '../../../integ/local/images/roots';
import { DataVolume, ServerTls, StartSecret, TfDistribution, VcsProvider } from '../../../src';
import { BuiltImage, isHealthy } from './atlantis-machine';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** Stands for what an earlier plan left in the data directory: the server runs it when it starts, and it tries to read the key from then on. */
const THIEF = `#!/bin/sh
setsid python3 -B -c '
import os
while True:
    try:
        stolen = open("/run/credentials/atlantis.service/tls.key").read()
        open("/opt/atlantis/data/stolen", "w").write(stolen)
        break
    except OSError:
        pass
    if os.fork():
        os._exit(0)
' >/dev/null 2>&1 </dev/null &
touch /opt/atlantis/data/thief
echo "OpenTofu v1.12.5"
`;

const SYSTEMS: [RootName, string][] = [
  ['debian-12', 'systemd 252'],
  ['ubuntu-24.04', 'systemd 255'],
];

function pair(name: string): { certificate: string; private_key: string } {
  const key = `/tmp/cdk-atlantis-${process.pid}-${name}.key`;
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-days', '1', '-keyout', key];
  const certificate = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const text = readFileSync(key, 'utf8');
  execFileSync('rm', [key]);
  return { certificate, private_key: text };
}

(isRoot ? describe : describe.skip).each(SYSTEMS)('a server with a certificate of its own on %s', (root, system) => {
  let built: BuiltImage;
  let machine: Machine;

  beforeAll(async () => {
    const first = JSON.stringify(pair('first'));
    built = await BuiltImage.build(
      root,
      { Token: JSON.stringify({ token: 'the-token-of-the-forge' }), Hook: '{"webhook_secret":"the-hook"}', Pair: first },
      (scope) => ({
        vcs: [VcsProvider.github({ user: 'bot', credentials: new Secret(scope, 'Token'), webhookSecret: new Secret(scope, 'Hook') })],
        repoAllowlist: ['github.com/acme/*'],
        settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
        tls: ServerTls.fromSecret(new Secret(scope, 'Pair')),
        secrets: [StartSecret.command(['/bin/echo', '{"log-level": "debug"}'], { flags: ['log-level'] })],
        dataVolume: DataVolume.none(),
      }),
      (directory) => {
        const path = join(directory, 'usr/local/bin/tofu');
        execFileSync('rm', ['-f', path]);
        writeFileSync(path, THIEF);
        chmodSync(path, 0o755);
      },
    );
    machine = await built.boot();
  });

  afterAll(() => built?.remove());

  test('it is the systemd that this is about', async () => {
    expect(await machine.run(['systemctl', '--version'])).toContain(`${system} `);
  });

  test('it answers with the certificate', async () => {
    expect(await isHealthy(machine, 'https')).toBe(true);
    const said = await machine.run([
      'sh',
      '-c',
      'openssl s_client -connect 127.0.0.1:4141 </dev/null 2>/dev/null | openssl x509 -noout -subject',
    ]);
    expect(said).toContain('first');
  });

  test('what the server starts cannot read the key, also when it tries from the start on', async () => {
    expect((await machine.try(['test', '-e', '/opt/atlantis/data/thief'])).code).toBe(0);
    expect((await machine.try(['test', '-e', '/opt/atlantis/data/stolen'])).code).toBe(1);
    expect(await machine.run(['stat', '--format', '%U %a', '/run/credentials/atlantis.service/tls.key'])).toBe('root 0\n');
    expect((await machine.try(['runuser', '--user', 'atlantis', '--', 'cat', '/run/credentials/atlantis.service/tls.key'])).code).toBe(1);
    expect(await machine.run(['ls', '/run/atlantis-secrets'])).not.toContain('tls.key');
  });

  test('the configuration is gone from where credentials are', async () => {
    expect(await machine.run(['ls', '/run/credentials/atlantis.service'])).toBe('tls.crt\ntls.key\n');
    expect(await machine.run(['sh', '-c', 'grep -rl the-token-of-the-forge /run /opt /etc /var 2>/dev/null || true'])).toBe('');
  });

  test('what a command prints is a setting', async () => {
    expect(await machine.journal('atlantis.service')).toContain('"level":"debug"');
  });

  test('a restart takes the newer certificate', async () => {
    await built.stores.storeSecret(built.arns.Pair, JSON.stringify(pair('second')));
    await machine.run(['systemctl', 'restart', 'atlantis.service']);
    const said = await machine.run([
      'sh',
      '-c',
      'openssl s_client -connect 127.0.0.1:4141 </dev/null 2>/dev/null | openssl x509 -noout -subject',
    ]);
    expect(said).toContain('second');
    await sleep(1000);
    expect((await machine.try(['test', '-e', '/opt/atlantis/data/stolen'])).code).toBe(1);
  });

  test('a key of another certificate stops the start with one line', async () => {
    await built.stores.storeSecret(built.arns.Pair, JSON.stringify({ ...pair('third'), private_key: pair('fourth').private_key }));
    expect((await machine.try(['systemctl', 'restart', 'atlantis.service'])).code).toBe(1);
    expect(await machine.journal('atlantis.service')).toMatch(
      /^cdk-atlantis: the secret "Pair" \(arn:\S+\) and the secret "Pair" \(arn:\S+\) are no certificate and its key \(.*\); store both in PEM form$/m,
    );
  });
});
