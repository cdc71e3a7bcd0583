import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { until } from '../../integ/local/processes';
import { Namespace } from './traces';

const ROOT = path.join(__dirname, '..', '..');
const USER = [process.execPath, '--import', 'tsx', path.join(__dirname, 'engine-user.ts')];
const CLOUD = [process.execPath, '--import', 'tsx', path.join(ROOT, 'integ', 'local', 'cloud.ts')];

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const usersEngine = fs.existsSync('/var/run/docker.sock');

let directory: string;

beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-'));
  fs.chmodSync(directory, 0o777);
});

afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

/** A command whose output is read, and which ends with its input. */
class Program {
  output = '';
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly ended: Promise<number>;

  constructor([program, ...args]: string[], env: NodeJS.ProcessEnv = {}) {
    const unset = { DOCKER_HOST: undefined, CDK_ATLANTIS_RUN: undefined };
    this.child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...unset, HOME: directory, CDK_ATLANTIS_CACHE: directory, ...env },
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code ?? -1)));
  }

  async up(): Promise<string> {
    if (!(await until(() => this.output.includes('up: '), 60_000))) throw new Error(this.output);
    return /up: (.*)/.exec(this.output)?.[1] ?? '';
  }

  end(): Promise<number> {
    this.child.stdin.end();
    return this.ended;
  }
}

async function complaint(program: Program): Promise<string> {
  expect(await program.end()).toBe(1);
  return program.output;
}

(isRoot && !usersEngine ? describe : describe.skip)('an engine of our own', () => {
  let namespace: Namespace;
  const user = (env?: NodeJS.ProcessEnv) => new Program([...namespace.prefix, ...USER], env);
  const rules = () => ['filter', 'nat'].map((table) => namespace.run('iptables', '-t', table, '-S'));
  const forwarding = () => namespace.run('cat', '/proc/sys/net/ipv4/ip_forward').trim();

  beforeAll(async () => {
    namespace = await Namespace.make();
  });

  afterAll(() => namespace.end());

  test('is started, and the packet filter and forwarding are afterwards as before', async () => {
    namespace.run(
      'iptables',
      '-A',
      'FORWARD',
      '-s',
      '192.0.2.1',
      '-m',
      'comment',
      '--comment',
      'made before, by "somebody"',
      '-j',
      'ACCEPT',
    );
    const before = rules();
    expect(forwarding()).toBe('0');
    const first = user();
    expect(await first.up()).toMatch(/^unix:\/\/\S+ own: true$/);
    expect(rules()).not.toEqual(before);
    expect(forwarding()).toBe('1');
    expect(await first.end()).toBe(0);
    expect(rules()).toEqual(before);
    expect(forwarding()).toBe('0');
  });

  test('leaves alone what others have put into the packet filter meanwhile', async () => {
    const first = user();
    await first.up();
    namespace.run('iptables', '-A', 'FORWARD', '-s', '192.0.2.2', '-j', 'DROP');
    await first.end();
    expect(rules()[0]).toContain('-A FORWARD -s 192.0.2.2/32 -j DROP');
    expect(rules()[0]).not.toContain('DOCKER');
  });

  test('leaves everything to an engine that somebody else has started meanwhile', async () => {
    const before = rules();
    const first = user();
    await first.up();
    const others = user({ CDK_ATLANTIS_CACHE: path.join(directory, 'other') });
    const made = /unix:\/\/(\S+)\/docker.sock/.exec(await others.up())?.[1] ?? '';
    // One that is in no ledger of ours, as an engine of the system is not.
    const ledger = path.join(path.dirname(made), `footprint-${namespace.run('readlink', '/proc/self/ns/net').replace(/\D/g, '')}.json`);
    const { before: known, engines } = JSON.parse(fs.readFileSync(ledger, 'utf8'));
    fs.writeFileSync(ledger, JSON.stringify({ before: known, engines: engines.slice(0, 1) }));
    await first.end();
    expect(rules()[0]).toContain('DOCKER');
    fs.writeFileSync(ledger, JSON.stringify({ before: known, engines: [] }));
    await others.end();
    expect(rules()).toEqual(before);
  });

  test('is shared by two users that start at the same time, and stopped by the last one', async () => {
    const [first, second] = [user(), user()];
    const hosts = [await first.up(), await second.up()];
    expect(hosts[0]).toBe(hosts[1]);
    const socket = hosts[0].replace(/^unix:\/\/(\S+).*/, '$1');
    await first.end();
    expect(fs.existsSync(socket)).toBe(true);
    await second.end();
    expect(fs.existsSync(socket)).toBe(false);
  });

  test('is not stopped by those who were told of it', async () => {
    const first = user();
    const host = (await first.up()).replace(/ own.*/, '');
    const second = user({ DOCKER_HOST: host });
    expect(await second.up()).toBe(`${host} own: false`);
    await second.end();
    expect(fs.existsSync(host.replace('unix://', ''))).toBe(true);
    await first.end();
  });

  test('that cannot start says why', async () => {
    const file = path.join(directory, 'file');
    fs.mkdirSync(file);
    fs.mkdirSync(path.join(file, 'engine'));
    fs.writeFileSync(path.join(file, 'engine', 'containers'), '');
    const before = rules();
    expect(await complaint(user({ CDK_ATLANTIS_CACHE: file }))).toMatch(
      /No Docker engine answers, and one could not be started: .*containers.*not a directory/,
    );
    expect(rules()).toEqual(before);
  });
});

describe('the local cloud', () => {
  async function within10s(program: Program): Promise<string> {
    const started = performance.now();
    const said = await complaint(program);
    expect(performance.now() - started).toBeLessThan(10_000);
    return said;
  }

  (isRoot && !usersEngine ? test : test.skip)('says in one sentence that there is neither Docker nor root, within 10 s', async () => {
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', ...CLOUD, 'true'];
    expect(await within10s(new Program(nobody, { CDK_ATLANTIS_CACHE: path.join(directory, 'nobody') }))).toBe(
      'No Docker engine answers: start Docker, or run this as root on Linux, where an engine can be started for you.\n',
    );
  });

  test('says in one sentence that no engine answers where DOCKER_HOST says', async () => {
    const host = `unix://${directory}/none.sock`;
    expect(await within10s(new Program([...CLOUD, 'true'], { DOCKER_HOST: host }))).toBe(
      `No Docker engine answers at ${host}, which DOCKER_HOST names.\n`,
    );
  });

  test.each(['tcp://192.0.2.1:2375', 'ssh://user@192.0.2.1'])(
    'refuses an engine on another machine, such as %s, without asking it',
    async (host) => {
      expect(await within10s(new Program([...CLOUD, 'true'], { DOCKER_HOST: host }))).toBe(
        `DOCKER_HOST names ${host}, but the local cloud needs a Docker engine on this machine.\n`,
      );
    },
  );
});
