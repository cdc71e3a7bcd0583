import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import * as path from 'node:path';
import { RUNS } from './timing';

export const ROOT = path.resolve(__dirname, '..');

/** A directory in which apps are compiled and synthesized as a user's build leaves them. */
export class Workshop {
  readonly directory = fs.mkdtempSync(path.join(tmpdir(), 'bench-'));

  constructor() {
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.directory, 'node_modules'));
  }

  machine(): string {
    return `Node ${process.version}, ${cpus().length} processors, medians of ${RUNS} runs`;
  }

  path(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  /** An app as JavaScript which imports the compiled library instead of its sources. */
  compile(app: string): string {
    const name = path.basename(path.dirname(app)) + path.basename(app, '.ts');
    const file = this.path(`${name}.ts`);
    const source = fs.readFileSync(path.join(ROOT, app), 'utf8');
    fs.writeFileSync(file, source.replace("'../../src'", JSON.stringify(path.join(ROOT, 'lib'))));
    const options = ['--module', 'node16', '--target', 'es2022', '--skipLibCheck', '--types', 'node'];
    execFileSync(path.join(ROOT, 'node_modules/.bin/tsc'), [...options, file], { cwd: this.directory, stdio: 'inherit' });
    return this.path(`${name}.js`);
  }

  /** Synthesizes a compiled app into a directory of this name. Throws with what it printed. */
  synthesize(app: string, output: string, env: Record<string, string> = {}): void {
    this.node([app], { CDK_OUTDIR: this.path(output), JSII_DEPRECATED: 'quiet', ...env });
  }

  node(args: readonly string[], env: Record<string, string> = {}): void {
    execFileSync(process.execPath, args, { cwd: this.directory, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  template(output: string, stack: string): string {
    return fs.readFileSync(this.path(output, `${stack}.template.json`), 'utf8');
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true });
  }
}
