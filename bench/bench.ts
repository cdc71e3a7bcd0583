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
  const apps = {
    ours: compiled('examples/minimal/app.ts', (source) => source.replace("'../../src'", JSON.stringify(path.join(ROOT, 'lib')))),
    peer: compiled('bench/peer.ts'),
  };
  const out = path.join(directory, 'out');
  const [ours, peer, bare] = interleaved([
    () => node(apps.ours, { CDK_OUTDIR: out }),
    () => node(apps.peer, { CDK_OUTDIR: path.join(directory, 'peer') }),
    () => node('-e', {}, "require('aws-cdk-lib')"),
  ]);
  const template = fs.readFileSync(path.join(out, 'Atlantis.template.json'), 'utf8');
  const [pack] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );

  console.log(`Node ${process.version}, ${cpus().length} processors, medians of ${RUNS} runs`);
  console.log(
    `synthesis of examples/minimal: ${ours} ms, ${(ours / peer).toFixed(2)} times the CDK's own pattern with a file system (${peer} ms)`,
  );
  console.log(`loading aws-cdk-lib alone: ${bare} ms`);
  console.log(`its template: ${Object.keys(JSON.parse(template).Resources).length} resources, ${kilobytes(template.length)}`);
  console.log(`the npm package: ${kilobytes(pack.size)} packed, ${kilobytes(pack.unpackedSize)} unpacked, ${pack.entryCount} files`);
}

/** An app as a user's build leaves it: JavaScript that imports the compiled library. */
function compiled(app: string, change = (source: string) => source): string {
  const name = path.basename(path.dirname(app));
  const file = path.join(directory, `${name}.ts`);
  fs.writeFileSync(file, change(fs.readFileSync(path.join(ROOT, app), 'utf8')));
  fs.rmSync(path.join(directory, 'node_modules'), { force: true });
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  const options = ['--module', 'node16', '--target', 'es2022', '--skipLibCheck', '--types', 'node'];
  execFileSync(path.join(ROOT, 'node_modules/.bin/tsc'), [...options, file], { cwd: directory, stdio: 'inherit' });
  return path.join(directory, `${name}.js`);
}

/** Medians of works that are run in turns, so that what else the machine does is shared by all. */
function interleaved(works: readonly (() => void)[]): number[] {
  const times: number[][] = works.map(() => []);
  for (let run = 0; run < RUNS; run += 1) {
    works.forEach((work, i) => {
      times[i].push(milliseconds(work));
    });
  }
  return times.map(median);
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
