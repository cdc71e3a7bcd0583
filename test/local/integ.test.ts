import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFor, type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { ended } from '../fargate/task-scripts';

const ROOT = join(__dirname, '../..');
const CACHE = join(ROOT, 'node_modules', '.cache');

let cloud: LocalCloud;
let folder: string;
beforeAll(async () => {
  cloud = await startCloud({ images: ['atlantis'] });
  mkdirSync(CACHE, { recursive: true });
  folder = mkdtempSync(join(CACHE, 'integ-'));
});
afterAll(async () => {
  await cloud?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('a wrong expectation turns the integration test red', async () => {
  const test = readFileSync(join(ROOT, 'integ/integ.fargate.ts'), 'utf8');
  const wrong = test.replace("status: 'ok'", "status: 'something-else'").replace("'../src'", `'${join(ROOT, 'src')}'`);
  expect(wrong).toContain('something-else');
  writeFileSync(join(folder, 'integ.wrong.ts'), wrong);
  const { status, stdout, stderr } = await ended(
    join(ROOT, 'node_modules/.bin/integ-runner'),
    [
      '--directory',
      folder,
      '--language',
      'typescript',
      '--app',
      `${join(ROOT, 'node_modules/.bin/tsx')} {filePath}`,
      '--force',
      '--update-on-failed',
      '--disable-update-workflow',
      '--parallel-regions',
      'us-east-1',
    ],
    environmentFor(cloud) as { [name: string]: string },
    300,
  );
  expect(status).toBe(1);
  expect(stdout + stderr).toMatch(/Expected something-else but received ok/);
  expect(stdout + stderr).toMatch(/describeServices\w* - success/);
});
