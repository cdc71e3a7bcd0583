import { spawn } from 'node:child_process';
import { Failure } from '../progress';
import { lastLines } from '../setup/command';

/** What is answered, in this order: when the text is asked for, and what is typed then, given what matched. */
export type Answers = readonly (readonly [when: RegExp, type: (asked: RegExpExecArray) => string | Promise<string>])[];

export interface Conversation {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly answers?: Answers;
  /** Whether the program gets a terminal of its own, as a person's shell has. */
  readonly terminal?: boolean;
}

/** Runs a program and answers what it asks, each question once. Returns all that it printed; rejects when it fails. */
export function converse({ command, cwd, env, answers = [], terminal }: Conversation): Promise<string> {
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const [program, ...args] = terminal ? ['script', '--quiet', '--flush', '--return', '--command', line, '/dev/null'] : command;
  const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const left = [...answers];
  let printed = '';
  let seen = 0;
  const watch = async (chunk: Buffer) => {
    printed += chunk.toString();
    for (let found = left[0]?.[0].exec(printed.slice(seen)); found; found = left[0]?.[0].exec(printed.slice(seen))) {
      seen += found.index + found[0].length;
      const [, type] = left.shift() as Answers[number];
      child.stdin.write(`${await type(found)}\n`);
    }
  };
  let watching = Promise.resolve();
  const queue = (chunk: Buffer) => {
    watching = watching.then(() => watch(chunk));
  };
  child.stdout.on('data', queue);
  child.stderr.on('data', queue);
  process.on('exit', () => child.kill());
  return new Promise((resolve, reject) => {
    child.on('error', (problem: NodeJS.ErrnoException) =>
      reject(problem.code === 'ENOENT' ? new Failure(`${program} is not installed`) : problem),
    );
    child.on('close', (code) => {
      if (code === 0) resolve(printed);
      else reject(new Failure(`\`${command.join(' ')}\` ended with ${code}:\n${lastLines(printed, 20)}`));
    });
  });
}
