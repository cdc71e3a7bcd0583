/** `npm run test:newest`: compiles against the newest CDK, which tools/newest pins, and runs the unit tests with it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../integ/local/progress';
import { stream } from './commands/stream';
import { runMain } from './main';
import { treeWithNewest } from './newest/tree';
import { Tally } from './suite/tally';

const ROOT = path.resolve(__dirname, '..');

/** Our own tools and what else does not depend on the CDK's version. */
const LEFT_OUT = ['/node_modules/', ...['local', 'tools', 'cli', 'docs', 'house'].map((name) => `<rootDir>/test/${name}/`)];

async function main(): Promise<number> {
  const tally = new Tally();
  const tree = await tally.check('a copy of the tree with the newest CDK', () => treeWithNewest(ROOT));
  if (!tree) return tally.conclude();
  const env = { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };
  const bin = (name: string) => path.join(tree, 'node_modules/.bin', name);

  await tally.check('the copy has the version that is pinned', async () => expectPinned(tree));
  await tally.check('jsii compiles', () => stream(bin('jsii'), ['--silence-warnings=reserved-word'], { cwd: tree, env }));
  await tally.check('the tests compile', () => stream(bin('tsc'), ['--noEmit', '-p', 'test/tsconfig.json'], { cwd: tree }));
  const junit = path.join(tree, 'test-reports/junit.xml');
  fs.rmSync(junit, { force: true });
  await tally.check('the unit tests', () => {
    const ignored = LEFT_OUT.flatMap((pattern) => ['--testPathIgnorePatterns', pattern]);
    return stream(bin('jest'), ['--config', 'jest.config.json', '--ci', ...ignored], { cwd: tree });
  });
  if (fs.existsSync(junit)) tally.addJunit(junit);
  return tally.conclude();
}

async function expectPinned(tree: string): Promise<void> {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(__dirname, 'newest/package.json'), 'utf8'));
  for (const [name, wanted] of Object.entries(dependencies)) {
    const { version } = JSON.parse(fs.readFileSync(path.join(tree, 'node_modules', name, 'package.json'), 'utf8'));
    if (version !== wanted) throw new Failure(`got ${name} ${version} rather than ${wanted}`);
  }
}

runMain(main);
