/** What .ci/run does once the packages are installed: all parts, one after the other, and at the end the counts of all. */
import { spawn } from 'node:child_process';
import { Failure } from '../integ/local/progress';
import { provideTools } from '../integ/local/setup/tools';
import { runMain } from './main';
import { Tally } from './suite/tally';

const PARTS: readonly { readonly title: string; readonly command: readonly string[] }[] = [
  { title: 'npm test', command: ['npm', 'test'] },
  { title: 'Newest CDK', command: ['npm', 'run', 'test:newest'] },
  { title: 'Local cloud', command: ['npm', 'run', 'test:local'] },
  { title: 'Images', command: ['npm', 'run', 'test:images', '--', '--brief'] },
  { title: 'integ-runner on the local cloud', command: ['npm', 'run', 'integ:local'] },
  { title: 'Demo', command: ['npm', 'run', 'demo'] },
  { title: 'Demo of the bootstrap', command: ['npm', 'run', 'demo:bootstrap'] },
  { title: 'Demo of the image', command: ['npm', 'run', 'demo:ami'] },
  { title: 'Claims', command: ['npm', 'run', 'claims', '--', '--fast', '120', '--sample', '3'] },
];

async function main(): Promise<number> {
  const tally = new Tally();
  // Go's builds take longest: they go on while the parts run that need none of them.
  const built = provideTools().catch(() => undefined);
  for (const { title, command } of PARTS) {
    await tally.check(title, async () => {
      const { code, counts } = await run(command);
      if (counts) tally.add(counts.passed, counts.failed);
      if (code !== 0) throw new Failure(`${command.join(' ')} exited with ${code}`);
    });
  }
  await built;
  return tally.conclude();
}

/** Runs a command, whose output is passed on, and reads the counts that it ends with. */
function run([name, ...args]: readonly string[]) {
  return new Promise<{ code: number | null; counts?: { passed: number; failed: number } }>((resolve, reject) => {
    const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let end = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      end = (end + chunk).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const [, passed, failed] = /^(\d+) passed, (\d+) failed\s*$/m.exec(end.split('\n').filter(Boolean).at(-1) ?? '') ?? [];
      resolve({ code, counts: passed === undefined ? undefined : { passed: Number(passed), failed: Number(failed) } });
    });
  });
}

runMain(main);
