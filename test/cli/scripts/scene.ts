import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Manifest } from '../../../src/cli/manifest/manifest';
import { renderScripts, SCRIPTS, type Scripts } from '../../../src/cli/scripts/render';
import type { Dialect } from './dialects';

const ROOT = path.join(__dirname, '..', '..', '..');

export const templates = Object.fromEntries(
  SCRIPTS.map((name) => [name, fs.readFileSync(path.join(ROOT, 'src', 'cli', 'scripts', name), 'utf8')]),
) as Scripts;

export const manifest: Manifest = {
  cdkAtlantis: 'bootstrap',
  version: 1,
  partition: 'aws',
  account: '123456789012',
  region: 'eu-west-1',
  stack: 'Bootstrap',
  prefix: 'terraform',
  role: 'arn:aws:iam::123456789012:role/terraform/terraform',
  boundary: 'arn:aws:iam::123456789012:policy/terraform/terraform-boundary',
  state: { bucket: 'state', bootstrapBucket: 'bootstrap-state' },
  lock: { kind: 'lockfile' },
  people: { kind: 'users', path: '/terraform/', group: 'terraform', sealKey: 'terraform-mfa', sealValue: 'sealed', mfaMaxAge: 300 },
  revocation: { stateMachine: 'arn:aws:states:eu-west-1:123456789012:stateMachine:terraform-revoke-' },
};

export const CODE = '246810';
export const EXECUTION = 'arn:aws:states:eu-west-1:123456789012:execution:terraform-revoke-martin.rosselle:1';

/** A time after the call, as the AWS command line prints it. */
export const inMinutes = (minutes: number): string => `$(date -u -d '+${Math.round(minutes * 60)} seconds' +%Y-%m-%dT%H:%M:%SZ)`;

const credentials = (expiration: string) => `printf 'ASIASESSION\\tsession+secret/=\\tsession//token==\\t%s\\n' "${expiration}"`;

/** What the stand-in does for each call: lines of sh. */
export type Answers = Record<string, string>;

export const refusal = (line: string): string => `printf '\\n%s\\n' '${line}' >&2; exit 254`;

export const answers = (minutes = 60): Answers => ({
  'sts get-caller-identity': "printf 'arn:aws:iam::123456789012:user/terraform/martin.rosselle\\n'",
  'iam list-mfa-devices': "printf 'arn:aws:iam::123456789012:mfa/martin.rosselle\\n'",
  'sts assume-role': credentials(inMinutes(minutes)),
  'stepfunctions start-execution': `printf '${EXECUTION}\\n'`,
  'stepfunctions describe-execution': "printf 'SUCCEEDED\\n'",
});

export interface Call {
  readonly name: string;
  readonly args: string[];
  readonly input: string;
  /** What the call had in its environment of the variables that lead to an account. */
  readonly env: Record<string, string>;
}

export interface SceneOptions {
  readonly answers?: Answers;
  readonly manifest?: Manifest;
  readonly profile?: string;
  /** @default - the stand-in is on the PATH */
  readonly aws?: string;
}

export interface Played {
  readonly status: number | null;
  /** What was on the terminal. */
  readonly screen: string;
}

