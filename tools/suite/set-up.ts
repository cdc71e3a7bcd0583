import { findOnPath } from '../../integ/local/setup/on-path';
import { debianPackages, provideTools } from '../../integ/local/setup/tools';
import type { Tally } from './tally';

/** Programs that parts call by name, and the Debian packages that have them. */
const PROGRAMS: Readonly<Record<string, string>> = {
  git: 'git',
  javac: 'default-jdk-headless',
  mvn: 'maven',
  shellcheck: 'shellcheck',
};

/** The unit tests run the real server and check the scripts that they generate; the jar needs a JDK and Maven. */
export async function setUp(tally: Tally): Promise<void> {
  const missing = Object.keys(PROGRAMS).filter((program) => !findOnPath(program));
  await tally.check(Object.keys(PROGRAMS).join(', '), async () => {
    if (missing.length > 0) await debianPackages(...missing.map((program) => PROGRAMS[program]));
  });
  await tally.check('Atlantis, OpenTofu and Python', () => provideTools(['atlantis', 'tofu', 'python']));
}
