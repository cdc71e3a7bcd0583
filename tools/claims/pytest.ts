import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { execute } from '../commands/execute';
import { type PluginEnvironment, pytestArguments } from '../local/plugin-tests';
import type { Target } from './claim';
import type { Outcome } from './outcome';

/** Runs the test of the plugin that the target names. */
export async function runPytest(directory: string, { python, env }: PluginEnvironment, { file, name }: Target): Promise<Outcome> {
  const results = fs.mkdtempSync(path.join(tmpdir(), 'claims-'));
  const junit = path.join(results, 'results.xml');
  try {
    const { printed, complaint } = await execute(python, pytestArguments(junit, file, '-k', name), { cwd: directory, env });
    const cases = fs.existsSync(junit) ? fs.readFileSync(junit, 'utf8').matchAll(TEST_CASE) : [];
    const tests = [...cases].map(([, found, , body = '']) => ({ file, name: found, passed: !/<(failure|error)\b/.test(body), why: body }));
    return { tests, broken: tests.length === 0 ? printed + complaint : undefined };
  } finally {
    fs.rmSync(results, { recursive: true });
  }
}

const TEST_CASE = /<testcase classname="[^"]*" name="([^"]*)"[^>]*?(\/>|>(.*?)<\/testcase>)/gs;
