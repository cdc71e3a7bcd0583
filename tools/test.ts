/** `npm test`: everything that needs neither an account nor a container. Ends with `N passed, N failed`. */
import { step } from '../integ/local/progress';
import { runMain } from './main';
import { build } from './suite/build';
import { languages } from './suite/languages';
import { lock } from './suite/lock';
import { packed } from './suite/packed';
import { semantic } from './suite/semantic';
import { setUp } from './suite/set-up';
import { Tally } from './suite/tally';

async function main(): Promise<number> {
  const tally = new Tally();
  for (const [title, part] of Object.entries({
    'What the tests need': setUp,
    'Lock file': lock,
    'Build, unit tests, lint, samples, API.md': build,
    Templates: semantic,
    'The package': packed,
    'Other languages': languages,
  })) {
    await step(title, () => part(tally));
  }
  return tally.conclude();
}

runMain(main);
