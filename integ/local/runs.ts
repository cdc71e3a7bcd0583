import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Docker, removeFromEngine } from './docker';
import { unmountBelow } from './mounts';
import { runsDirectory } from './places';
import { end, type Identity, identify, isAlive, killGroup, SELF, until, withEnvironment } from './processes';
import { Failure, note } from './progress';

/** In the environment of whatever a run starts, so that its grandchildren are found as well. */
const MARK = 'CDK_ATLANTIS_RUN';

/** For the environment of what is not to end with the run. */
export const WITHOUT_RUN = { [MARK]: undefined };

/** With the exit codes that shells give a command that was ended by them. */
const SIGNALS = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const;

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

function leadersOf(directory: string): Identity[] {
  const processes = path.join(directory, 'processes');
  const names = fs.existsSync(processes) ? fs.readdirSync(processes) : [];
  return names.map((name) => readJson<Identity>(path.join(processes, name))).filter((leader) => leader !== undefined);
}

/** Ends what a run started. The emulator keeps nothing that would have to be saved. */
export async function endProcesses({ id, directory }: { readonly id: string; readonly directory: string }): Promise<void> {
  const leaders = leadersOf(directory);
  const marked = withEnvironment(MARK, id);
  for (const leader of leaders) killGroup(leader);
  await end([...leaders, ...marked]);
  // A process may have been started between the search and its parent's end.
  await end(withEnvironment(MARK, id), 0);
}

/** One start of the local cloud: a directory, and whatever was started and made for it. */
export class Run {
  private readonly undo: (() => Promise<void>)[] = [];
  private stopped?: Promise<void>;

  private constructor(
    readonly id: string,
    readonly directory: string,
  ) {}

  /** Begins a run that is stopped by SIGINT and SIGTERM as well. */
  static begin(): Run {
    const id = `cdk-atlantis-${randomBytes(4).toString('hex')}`;
    const directory = path.join(runsDirectory(), id);
    fs.mkdirSync(path.join(directory, 'processes'), { recursive: true });
    fs.writeFileSync(path.join(directory, 'owner.json'), JSON.stringify(SELF));
    process.env[MARK] = id;
    const run = new Run(id, directory);
    for (const [signal, code] of SIGNALS) {
      const listener = () => run.interrupted(code);
      process.on(signal, listener);
      run.undo.push(async () => void process.off(signal, listener));
    }
    return run;
  }

  get isStopping(): boolean {
    return this.stopped !== undefined;
  }

  /** Where the run's file of this name is; its directory exists. */
  file(...names: string[]): string {
    const file = path.join(this.directory, ...names);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }

  subdirectory(...names: string[]): string {
    const directory = path.join(this.directory, ...names);
    fs.mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** Remembers the engine for the case that this process is killed. */
  uses(docker: Docker): void {
    fs.writeFileSync(this.file('engine.json'), JSON.stringify({ host: docker.host, own: docker.own }));
  }

  /** Something to do when the run stops; what was added last is done first. */
  onStop(work: () => Promise<void>): void {
    this.undo.push(work);
  }

  /** Starts a process in a group of its own, and records it before anything else. Its output goes to a log of the run. */
  spawn(name: string, program: string, args: string[], options: SpawnOptions = {}): ChildProcess {
    if (this.isStopping) throw new Failure('The run is being stopped.');
    const log = fs.openSync(this.log(name), 'a');
    const env = { ...(options.env ?? process.env), [MARK]: this.id };
    const child = spawn(program, args, { ...options, env, detached: true, stdio: ['ignore', log, log] });
    const identity = child.pid && identify(child.pid);
    if (identity) fs.writeFileSync(this.file('processes', `${child.pid}.json`), JSON.stringify(identity));
    fs.closeSync(log);
    return child;
  }

  log(name: string): string {
    return this.file('logs', `${name}.log`);
  }

  /** Ends and removes everything of this run, once. */
  stop(): Promise<void> {
    this.stopped ??= this.tearDown();
    return this.stopped;
  }

  private async tearDown(): Promise<void> {
    const problems: unknown[] = [];
    const attempt = (work: () => Promise<void>) => work().catch((problem) => problems.push(problem));
    await attempt(() => endProcesses(this));
    for (const work of this.undo.reverse()) await attempt(work);
    await attempt(() => removeDirectory(this.directory));
    if (process.env[MARK] === this.id) delete process.env[MARK];
    if (problems.length > 0) throw new AggregateError(problems, `Stopping left something behind: ${problems.join('; ')}`);
  }

  private interrupted(code: number): void {
    this.stop().then(
      () => process.exit(code),
      (problem) => {
        note(String(problem));
        process.exit(code);
      },
    );
  }
}

async function removeDirectory(directory: string): Promise<void> {
  await unmountBelow(directory);
  fs.rmSync(directory, { recursive: true, force: true });
}

export interface DeadRun {
  readonly id: string;
  readonly directory: string;
  readonly engine?: { readonly host: string; readonly own: boolean };
}

/** Runs whose owner is gone: it was killed before it could stop them. */
export async function deadRuns(): Promise<DeadRun[]> {
  const runs = runsDirectory();
  const names = fs.existsSync(runs) ? fs.readdirSync(runs) : [];
  const dead: DeadRun[] = [];
  for (const id of names) {
    const directory = path.join(runs, id);
    const owner = () => readJson<Identity>(path.join(directory, 'owner.json'));
    // A run that has just begun has no owner's file yet.
    await until(() => owner() !== undefined || !fs.existsSync(directory), 1_000);
    const found = owner();
    if (found && isAlive(found)) continue;
    if (fs.existsSync(directory)) dead.push({ id, directory, engine: readJson(path.join(directory, 'engine.json')) });
  }
  return dead;
}

/** Ends the processes of a dead run, and removes what it left in the engine and on the disk. */
export async function cleanUp(run: DeadRun, docker?: Docker): Promise<void> {
  await endProcesses(run);
  if (docker) await removeFromEngine(docker, run.id);
  await removeDirectory(run.directory);
}
