/** `npm run test:local [-- <jest arguments>]`: the tests of the local cloud, which start real containers. */
import * as fs from 'node:fs';
import { stream } from './commands/stream';
import { PLUGIN_TESTS, pytestArguments, withPlugin } from './local/plugin-tests';
import { runMain } from './main';
import { Tally } from './suite/tally';

const JEST = 'test-reports/local.xml';
const PYTEST = 'test-reports/plugin.xml';

async function main(): Promise<number> {
  const tally = new Tally();
  const chosen = process.argv.slice(2);
  for (const file of [JEST, PYTEST]) fs.rmSync(file, { force: true });
  if (chosen.length === 0) {
    await tally.check('the tests of the plugin', () =>
      withPlugin(({ python, env }) => stream(python, pytestArguments(PYTEST, PLUGIN_TESTS), { env })),
    );
  }
  await tally.check('the tests of the local cloud', () => stream('npx', ['jest', '--config', 'jest.local.json', '--ci', ...chosen]));
  for (const file of [JEST, PYTEST]) if (fs.existsSync(file)) tally.addJunit(file);
  return tally.conclude();
}

runMain(main);
