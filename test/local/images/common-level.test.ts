import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Machine } from '../../../integ/local/images/machine';
import { differences, treeOf } from '../../../integ/local/images/trees';
import { ImageLevel, TcpKeepalive } from '../../../src';
import { BuiltLevel } from './built-level';

// fewer open files than any machine lets a process have, so that the limit is really in force in a machine without the right to raise it
const LEVEL = ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora(), openFilesOfProcess: 8192, runUser: 'api', runUserId: 4242 });

describe.each(['debian-12', 'ubuntu-24.04'] as const)('the common level by itself on %s', (name) => {
  let built: BuiltLevel | undefined;
  let machine: Machine;

  beforeAll(async () => {
    built = await BuiltLevel.on(name);
  });

  afterAll(() => built?.remove());

  /** Where the archive of the system cannot be had, the level is only linted for it. */
  const there = (body: (level: BuiltLevel) => Promise<void>) => async () => {
    if (built) await body(built);
  };

  test(
    'without a network fails in one line that says what could not be reached',
    there(async (level) => {
      const packages = { component: 'common-packages', phase: 'build', step: 'Install' } as const;
      expect(await level.build(LEVEL, ['--without-network'], packages)).toEqual([
        expect.stringMatching(/^packages: could not fetch the lists of packages: E: Failed to fetch http:\S+ .*resol/),
      ]);
    }),
  );

  test(
    'is built, and gives the same tree when it is built again',
    there(async (level) => {
      expect(await level.build(LEVEL)).toEqual([]);
      const [once, compiled] = [treeOf(level.root), compiledIn(level.root)];
      expect(await level.build(LEVEL)).toEqual([]);
      expect(differences(once, treeOf(level.root))).toEqual([]);
      expect(compiled.size).toBeGreaterThan(500);
      expect(compiledIn(level.root)).toEqual(compiled);
    }),
  );

  test(
    'has SSH again where the image that it is made from had it off, and fails where it is still off',
    there(async (level) => {
      const step = { component: 'common-settings', step: 'LessToAttack' };
      const ssh = ImageLevel.common({ ssh: true });
      const masks = () => ['ssh', 'sshd'].filter((unit) => fs.existsSync(path.join(level.root, `etc/systemd/system/${unit}.socket`)));
      for (const first of ['Folders', 'Sshd', 'LessToAttack']) {
        expect(await level.build(LEVEL, [], { ...step, step: first, phase: 'build' })).toEqual([]);
      }
      expect(await level.build(ssh, [], { ...step, phase: 'validate' })).toEqual(['hardening: ssh.service is masked']);
      expect(await level.build(ssh, [], { ...step, phase: 'build' })).toEqual([]);
      expect([masks(), await level.build(ssh, [], { ...step, phase: 'validate' })]).toEqual([[], []]);
      expect(await level.build(LEVEL, [], { ...step, phase: 'validate' })).toEqual(['hardening: ssh.service is not masked']);
      expect(await level.build(LEVEL, [], { ...step, phase: 'build' })).toEqual([]);
      expect(await level.build(LEVEL, [], { ...step, phase: 'validate' })).toEqual([]);
    }),
  );

  test(
    'boots with all units well, and passes its tests',
    there(async (level) => {
      machine = await level.boot();
      expect(await level.test(LEVEL)).toEqual([]);
    }),
  );

  test(
    'has the settings of TCP in force',
    there(async () => {
      const names = ['time', 'intvl', 'probes'].map((setting) => `net.ipv4.tcp_keepalive_${setting}`);
      expect((await machine.run(['sysctl', '-n', ...names])).trim().split('\n')).toEqual(['1', '1', '5']);
    }),
  );

  test(
    'has its limits in force, for services and for sessions',
    there(async () => {
      const run = ['systemd-run', '--quiet', '--pipe', '--wait'];
      const shell = ['bash', '-c', 'echo $(ulimit -Sn) $(ulimit -Hn) $(ulimit -c)'];
      expect(await machine.run([...run, ...shell])).toBe('8192 8192 0\n');
      expect(await machine.run([...run, '--property=PAMName=login', '--property=User=api', ...shell])).toBe('8192 8192 0\n');
    }),
  );

  test(
    'has nobody listen on port 22, although the server is there',
    there(async () => {
      expect((await machine.try(['test', '-x', '/usr/sbin/sshd'])).code).toBe(0);
      expect(await machine.run(['ss', '-Hltn', 'sport = :22'])).toBe('');
      const { code, stderr } = await machine.try(['systemctl', 'start', 'ssh']);
      expect([code === 0, stderr]).toEqual([false, expect.stringContaining('masked')]);
    }),
  );

  test(
    'has a run user that nobody can log in as',
    there(async () => {
      expect(await machine.run(['getent', 'passwd', 'api'])).toBe('api:x:4242:4242::/home/api:/usr/sbin/nologin\n');
      expect((await machine.try(['su', '-', 'api', '-c', 'true'])).code).not.toBe(0);
    }),
  );

  test(
    'has boto3 in its environment, and a use of it writes nothing',
    there(async () => {
      await machine.run(['/opt/python-tooling/bin/python', '-c', 'import boto3; boto3.client("sts", region_name="us-east-1")']);
      expect(await machine.run(['find', '/opt/python-tooling', '-newer', '/run/systemd/system', '-type', 'f'])).toBe('');
    }),
  );

  test(
    'fails its tests where something is not in force',
    there(async (level) => {
      const settings = { component: 'common-limits', phase: 'test', step: 'KernelSettings' } as const;
      await machine.run(['sysctl', '-w', 'net.ipv4.tcp_keepalive_time=7200']);
      expect(await level.test(LEVEL, settings)).toContain('kernel settings: net.ipv4.tcp_keepalive_time is 7200 and not 1');
      await machine.run(['systemd-run', '--quiet', '--unit=listener', 'python3', '-c', LISTENER]);
      const services = { component: 'common-settings', phase: 'test', step: 'Services' } as const;
      await machine.run(['bash', '-c', 'until ss -Hltn sport = :22 | grep -q .; do sleep 0.1; done']);
      expect(await level.test(LEVEL, services)).toEqual(['services: something listens on port 22']);
    }),
  );

  test(
    'is refused by its checks where another file takes a setting back, or a user has its number',
    there(async (level) => {
      const other = path.join(level.root, 'etc/sysctl.d/99-zzz.conf');
      fs.writeFileSync(other, 'net/ipv4/tcp_keepalive_time=7200\n');
      const settings = { component: 'common-limits', phase: 'validate', step: 'KernelSettings' } as const;
      expect(await level.build(LEVEL, [], settings)).toEqual([
        'kernel settings: another file of sysctl.d sets something else than net.ipv4.tcp_keepalive_time = 1',
      ]);
      fs.rmSync(other);
      const user = { component: 'common-settings', phase: 'build', step: 'RunUser' } as const;
      expect(await level.build(ImageLevel.common({ runUser: 'other', runUserId: 4242 }), [], user)).toEqual([
        'run user: the number 4242 is that of api already',
      ]);
      expect(await level.build(ImageLevel.common({ runUser: 'api' }), [], user)).toEqual([
        'run user: api is there already, with the numbers 4242:4242 and not 4141',
      ]);
    }),
  );

  test(
    'installs no Python package that has another hash, and says in one line what could not be reached',
    there(async (level) => {
      const install = { component: 'common-python', phase: 'build', step: 'Install' } as const;
      const place = '/usr/share/cdk-atlantis/python-requirements.txt';
      expect(await level.build(LEVEL, ['--without-network'], install)).toEqual([
        expect.stringMatching(/^Python tooling: could not install what \S+ names: could not reach the index of packages: .*resolution$/),
      ]);
      const requirements = path.join(level.root, place);
      fs.writeFileSync(requirements, fs.readFileSync(requirements, 'utf8').replace(/(six==.*sha256:)...../, '$100000'));
      expect(await level.build(LEVEL, [], install)).toEqual([
        `Python tooling: could not install what ${place} names: six==1.17.0 has another hash`,
      ]);
    }),
  );
});

/** What trees leave out: the compiled files of the Python tooling, by their paths. */
function compiledIn(root: string): Map<string, string> {
  const folder = path.join(root, 'opt/python-tooling');
  const names = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pyc'));
  const digest = (name: string) =>
    createHash('sha256')
      .update(fs.readFileSync(path.join(folder, name)))
      .digest('hex');
  return new Map(names.map((name) => [name, digest(name)]));
}

const LISTENER = 'import socket, time; s = socket.create_server(("", 22)); time.sleep(600)';
