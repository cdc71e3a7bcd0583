import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../processes';
import { Failure } from '../progress';
import { command, lastLines } from '../setup/command';

/** A service of this machine's loopback, which the booted machine reaches at an address of its own. */
export interface Forward {
  /** An address of the booted machine, which is made when it is none of loopback's: `127.0.0.1`, `169.254.169.254`, `fd00:ec2::254`. */
  readonly address: string;
  readonly port: number;
  /** The port on this machine's loopback. */
  readonly to: number;
}

export interface BootOptions {
  /** Its host name; `atlantis` when left out. */
  readonly name?: string;
  readonly forwards?: Forward[];
  /** Addresses by name, as in `/etc/hosts`. */
  readonly hosts?: Record<string, string>;
  /** Contents by path, each below /run: they are there before the first unit starts, at every boot, and are no part of the image. */
  readonly files?: Record<string, string>;
  /** Files that the machine sees as block devices, by the path of the device, such as `/dev/sdf`. */
  readonly volumes?: Record<string, string>;
  /** A directory that keeps what the machine changes on its root volume; it is left there. Without one, it goes when the machine stops. */
  readonly changes?: string;
  /** Seconds that a boot may take; 120 when left out. */
  readonly patience?: number;
  /** Whether a boot in which units have failed is no problem. */
  readonly failedUnitsToo?: boolean;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Event {
  readonly event: string;
  readonly pid?: number;
  readonly port?: number;
  readonly reason?: string;
}

const KEEPER = join(__dirname, 'machine', 'keeper.py');
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8', TERM: 'dumb' };

/**
 * A machine with a real systemd as its first process, booted from the root directory of an image, in namespaces of its own. What it changes
 * is not written to the image. Nothing is left of it once it has stopped, also when this process is killed.
 */
export class Machine {
  /** In the name of whatever is made for it. */
  readonly id = `cdk-atlantis-machine-${randomBytes(4).toString('hex')}`;
  private readonly events: Event[] = [];
  private readonly keeper: ChildProcess;
  private errors = '';
  private gone = false;
  private pid?: number;

  /** Boots a machine and waits until it is up. */
  static async boot(root: string, options: BootOptions = {}): Promise<Machine> {
    const machine = new Machine(root, options);
    try {
      await machine.up();
      return machine;
    } catch (problem) {
      await machine.stop();
      throw problem;
    }
  }

  private constructor(
    root: string,
    private readonly options: BootOptions,
  ) {
    const config = {
      ...{ root, id: this.id, scratch: join(tmpdir(), this.id) },
      ...{ name: options.name ?? 'atlantis', changes: options.changes, forwards: options.forwards ?? [] },
      ...{ hosts: options.hosts ?? {}, files: options.files ?? {} },
      volumes: Object.entries(options.volumes ?? {}).map(([path, file]) => ({ path, file })),
    };
    // Its mounts are its own; and it ends with its standard input, which ends with this process.
    this.keeper = spawn('unshare', ['--mount', '--propagation', 'private', 'python3', KEEPER, JSON.stringify(config)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.keeper.stdin?.on('error', () => {});
    this.keeper.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    createInterface({ input: this.keeper.stdout as NodeJS.ReadableStream }).on('line', (line) => this.take(JSON.parse(line)));
    this.keeper.on('close', () => {
      this.gone = true;
    });
    this.keeper.on('error', (problem) => {
      this.errors += problem.message;
      this.gone = true;
    });
  }

  /** The machine's first process, as this machine numbers it. */
  get processId(): number {
    if (this.pid === undefined) throw new Failure('The machine is not running.');
    return this.pid;
  }

  get isRunning(): boolean {
    return this.pid !== undefined;
  }

  /** Runs a command as root in the machine, outside of its units; its failure is told by the outcome. */
  async try(args: string[], input = ''): Promise<Outcome> {
    const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
    const child = spawn('nsenter', ['--target', String(this.processId), ...namespaces, '--', ...args], { env: ENVIRONMENT });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (exit) => resolve(exit ?? -1));
    });
    return { code, stdout: Buffer.concat(output).toString(), stderr: Buffer.concat(errors).toString() };
  }

  /** Runs a command as root in the machine, and gives what it wrote to standard output. */
  async run(args: string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(args, input);
    if (code !== 0) throw new Failure(`\`${args.join(' ')}\` ended with ${code} in the machine:\n${lastLines(stderr + stdout, 30)}`);
    return stdout;
  }

  /** What a unit, or everything, has logged since the boot. */
  journal(unit?: string): Promise<string> {
    return this.run(['journalctl', '--boot', '--no-pager', '--output', 'cat', ...(unit ? ['--unit', unit] : [])]);
  }

