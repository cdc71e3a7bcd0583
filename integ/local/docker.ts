import { spawn } from 'node:child_process';

/** A Docker engine, spoken to through the docker command. */
export interface Docker {
  /** As in DOCKER_HOST. */
  readonly host: string;
  /** Whether the engine is one that we started. */
  readonly own: boolean;
  /** Runs the docker command, resolves to what it printed, rejects with what it said of its failure. */
  run(args: string[], input?: string | Buffer): Promise<string>;
  /** Lets go of the engine: one of ours is stopped when nobody else uses it. */
  stop(): Promise<void>;
}

class DockerError extends Error {}

/** The variables that make docker, and what uses its libraries, speak to this engine. */
export function dockerEnvironment(host: string): Record<string, string | undefined> {
  return { DOCKER_HOST: host, DOCKER_CONTEXT: undefined, DOCKER_TLS_VERIFY: undefined, DOCKER_CERT_PATH: undefined };
}

export function runDocker(
  host: string | undefined,
  args: string[],
  options: { input?: string | Buffer; timeout?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = host === undefined ? process.env : { ...process.env, ...dockerEnvironment(host) };
    const child = spawn('docker', args, { env, timeout: options.timeout, killSignal: 'SIGKILL' });
    const output: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    child.on('error', (problem) => reject(new DockerError(`docker: ${problem.message}`, { cause: problem })));
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString());
      else reject(new DockerError(Buffer.concat(complaint).toString().trim() || `docker ${args[0]} was ended`));
    });
    // A command that fails early closes its input; its own message says why.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

export function dockerAt(host: string, own: boolean, stop: () => Promise<void>): Docker {
  return { host, own, run: (args, input) => runDocker(host, args, { input }), stop };
}

export const RUN_LABEL = 'cdk-atlantis.run';

/** Removes what is there of a run, and returns how much it was. */
async function sweep(docker: Docker, run: string): Promise<number> {
  const kinds: [list: string[], remove: string[]][] = [
    [
      ['ps', '--all'],
      ['rm', '--force', '--volumes'],
    ],
    [
      ['volume', 'ls'],
      ['volume', 'rm', '--force'],
    ],
    [
      ['network', 'ls'],
      ['network', 'rm'],
    ],
    [['images'], ['rmi', '--force']],
  ];
  let count = 0;
  for (const [list, remove] of kinds) {
    const found = await docker.run([...list, '--quiet', '--filter', `label=${RUN_LABEL}=${run}`]);
    const ids = [...new Set(found.split('\n').filter(Boolean))];
    if (ids.length === 0) continue;
    count += ids.length;
    await docker.run([...remove, ...ids]).catch((problem: Error) => {
      if (!/no such|not found|already in progress|active endpoints/i.test(problem.message)) throw problem;
    });
  }
  return count;
}

/** Removes everything of a run from an engine: containers with their volumes, volumes, networks, images. */
export async function removeFromEngine(docker: Docker, run: string): Promise<void> {
  // What was being made when its maker was ended may appear after a first sweep.
  for (let sweeps = 0; sweeps < 10; sweeps++) {
    if ((await sweep(docker, run)) === 0) return;
  }
  throw new Error(`containers, volumes, networks or images of ${run} cannot be removed`);
}
