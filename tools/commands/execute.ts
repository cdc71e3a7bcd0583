import { spawn } from 'node:child_process';

export interface Executed {
  readonly code: number | null;
  readonly printed: string;
  readonly complaint: string;
}

/** Runs a command whose failure is a result like another. */
export function execute(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Executed> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const printed: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, printed: Buffer.concat(printed).toString(), complaint: Buffer.concat(complaint).toString() }),
    );
  });
}
