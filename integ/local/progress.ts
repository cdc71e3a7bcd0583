/** An expected failure: the command line prints its one sentence, without a stack, and exits 1. */
export class Failure extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'Failure';
  }
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

let depth = 0;

function say(line: string): void {
  process.stderr.write(`${'  '.repeat(depth)}${line}\n`);
}

/** Prints the title, runs the work, and prints how long it took. Steps may nest. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  say(`▸ ${title}`);
  depth++;
  let outcome = 'failed after';
  try {
    const result = await work();
    outcome = 'done in';
    return result;
  } finally {
    say(`${outcome} ${seconds(started)}`);
    depth--;
  }
}

/** Prints a line below the running step. */
export function note(line: string): void {
  say(line);
}

/** What a command line program does with whatever its main function rejected with. Returns the exit code. */
export function report(problem: unknown): number {
  if (problem instanceof Failure) {
    process.stderr.write(`${problem.message}\n`);
  } else {
    process.stderr.write(`${problem instanceof Error ? problem.stack : String(problem)}\n`);
  }
  return 1;
}
