import * as fs from 'node:fs';
import { stream } from '../commands/stream';
import type { Tally } from './tally';
import { expectUnchanged, treeContents } from './tree';

const JUNIT = 'test-reports/junit.xml';

/** CI makes projen check rather than repair: the lock file, snapshots, and no package but npm's. */
const ENVIRONMENT = { CI: '1' };

export async function build(tally: Tally): Promise<void> {
  fs.rmSync(JUNIT, { force: true });
  const before = await treeContents();
  await tally.check('CI=1 npx projen build', () => stream('npx', ['projen', 'build'], { env: ENVIRONMENT }));
  if (fs.existsSync(JUNIT)) tally.addJunit(JUNIT);
  await tally.check('the build changes no file', () => expectUnchanged(before));
}
