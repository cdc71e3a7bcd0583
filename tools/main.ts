import { report } from '../integ/local/progress';

/** Runs a program and exits as it says. One that throws counts as a failure, so that whoever reads the counts always finds some. */
export function runMain(main: () => Promise<number>): void {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (problem) => {
      process.exitCode = report(problem);
      console.log('0 passed, 1 failed');
    },
  );
}
