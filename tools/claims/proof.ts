import * as path from 'node:path';
import { execute } from '../commands/execute';
import { withPlugin } from '../local/plugin-tests';
import type { Kind, Target } from './claim';
import { runJest } from './jest';
import type { Outcome } from './outcome';
import { runPytest } from './pytest';

/** Whether many tests of a kind can run at once. */
export function isBatched(kind: Kind): boolean {
  return kind === 'unit' || kind === 'semantic';
}

/** Runs tests of one kind in a directory: several where the kind is batched, else the one that is named. */
export async function run(kind: Kind, directory: string, targets: readonly Target[]): Promise<Outcome> {
  const [target] = targets;
  switch (kind) {
    case 'unit':
    case 'semantic':
      return runJest(directory, 'jest.config.json', targets);
    case 'local':
      return runJest(directory, target.file.startsWith('test/local/images/') ? 'jest.images.json' : 'jest.local.json', targets);
    case 'plugin':
      return withPlugin((environment) => runPytest(directory, environment, target));
    case 'integ':
      return runScript(directory, target, 'integ:local', path.basename(target.file));
    case 'demo':
      return runScript(directory, target, target.file || 'demo');
  }
}

/** A script that is itself the test. */
async function runScript(directory: string, { file, name }: Target, script: string, ...args: string[]): Promise<Outcome> {
  const { code, printed, complaint } = await execute('npm', ['run', '--silent', script, '--', ...args], { cwd: directory });
  return { tests: [{ file, name, passed: code === 0, why: `${complaint}\n${printed}` }] };
}