  /** A port of this machine's loopback at which a port of the machine's loopback is reached. It stays the same over restarts. */
  async expose(port: number): Promise<number> {
    const { port: exposed } = await this.ask({ do: 'expose', port }, 'exposed');
    return exposed as number;
  }

  /** As the forwards of the options, for a service that was started later. */
  async forward(forward: Forward): Promise<void> {
    await this.ask({ do: 'forward', forward }, 'forwarded');
  }

  /** Restarts as an administrator does: units are stopped first. */
  async reboot(): Promise<void> {
    const before = this.events.filter(({ event }) => event === 'started').length;
    await this.run(['systemctl', 'reboot']);
    await this.up(before);
  }

  /** What a loss of power does: nothing is stopped before. */
  async kill(): Promise<void> {
    await this.ask({ do: 'kill' }, 'killed');
  }

  /** Boots again, with what was changed on the root volume before. */
  async start(): Promise<void> {
    const before = this.events.filter(({ event }) => event === 'started').length;
    this.send({ do: 'start' });
    await this.up(before);
  }

  /** Ends the machine, and removes all that was made for it. */
  async stop(): Promise<void> {
    this.keeper.stdin?.end();
    if (!(await until(() => this.gone, 30_000))) throw new Failure(`The machine did not stop: ${this.errors}`);
  }

  private take(event: Event): void {
    this.events.push(event);
    this.pid = event.event === 'started' ? event.pid : ['restarting', 'ended'].includes(event.event) ? undefined : this.pid;
  }

  private send(request: object): void {
    this.keeper.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  private async ask(request: object, answer: string): Promise<Event> {
    const from = this.events.length;
    this.send(request);
    const found = () => this.events.slice(from).find(({ event }) => event === answer || event === 'problem');
    await until(() => found() !== undefined || this.gone, 30_000, 10);
    const event = found();
    if (event?.event !== answer) throw new Failure(`The machine could not do it (${answer}): ${event?.reason ?? this.errors}`);
    return event;
  }

  /** Waits for a boot after so many. */
  private async up(before = 0): Promise<void> {
    const patience = (this.options.patience ?? 120) * 1000;
    const started = () => this.events.filter(({ event }) => event === 'started').length > before;
    const ended = () => this.gone || this.events.at(-1)?.event === 'ended';
    await until(() => started() || ended(), patience, 20);
    if (!started()) throw new Failure(`The machine did not boot: ${this.events.at(-1)?.reason ?? ''}${this.errors}`);
    let state = '';
    const settled = await until(
      async () => {
        if (!this.isRunning) return ended();
        state = (await this.try(['systemctl', 'is-system-running'])).stdout.trim();
        return ['running', 'degraded', 'maintenance'].includes(state);
      },
      patience,
      100,
    );
    if (settled && (state === 'running' || (state === 'degraded' && this.options.failedUnitsToo))) return;
    throw new Failure(`The machine is ${state || 'not up'}:\n${await this.whatFailed()}`);
  }

  private async whatFailed(): Promise<string> {
    if (!this.isRunning) return this.errors;
    const { stdout: failed } = await this.try(['systemctl', '--failed', '--plain', '--no-legend', '--no-pager']);
    const units = failed
      .split('\n')
      .flatMap((line) => line.split(' ').slice(0, 1))
      .filter((unit) => unit !== '');
    const { stdout: jobs } = await this.try(['systemctl', 'list-jobs', '--no-pager']);
    const logs = await Promise.all(
      units.map(async (unit) => `${unit}:\n${lastLines((await this.try(['journalctl', '--no-pager', '--unit', unit])).stdout, 20)}`),
    );
    return [...logs, jobs].join('\n');
  }
}

/** Makes a file that a machine can have as a volume. Its blank parts take no space. */
export async function makeVolume(file: string, mebibytes: number): Promise<string> {
  await command('truncate', ['--size', `${mebibytes}M`, file]);
  return file;
}

const linesWith = (text: string, parts: string[]) => text.split('\n').filter((line) => parts.some((part) => line.includes(part)));

/** The processes, mounts, loop devices, control groups and files that there are for a machine: nothing, once it has stopped. */
export async function tracesOfMachine(id: string, volumes: string[] = []): Promise<string[]> {
  const loops = await command('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE']);
  const processes = await command('ps', ['-e', '-o', 'pid=,args=']);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const groups = linesWith(mounts, [' - cgroup2 ']).map((line) => join(line.split(' ')[4], id));
  return [
    ...linesWith(processes, [id]),
    ...linesWith(mounts, [id]),
    ...linesWith(loops, volumes),
    ...[join(tmpdir(), id), ...groups].filter((path) => existsSync(path)),
  ].map((line) => line.trim());
}
