import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { bundle } from '../../tools/bundle/bundle';

/** What standard error has to match before an answer is written. */
export type Answer = readonly [question: RegExp, answer: string | ((output: string) => string | Promise<string>)];

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly answers?: readonly Answer[];
  /** A signal that is sent once standard output matches. */
  readonly signal?: readonly [when: RegExp, signal: NodeJS.Signals];
}

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command, bundled from its sources as it is published. */
export class Command {
  public static async bundle(): Promise<Command> {
    const directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-command-'));
    const file = path.join(directory, 'cdk-atlantis.js');
    await bundle(file);
    return new Command(directory, file);
  }

  private constructor(
    public readonly directory: string,
    public readonly file: string,
  ) {}

  public remove(): void {
    fs.rmSync(this.directory, { recursive: true });
  }

  /** Runs `bootstrap <args>` in its own session, where no terminal can be asked. */
  public run(args: readonly string[], { cwd, env = {}, answers = [], signal }: RunOptions): Promise<Ran> {
    const child = spawn(process.execPath, [this.file, 'bootstrap', ...args], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: 'true', ...env },
      detached: true,
    });
    let [stdout, stderr] = ['', ''];
    const waiting = [...answers];
    const answer = () => {
      const next = waiting[0];
      if (!next?.[0].test(stderr)) return;
      waiting.shift();
      const give = (line: string) => {
        child.stdin.write(`${line}\n`);
        // One question more than answers finds the end of the input, and not a test that waits.
        if (waiting.length === 0) child.stdin.end();
        answer();
      };
      const given = typeof next[1] === 'string' ? next[1] : next[1](stderr);
      if (typeof given === 'string') give(given);
      else given.then(give, (problem) => child.emit('error', problem));
    };
    if (waiting.length === 0) child.stdin.end();
    child.stdin.on('error', () => undefined);
    let signalled = false;
    child.stdout.on('data', (data) => {
      stdout += data;
      if (signal?.[0].test(stdout) && !signalled) {
        signalled = true;
        child.kill(signal[1]);
      }
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      answer();
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, ended) => resolve({ code, signal: ended, stdout, stderr }));
    });
  }
}

/** A manifest as the construct writes it. */
export const MANIFEST = {
  cdkAtlantis: 'bootstrap',
  version: 1,
  partition: 'aws',
  account: '123456789012',
  region: 'eu-west-1',
  stack: 'Bootstrap',
  prefix: 'terraform',
  role: 'arn:aws:iam::123456789012:role/terraform/terraform',
  boundary: 'arn:aws:iam::123456789012:policy/terraform/terraform-boundary',
  state: {
    bucket: 'acme-states',
    bootstrapBucket: 'acme-bootstrap-states',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  },
  lock: { kind: 'lockfile' },
  people: {
    kind: 'users',
    path: '/terraform/',
    group: 'terraform',
    sealKey: 'terraform-mfa',
    sealValue: 'sealed',
    mfaMaxAge: 300,
  },
  revocation: { stateMachine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:terraform-revoke-' },
  secrets: { kmsAlias: 'terraform-parameter-store', backend: 'SSM' },
} as const;
