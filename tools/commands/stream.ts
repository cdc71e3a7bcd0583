import { spawn } from 'node:child_process';
import { Failure } from '../../integ/local/progress';

export interface StreamOptions {
  readonly cwd?: string;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs a command whose output goes where this process's goes. Rejects when it fails. */
export function stream(command: string, args: readonly string[], options: StreamOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Failure(`${[command, ...args].join(' ')} ${signal ? `was ended by ${signal}` : `exited with ${code}`}`));
    });
  });
}
