import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { Refusal } from '../refusal';

/** How a command talks with a person. What is asked goes to the terminal, so that standard output stays for results. */
export interface Terminal {
  /** A line of the result. */
  say(line: string): void;
  /** A line about what is being done. */
  note(line: string): void;
  ask(question: string): string;
  /** Asks for what is not to be seen. */
  askHidden(question: string): string;
  /** Whether the person agrees. Without one to ask, what was not agreed to by an option is refused. */
  agree(question: string): boolean;
}

export interface TerminalOptions {
  /** Codes and answers are the lines of standard input. */
  readonly codeStdin?: boolean;
  /** Everything is agreed to. */
  readonly yes?: boolean;
}

export function openTerminal({ codeStdin, yes }: TerminalOptions): Terminal {
  const note = (line: string) => process.stderr.write(`${line}\n`);
  const ask = (question: string, hidden: boolean) => {
    if (codeStdin) {
      note(question);
      return readLine(0);
    }
    return askTerminal(question, hidden);
  };
  return {
    say: (line) => process.stdout.write(`${line}\n`),
    note,
    ask: (question) => ask(question, false),
    askHidden: (question) => ask(question, true),
    agree: (question) => yes === true || /^y(es)?$/i.test(ask(`${question} [y/N]`, false)),
  };
}

function askTerminal(question: string, hidden: boolean): string {
  let terminal: number;
  try {
    terminal = fs.openSync('/dev/tty', 'r+');
  } catch {
    throw new Refusal(`There is no terminal to ask on (${question}): use --code-stdin, or --yes for what can be agreed to.`);
  }
  try {
    fs.writeSync(terminal, `${question} `);
    if (!hidden) return readLine(terminal);
    return withoutEcho(terminal, () => readLine(terminal));
  } finally {
    fs.closeSync(terminal);
  }
}

function withoutEcho<T>(terminal: number, read: () => T): T {
  const set = (mode: string) => execFileSync('stty', [mode], { stdio: [terminal, 'ignore', 'ignore'] });
  set('-echo');
  try {
    return read();
  } finally {
    set('echo');
    fs.writeSync(terminal, '\n');
  }
}

/** Reads one line and no byte more: what follows belongs to whoever reads next, such as the child of `exec`. */
function readLine(from: number): string {
  const byte = Buffer.alloc(1);
  const bytes: number[] = [];
  for (;;) {
    if (readByte(from, byte) === 0) {
      if (bytes.length === 0) throw new Refusal('The input ended before the answer.');
      break;
    }
    if (byte[0] === 10) break;
    bytes.push(byte[0]);
  }
  return Buffer.from(bytes).toString('utf8').trim();
}

function readByte(from: number, into: Buffer): number {
  for (;;) {
    try {
      return fs.readSync(from, into, 0, 1, null);
    } catch (problem) {
      const { code } = problem as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw problem;
      // A pipe that is not blocking: wait a moment without spinning.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

const CODE_TRIES = 3;

/** Six digits, as an authenticator shows them. */
export function askCode(terminal: Terminal, question: string, known: readonly string[] = []): string {
  for (let tries = 0; tries < CODE_TRIES; tries++) {
    const code = terminal.ask(question).replaceAll(' ', '');
    if (!/^\d{6}$/.test(code)) terminal.note('A code is six digits.');
    else if (known.includes(code)) terminal.note('That code was used already: wait for the next one.');
    else return code;
  }
  throw new Refusal('No code was given.');
}
