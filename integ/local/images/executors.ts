import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { cacheDirectory } from '../places';

/** What an executor did. */
export interface Execution {
  readonly code: number;
  /** What it printed, in which each step is named. */
  readonly printed: string;
}

export interface ExecutionOptions {
  /** More arguments: of the publishers' stand-in, or phases. */
  readonly more?: string[];
  /** Prints what the executor prints, too. */
  readonly aloud?: boolean;
  /** The Python that the first executor runs in; it needs packages for YAML and for files of a bucket only. */
  readonly python?: string;
}

const running = new Set<ChildProcess>();
let watching = false;

function run(program: string, args: string[], env: NodeJS.ProcessEnv, aloud = false): Promise<Execution> {
  if (!watching) {
    process.on('exit', () => {
      for (const child of running) child.kill('SIGKILL');
    });
  }
  watching = true;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    const printed: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        printed.push(chunk);
        if (aloud) process.stderr.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? -1, printed: Buffer.concat(printed).toString() });
    });
  });
}

/** Packages of Debian and Ubuntu that were downloaded before, so that they are downloaded once. */
export const packageCache = () => join(cacheDirectory(), 'image-packages');

/** The first executor, in Python: for all that documents may have, in a root directory or, with `--into`, in a machine. */
export function executeFirst(where: string[], documents: string[], options: ExecutionOptions = {}): Promise<Execution> {
  const env = { ...process.env, PYTHONPATH: __dirname, PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' };
  const args = ['-m', 'executor', ...where, ...documents, ...(options.more ?? [])];
  return run(options.python ?? 'python3', args, env, options.aloud);
}

/** The second executor, which shares no code with the first: the build and validate phases of documents, in a root directory. */
export function executeSecond(where: string[], documents: string[], options: ExecutionOptions = {}): Promise<Execution> {
  const namespaces = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--ipc', '--uts'];
  const program = [process.execPath, '--import', 'tsx', join(__dirname, 'second-executor.ts')];
  return run('unshare', [...namespaces, ...program, ...where, ...documents, ...(options.more ?? [])], process.env, options.aloud);
}

/** Where both work: a root directory. */
export const inRoot = (directory: string) => ['--root', directory, '--apt-cache', packageCache()];

/** Where the first works as well: a machine that has been booted, and its test phase. */
export const inMachine = (processId: number) => ['--into', String(processId), '--phase', 'test'];
