import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { execute } from '../commands/execute';
import type { Target } from './claim';
import type { Outcome } from './outcome';

/** Runs whole test files, or the one test that a single target names. */
export async function runJest(directory: string, config: string, targets: readonly Target[]): Promise<Outcome> {
  const results = fs.mkdtempSync(path.join(tmpdir(), 'claims-'));
  const out = path.join(results, 'results.json');
  const files = [...new Set(targets.map(({ file }) => file))];
  const only = targets.length === 1 ? ['--runInBand', '--testNamePattern', literally(targets[0].name)] : [];
  const options = ['--config', config, '--ci', '--silent', '--reporters=default', '--json', '--outputFile', out];
  try {
    const jest = path.join(directory, 'node_modules/.bin/jest');
    const { complaint } = await execute(jest, [...options, '--runTestsByPath', ...files, ...only], { cwd: directory });
    if (!fs.existsSync(out)) return { tests: [], broken: complaint };
    return read(JSON.parse(fs.readFileSync(out, 'utf8')), fs.realpathSync(directory));
  } finally {
    fs.rmSync(results, { recursive: true });
  }
}

interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

function read({ testResults }: Results, directory: string): Outcome {
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'passed' || status === 'failed')
      .map(({ fullName, status, failureMessages = [] }) => ({
        file: path.relative(directory, name),
        name: fullName,
        passed: status === 'passed',
        why: failureMessages[0] ?? '',
      })),
  );
  return { tests, broken: testResults.find(({ assertionResults }) => assertionResults.length === 0)?.message };
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
