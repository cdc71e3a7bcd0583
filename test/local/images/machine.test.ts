import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type * as net from 'node:net';
import * as path from 'node:path';
import { Machine, makeVolume, tracesOfMachine } from '../../../integ/local/images/machine';
import { Metadata } from '../../../integ/local/images/metadata';
import { differences, treeOf } from '../../../integ/local/images/trees';
import { until } from '../../../integ/local/processes';
import { CAN_RUN, Workspace } from './workspace';

const IDENTITY = {
  ...{ region: 'eu-west-1', accountId: '123456789012', instanceId: 'i-0123456789abcdef0', role: 'atlantis' },
  credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
};

const SERVER = '[Service]\nExecStart=/usr/bin/python3 -m http.server 4141 --bind 127.0.0.1 --directory /etc\n';

(CAN_RUN ? describe : describe.skip)('a machine', () => {
  const workspace = new Workspace();
  const outside = http.createServer((_request, response) => response.end('from outside'));
  let root: string;
  let before: ReturnType<typeof treeOf>;
  let machine: Machine;
  let metadata: Metadata;

  beforeAll(async () => {
    root = await workspace.debian();
    before = treeOf(root);
    metadata = await Metadata.start(IDENTITY);
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    const { port: to } = outside.address() as net.AddressInfo;
    machine = await Machine.boot(root, {
      forwards: [...metadata.forwards, { address: '127.0.0.1', port: 3000, to }],
      hosts: { 'forge.example': '127.0.0.1' },
      volumes: { '/dev/sdf': await makeVolume(workspace.file('volume'), 64) },
      files: { '/run/systemd/system/server.service': SERVER },
    });
  });

  afterAll(async () => {
    await machine?.stop();
    await metadata?.stop();
    outside.close();
    expect(await tracesOfMachine(machine.id, [workspace.directory])).toEqual([]);
    // What it changed was not a part of the image.
    expect(differences(before, treeOf(root))).toEqual([]);
    workspace.remove();
  });

  test('is up, with systemd as its first process and no failed unit', async () => {
    expect((await machine.run(['systemctl', 'is-system-running'])).trim()).toBe('running');
    expect((await machine.run(['cat', '/proc/1/comm'])).trim()).toBe('systemd');
    expect((await machine.run(['systemctl', 'is-active', 'ssh.service', 'dbus.service'])).trim()).toBe('active\nactive');
  });

  test('reaches what it is given of the outside, and nothing else', async () => {
    expect(await machine.run(['curl', '--silent', '--fail', 'http://forge.example:3000/'])).toBe('from outside');
    expect((await machine.run(['ip', '-brief', 'link'])).trim().split('\n')).toEqual([expect.stringMatching(/^lo /)]);
    expect((await machine.try(['curl', '--silent', '--max-time', '5', 'http://192.0.2.1/'])).code).not.toBe(0);
  });

  test('is reached from outside at a port that it is asked for', async () => {
    await machine.run(['systemctl', 'start', 'server.service']);
    const port = await machine.expose(4141);
    const answer = () =>
      fetch(`http://127.0.0.1:${port}/debian_version`).then(
        (response) => response.text(),
        () => '',
      );
    expect(await until(async () => (await answer()).startsWith('12'), 10_000)).toBe(true);
  });

  test('has the metadata of an instance, for those with a session token only', async () => {
    const ask = (...args: string[]) => machine.try(['curl', '--silent', '--show-error', '--fail', '--max-time', '5', ...args]);
    const of = 'http://169.254.169.254/latest';
    expect((await ask(`${of}/meta-data/iam/security-credentials/atlantis`)).stderr).toContain('401');
    const { stdout: token } = await ask('--request', 'PUT', '--header', 'X-aws-ec2-metadata-token-ttl-seconds: 60', `${of}/api/token`);
    const { stdout } = await ask('--header', `X-aws-ec2-metadata-token: ${token}`, `${of}/meta-data/iam/security-credentials/atlantis`);
    expect(JSON.parse(stdout)).toMatchObject({ Code: 'Success', AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'secret', Token: 'token' });
    expect(metadata.given).toEqual(['/latest/meta-data/iam/security-credentials/atlantis']);
  });

  test.each(['http://169.254.169.254/', 'http://[fd00:ec2::254]/'])(
    'denies %s to a unit that is not to have it, and to nobody else',
    async (url) => {
      const curl = ['curl', '--silent', '--globoff', '--max-time', '2', '--output', '/dev/null', '--write-out', '%{http_code}', url];
      expect((await machine.run(curl)).trim()).toBe('401');
      expect((await machine.run(['systemd-run', '--quiet', '--wait', '--pipe', ...curl])).trim()).toBe('401');
      const denied = ['--property', 'IPAddressDeny=169.254.169.254/32 fd00:ec2::254/128'];
      const { code, stdout } = await machine.try(['systemd-run', '--quiet', '--wait', '--pipe', ...denied, ...curl]);
      // 28 is curl's for no answer in time.
      expect([code, stdout]).toEqual([28, '000']);
    },
  );

  test('has a volume, which is there again after a restart and after a loss of power, as its other files are', async () => {
    await machine.run(['mkfs.ext4', '-q', '/dev/sdf']);
    await machine.run(['mount', '/dev/sdf', '/mnt']);
    await machine.run(['sh', '-c', 'echo kept > /mnt/file; echo kept > /etc/kept; echo gone > /run/gone; sync']);
    for (const again of [() => machine.reboot(), () => machine.kill().then(() => machine.start())]) {
      await again();
      await machine.run(['mount', '/dev/sdf', '/mnt']);
      expect(await machine.run(['cat', '/mnt/file', '/etc/kept'])).toBe('kept\nkept\n');
      expect((await machine.try(['test', '-e', '/run/gone'])).code).toBe(1);
      expect(await machine.run(['curl', '--silent', '--fail', 'http://forge.example:3000/'])).toBe('from outside');
    }
  });

  test('cannot change the settings of the machine that it runs on, but those of its own network', async () => {
    const { code, stderr } = await machine.try(['sysctl', '--write', 'kernel.panic=60']);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining('permission denied')]);
    const keepalive = () => fs.readFileSync('/proc/sys/net/ipv4/tcp_keepalive_time', 'utf8');
    const own = keepalive();
    await machine.run(['sysctl', '--write', 'net.ipv4.tcp_keepalive_time=61']);
    expect(keepalive()).toBe(own);
  });

  test('does not boot with a unit that fails, and says why', async () => {
    const unit = '[Unit]\nBefore=multi-user.target\n[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo this is why; exit 1"\n';
    const files = {
      '/run/systemd/system/bad.service': unit,
      '/run/systemd/system/multi-user.target.d/bad.conf': '[Unit]\nWants=bad.service\n',
    };
    const booted = Machine.boot(root, { files }).then((up) => up.stop());
    await expect(booted).rejects.toThrow(/The machine is degraded:.*bad\.service.*this is why/s);
  });
});

(CAN_RUN ? test : test.skip)('nothing is left of a machine whose owner was killed', async () => {
  const workspace = new Workspace();
  try {
    const root = await workspace.debian();
    const volume = await makeVolume(workspace.file('volume'), 16);
    const owner = spawn(process.execPath, ['--import', 'tsx', path.join(__dirname, 'owner.ts'), root, volume], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    owner.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect(await until(() => said.includes('booted'), 60_000)).toBe(true);
    const [, pid, id] = said.trim().split(' ');
    const traces = () => tracesOfMachine(id, [workspace.directory]);
    expect(fs.existsSync(`/proc/${pid}`)).toBe(true);
    expect((await traces()).join('\n')).toMatch(/keeper\.py.*\/dev\/loop\d+ /s);
    owner.kill('SIGKILL');
    expect(await until(async () => (await traces()).length === 0, 20_000)).toBe(true);
    expect(fs.existsSync(`/proc/${pid}`)).toBe(false);
  } finally {
    workspace.remove();
  }
});
