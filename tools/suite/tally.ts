import * as fs from 'node:fs';
import { Failure, step } from '../../integ/local/progress';

/** Counts what passed and failed, over all parts of a run. */
export class Tally {
  passed = 0;
  readonly failures: string[] = [];
  private others = 0;

  get failed(): number {
    return this.failures.length + this.others;
  }

  /** One check: counted as passed, or as failed when the work rejects, in which case it resolves to undefined. */
  async check<T>(title: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await step(title, work);
      this.passed++;
      return result;
    } catch (problem) {
      this.fail(title, problem);
      return undefined;
    }
  }

  /** Adds the counts that jest or pytest left in a JUnit file. Throws when the file names no test at all. */
  addJunit(file: string): void {
    const text = fs.readFileSync(file, 'utf8');
    const head = /<testsuites? [^>]*\btests="[^>]*>/.exec(text)?.[0] ?? '';
    const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
    const wrong = count('failures') + count('errors');
    const skipped = text.split('<skipped').length - 1;
    if (count('tests') === 0) throw new Failure(`${file} names no test`);
    if (skipped > 0) this.skip(`${skipped} tests`, `${file} names them`);
    this.add(count('tests') - wrong - skipped, wrong);
  }

  add(passed: number, failed: number): void {
    this.passed += passed;
    this.others += failed;
  }

  skip(what: string, reason: string): void {
    console.error(`skipped ${what}: ${reason}`);
  }

  /** Prints the failures and the totals, and returns the exit code. */
  conclude(): number {
    for (const failure of this.failures) console.log(`FAILED ${failure}`);
    console.log(`${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 || this.passed === 0 ? 1 : 0;
  }

  private fail(title: string, problem: unknown) {
    const message = problem instanceof Failure ? problem.message : problem instanceof Error ? problem.stack : String(problem);
    console.error(message);
    this.failures.push(`${title}: ${String(message).split('\n')[0]}`);
  }
}
