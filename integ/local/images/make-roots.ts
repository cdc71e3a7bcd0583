import { report } from '../progress';
import { provideRoot, type RootName } from './roots';

/** Makes the roots that images are tried on, ahead of the tests: `tsx integ/local/images/make-roots.ts debian-12 ubuntu-24.04`. */
async function main(names: string[]): Promise<void> {
  for (const name of names) process.stdout.write(`${(await provideRoot(name as RootName)) ?? 'none'}\n`);
}

main(process.argv.slice(2)).catch((problem) => {
  process.exitCode = report(problem);
});
