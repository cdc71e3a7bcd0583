import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { until } from '../../integ/local/processes';

const ROOT = path.join(__dirname, '..', '..');
const CLOUD = path.join(ROOT, 'integ', 'local', 'cloud.ts');

/** A network namespace of the test's own: what listens and filters packets in it was put there by the test. */
export class Namespace {
  private readonly holder: ChildProcess;

  private constructor() {
    this.holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
  }

  static async make(): Promise<Namespace> {
    const namespace = new Namespace();
    const own = fs.readlinkSync('/proc/self/ns/net');
    const entered = () => {
      try {
        return fs.readlinkSync(`/proc/${namespace.holder.pid}/ns/net`) !== own;
      } catch {
        return false;
      }
    };
    if (!(await until(entered, 5_000))) throw new Error('no network namespace could be made');
    namespace.run('ip', 'link', 'set', 'lo', 'up');
    namespace.run('sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward');
    return namespace;
  }

  /** The words before a command that is to run in it. */
  get prefix(): string[] {
    return ['nsenter', `--net=/proc/${this.holder.pid}/ns/net`, '--'];
  }

  run(...command: string[]): string {
    const [program, ...args] = [...this.prefix, ...command];
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
    return stdout;
  }

  end(): void {
    this.holder.kill('SIGKILL');
  }
}

/** A start of the local cloud's command in a namespace, with a cache of the test's own. */
export class Start {
  output = '';
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;

  constructor(namespace: Namespace, cache: string, args: string[], dockerHost?: string) {
    const [program, ...rest] = [...namespace.prefix, process.execPath, '--import', 'tsx', CLOUD, ...args];
    const env = { ...process.env, CDK_ATLANTIS_CACHE: cache, DOCKER_HOST: dockerHost, CDK_ATLANTIS_RUN: undefined };
    this.child = spawn(program, rest, { env, cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.ended = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve(signal ?? code ?? -1)));
  }

  async says(what: string | RegExp): Promise<void> {
    const said = () => (typeof what === 'string' ? this.output.includes(what) : what.test(this.output));
    if (!(await until(said, 60_000, 5))) throw new Error(`it did not say ${what}, but:\n${this.output}`);
  }

  signal(name: NodeJS.Signals): void {
    // nsenter becomes the command that it runs, so that this is the command's own process.
    this.child.kill(name);
  }
}

/** The command lines of the processes that a start with this cache has led to. */
function commandLines(cache: string): string[] {
  const found: string[] = [];
  for (const pid of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`CDK_ATLANTIS_CACHE=${cache}`)) continue;
      found.push(fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended meanwhile.
    }
  }
  return found;
}

/** Everything that a run could leave, but for images: to be compared before and after. */
export function traces(namespace: Namespace, cache: string): Record<string, string[]> {
  const lines = (...command: string[]) =>
    namespace
      .run(...command)
      .split('\n')
      .filter(Boolean)
      .sort();
  const key = namespace.run('readlink', '/proc/self/ns/net').replace(/\D/g, '');
  const runs = path.join(cache, 'runs');
  const containers = path.join(cache, 'engine', 'containers');
  return {
    listeners: lines('ss', '-Hltn'),
    interfaces: lines('ip', '-brief', 'link').map((line) => line.split(/\s+/)[0]),
    packetFilter: ['iptables', 'ip6tables'].flatMap((program) => ['filter', 'nat'].flatMap((table) => lines(program, '-t', table, '-S'))),
    forwarding: lines('cat', '/proc/sys/net/ipv4/ip_forward'),
    mounts: fs
      .readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(cache)),
    processes: commandLines(cache),
    runs: fs.existsSync(runs) ? fs.readdirSync(runs) : [],
    containers: fs.existsSync(containers) ? fs.readdirSync(containers) : [],
    records: fs.existsSync('/run/cdk-atlantis') ? fs.readdirSync('/run/cdk-atlantis').filter((name) => name.includes(key)) : [],
  };
}
