/** `npm run bench`: what the library costs its user, measured on this machine. Compile first. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '..');
const RUNS = 7;

const directory = fs.mkdtempSync(path.join(tmpdir(), 'bench-'));
try {
  main();
} finally {
  fs.rmSync(directory, { recursive: true });
}

function main() {
  const app = compiledExample();
  const out = path.join(directory, 'out');
  const times = Array.from({ length: RUNS }, () => milliseconds(() => node(app, { CDK_OUTDIR: out })));
  const bare = Array.from({ length: RUNS }, () => milliseconds(() => node('-e', {}, "require('aws-cdk-lib')")));
  const template = JSON.parse(fs.readFileSync(path.join(out, 'Atlantis.template.json'), 'utf8'));
  const [pack] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );

  console.log(`Node ${process.version}, ${cpus().length} processors, medians of ${RUNS} runs`);
  console.log(`synthesis of examples/minimal: ${median(times)} ms, of which ${median(bare)} ms load aws-cdk-lib`);
  console.log(`its template: ${Object.keys(template.Resources).length} resources`);
  console.log(`the npm package: ${kilobytes(pack.size)} packed, ${kilobytes(pack.unpackedSize)} unpacked, ${pack.entryCount} files`);
}

/** The example as a user's build leaves it: JavaScript that imports the compiled library. */
function compiledExample(): string {
  const source = fs.readFileSync(path.join(ROOT, 'examples/minimal/app.ts'), 'utf8');
  const file = path.join(directory, 'app.ts');
  fs.writeFileSync(file, source.replace("'../../src'", JSON.stringify(path.join(ROOT, 'lib'))));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  const options = ['--module', 'node16', '--target', 'es2022', '--skipLibCheck', '--types', 'node'];
  execFileSync(path.join(ROOT, 'node_modules/.bin/tsc'), [...options, file], { cwd: directory, stdio: 'inherit' });
  return path.join(directory, 'app.js');
}

function node(file: string, env: Record<string, string>, ...args: string[]) {
  execFileSync(process.execPath, [file, ...args], { cwd: directory, env: { ...process.env, ...env }, stdio: 'ignore' });
}

function milliseconds(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]);
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1024)} kB`;
}