/** A directory with spaces in its path, with the scripts, a home and a stand-in for the AWS command line that records its calls. */
export class Scene {
  readonly root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "cdk atlantis' $(shell) ")));
  readonly home = this.folder('home');
  readonly project = this.folder('my project');
  readonly out = this.folder('out');
  private readonly bin = this.folder('bin');
  private readonly calls_ = this.folder('calls');

  constructor(options: SceneOptions = {}) {
    const rendered = renderScripts(options.manifest ?? manifest, { templates, profile: options.profile });
    for (const name of SCRIPTS) fs.writeFileSync(path.join(this.project, name), rendered[name]);
    if (options.aws === undefined) this.standIn({ ...answers(), ...options.answers });
  }

  private folder(name: string): string {
    const directory = path.join(this.root, name);
    fs.mkdirSync(directory);
    return directory;
  }

  /** A stand-in for the AWS command line. */
  public standIn(by: Answers): void {
    const quoted = `'${this.calls_.replaceAll("'", "'\\''")}'`;
    const cases = Object.entries(by).map(([name, lines]) => `'${name}')\n${lines}\n;;`);
    const text = [
      '#!/bin/sh',
      `record=${quoted}/$(ls ${quoted} | wc -l)-$1-$2`,
      'mkdir "$record"',
      `printf '%s\\0' "$@" >"$record/args"`,
      'env -0 >"$record/env"',
      'cat >"$record/input"',
      'case "$1 $2" in',
      ...cases,
      "*) echo 'the stand-in knows no such call' >&2; exit 1 ;;",
      'esac',
    ].join('\n');
    fs.rmSync(path.join(this.bin, 'aws'), { force: true });
    fs.writeFileSync(path.join(this.bin, 'aws'), `${text}\n`, { mode: 0o755 });
  }

  public get calls(): Call[] {
    const read = (call: string, file: string) => fs.readFileSync(path.join(this.calls_, call, file), 'utf8');
    return fs
      .readdirSync(this.calls_)
      .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))
      .map((call) => {
        const args = read(call, 'args').split('\0').slice(0, -1);
        const env = read(call, 'env').split('\0').slice(0, -1);
        return {
          name: args.slice(0, 2).join(' '),
          args: args.slice(2),
          input: read(call, 'input'),
          env: Object.fromEntries(env.filter((line) => /^(AWS|CHAMBER)_/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2))),
        };
      });
  }

  /** What a real command line left in the home. */
  public get awsFiles(): string[] {
    return fs.readdirSync(this.home).filter((name) => name === '.aws');
  }

  public get projectFiles(): string[] {
    return fs.readdirSync(this.project).sort();
  }

  /** A file that a script wrote into `out`. */
  public read(name: string): string {
    return fs.readFileSync(path.join(this.out, name), 'utf8');
  }

  public get environment(): NodeJS.ProcessEnv {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(AWS_|CHAMBER_|CDK_|BASH|ZSH|PS1|ENV$|IFS|LC_|LANG)/.test(name));
    return {
      ...Object.fromEntries(inherited),
      HOME: this.home,
      XDG_CONFIG_HOME: path.join(this.home, '.config'),
      XDG_DATA_HOME: path.join(this.home, '.local'),
      PATH: `${this.bin}:${process.env.PATH}`,
      TERM: 'dumb',
      OUT: this.out,
    };
  }

  /** Runs lines in a shell in a terminal of its own, with the project as its directory, and types when asked. */
  public async play(dialect: Dialect, lines: string[], options: { type?: [when: RegExp, text: string][]; env?: NodeJS.ProcessEnv } = {}) {
    const file = path.join(this.root, `lines.${dialect.name}`);
    fs.writeFileSync(file, `${lines.join('\n')}\n`);
    return this.inTerminal(dialect.run(file), options.type ?? [[/MFA code of [^:]+: /, `${CODE}\r`]], options.env);
  }

  /** Runs a program in a terminal of its own. */
  public inTerminal(command: string[], type: [when: RegExp, text: string][], env: NodeJS.ProcessEnv = {}): Promise<Played> {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
      cwd: this.project,
      env: { ...this.environment, SHELL: '/bin/sh', ...env },
    });
    return this.follow(child, [...type]);
  }

  /** Runs a program in no terminal. */
  public withoutTerminal(dialect: Dialect, lines: string[]): Promise<Played> {
    const file = path.join(this.root, `lines.${dialect.name}`);
    fs.writeFileSync(file, `${lines.join('\n')}\n`);
    const [program, ...args] = dialect.run(file);
    return this.follow(spawn(program, args, { cwd: this.project, env: this.environment, detached: true }), []);
  }

  private follow(child: ReturnType<typeof spawn>, type: [when: RegExp, text: string][]): Promise<Played> {
    return new Promise((resolve, reject) => {
      let screen = '';
      let seen = 0;
      const watch = (chunk: Buffer) => {
        screen += chunk.toString('utf8');
        for (;;) {
          const found = type.length > 0 ? type[0][0].exec(screen.slice(seen)) : null;
          if (!found) return;
          seen += found.index + found[0].length;
          child.stdin?.write(type[0][1]);
          type.shift();
        }
      };
      child.stdout?.on('data', watch);
      child.stderr?.on('data', watch);
      child.on('error', reject);
      const late = setTimeout(() => {
        child.kill();
        reject(new Error(`The shell did not end. On its screen:\n${screen}`));
      }, 60_000);
      child.on('close', (status) => {
        clearTimeout(late);
        resolve({ status, screen });
      });
    });
  }

  public remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}
