/** `npm run test:images [-- --brief | <jest arguments>]`: the tests of images, which are built and booted. Briefly, only some of them are. */
import * as fs from 'node:fs';
import { debianPackages } from '../integ/local/setup/tools';
import { stream } from './commands/stream';
import { runMain } from './main';
import { Tally } from './suite/tally';

const JUNIT = 'test-reports/images.xml';

/** What is tested on several systems, or once more by itself, and takes longer than all the others. */
const AT_LENGTH = ['atlantis-tls', 'common-level', 'levels-example', 'runtime-level'];

async function main(): Promise<number> {
  const tally = new Tally();
  const [first, ...rest] = process.argv.slice(2);
  const brief = first === '--brief';
  const chosen = brief ? AT_LENGTH.flatMap((name) => ['--testPathIgnorePatterns', `/${name}\\.test`]) : [first, ...rest].filter(Boolean);
  fs.rmSync(JUNIT, { force: true });
  await debianPackages('debootstrap');
  if (brief) tally.skip(AT_LENGTH.join(', '), 'they take longer than all the others; npm run test:images has them');
  await tally.check('the tests of images', () => stream('npx', ['jest', '--config', 'jest.images.json', '--ci', ...chosen]));
  if (fs.existsSync(JUNIT)) tally.addJunit(JUNIT);
  return tally.conclude();
}

runMain(main);
