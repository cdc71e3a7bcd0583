import { type ChildProcess, spawn } from 'node:child_process';
import { Failure, note } from '../progress';

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Instead of the environment of this process. */
  readonly onlyEnv?: NodeJS.ProcessEnv;
  /** Whether what it writes to standard error is part of its output. */
  readonly errorsToo?: boolean;
  /** Milliseconds to the first output on standard output; past it the command is stopped. */
  readonly firstOutputWithin?: number;
  /** What to say every 30 seconds while the command runs, given what it printed so far on standard error. */
  readonly heartbeat?: (printed: string) => string;
}

/** A command could not be started at all. */
export class MissingCommand extends Failure {}

const children = new Set<ChildProcess>();
let watching = false;

function stopWithThisProcess(child: ChildProcess): void {
  children.add(child);
  if (!watching) {
    watching = true;
    process.on('exit', () => {
      for (const running of children) {
        running.kill('SIGKILL');
      }
    });
  }
}

export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Runs a command to its end and returns what it wrote to standard output; rejects with its last lines. */
export async function command(name: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(name, args, {
    cwd: options.cwd,
    env: options.onlyEnv ?? { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  stopWithThisProcess(child);
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (options.errorsToo ? output : errors).push(chunk));

  const timers: NodeJS.Timeout[] = [];
  let late = false;
  if (options.firstOutputWithin !== undefined) {
    timers.push(
      setTimeout(() => {
        if (output.length === 0) {
          late = true;
          child.kill('SIGKILL');
        }
      }, options.firstOutputWithin),
    );
  }
  const { heartbeat } = options;
  if (heartbeat) {
    timers.push(setInterval(() => note(heartbeat(Buffer.concat(errors).toString())), 30_000));
  }

  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new MissingCommand(`${name} is not installed`) : error),
      );
      child.on('close', resolve);
    });
    if (late) {
      throw new Failure(`\`${name} ${args.join(' ')}\` did not answer within ${(options.firstOutputWithin ?? 0) / 1000} s`);
    }
    if (code !== 0) {
      const said = lastLines(Buffer.concat([...errors, ...output]).toString(), 20);
      throw new Failure(`\`${name} ${args.join(' ')}\` ended with ${code ?? child.signalCode}:\n${said}`);
    }
    return Buffer.concat(output).toString();
  } finally {
    timers.forEach(clearTimeout);
    children.delete(child);
  }
}
