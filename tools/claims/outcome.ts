/** What running tests showed. */
export interface Outcome {
  /** The tests that ran to an end. */
  readonly tests: readonly TestResult[];
  /** What was said when no test of a file could run: a change that breaks its file shows nothing. */
  readonly broken?: string;
}

export interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  readonly why: string;
}
