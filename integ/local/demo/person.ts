import * as fs from 'node:fs';
import * as path from 'node:path';
import { Authenticator } from '../authenticator';
import { environmentFor, type LocalCloud } from '../local-cloud';
import { command } from '../setup/command';
import { converse } from './conversation';

/** What everyone has installed: the command, OpenTofu and the AWS command line, by the directories that they are in. */
export interface Installed {
  readonly path: readonly string[];
}

/** The environment of a laptop: nothing of this machine's own AWS, and the local cloud in the place of AWS. */
function laptop(cloud: LocalCloud, installed: Installed, home: string): NodeJS.ProcessEnv {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE, TF_CLI_CONFIG_FILE, ...env } = environmentFor(cloud);
  const files = path.join(home, '.aws');
  return {
    ...env,
    HOME: home,
    TF_IN_AUTOMATION: '1',
    AWS_CONFIG_FILE: path.join(files, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: path.join(files, 'credentials'),
    PATH: [...installed.path, env.PATH].join(path.delimiter),
  };
}

/** Somebody with a laptop, a phone, and a clone of the project. */
export class Person {
  private authenticator?: Authenticator;
  readonly env: NodeJS.ProcessEnv;

  constructor(
    readonly name: string,
    readonly project: string,
    cloud: LocalCloud,
    installed: Installed,
  ) {
    const home = path.join(cloud.directory, 'homes', name);
    fs.mkdirSync(home, { recursive: true });
    this.env = { ...laptop(cloud, installed, home), AWS_PROFILE: name };
  }

  /** From the first key, which an administrator handed over, to a key and a device of their own. */
  public async enroll({ id, secret }: { id: string; secret: string }): Promise<string> {
    const { AWS_PROFILE: _, ...env } = this.env;
    let next = '';
    const first = (shown: string) => {
      this.authenticator = new Authenticator(shown);
      const [code, following] = this.authenticator.pair();
      next = following;
      return code;
    };
    return converse({
      command: ['cdk-atlantis', 'bootstrap', 'enroll', '--code-stdin'],
      cwd: this.project,
      env,
      answers: [
        [/AWS access key:/, () => id],
        [/AWS secret access key:/, () => secret],
        [/give it this secret: (\S+)[\s\S]*First code:/, ([, shown]) => first(shown)],
        [/Next code:/, () => next],
        [/One more code of \S+:/, () => this.code()],
      ],
    });
  }

  /** A code from the phone. */
  public async code(): Promise<string> {
    if (!this.authenticator) throw new Error(`${this.name} has no device`);
    return this.authenticator.code();
  }

  /** Lines in a shell in a terminal; the shell ends with the first that fails. */
  public shell(lines: readonly string[]): Promise<string> {
    const file = path.join(this.project, '..', `${this.name}.sh`);
    fs.writeFileSync(file, `set -e\n${lines.join('\n')}\n`);
    return converse({
      command: ['bash', '--noprofile', '--norc', file],
      cwd: this.project,
      env: this.env,
      answers: [[/MFA code of [^:]+: /, () => this.code()]],
      terminal: true,
    });
  }

  /** The command, which asks for a code where it needs a session. */
  public cdkAtlantis(verb: string, ...args: string[]): Promise<string> {
    return converse({
      command: ['cdk-atlantis', 'bootstrap', verb, '--code-stdin', ...args],
      cwd: this.project,
      env: this.env,
      answers: [[/Code of [^:]+:/, () => this.code()]],
    });
  }
}

/** Runs the command as an administrator. */
export function administer(cloud: LocalCloud, installed: Installed, project: string, ...args: string[]): Promise<string> {
  const env = environmentFor(cloud);
  const PATH = [...installed.path, env.PATH].join(path.delimiter);
  return command('cdk-atlantis', ['bootstrap', ...args], { cwd: project, onlyEnv: { ...env, PATH } });
}
