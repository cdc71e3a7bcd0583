import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { deployExample } from '../../integ/local/demo/deployment';
import { type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { findOnPath } from '../../integ/local/setup/on-path';
import { provideTools } from '../../integ/local/setup/tools';
import { as, environmentAs, type Keys, keysOf, ROOT } from './people';

export const ACCOUNT = '123456789012';

/** The roles of apps/states.ts. */
export type RoleName = 'reads' | 'plans' | 'applies' | 'administers' | 'another';
const ROLES: readonly RoleName[] = ['reads', 'plans', 'applies', 'administers', 'another'];

export interface States {
  readonly cloud: LocalCloud;
  readonly bucket: string;
  readonly key: string;
  readonly table: string;
  readonly sessions: Readonly<Record<RoleName, Keys>>;
}

/** Deploys apps/states.ts where IAM is enforced, and begins a session of each of its roles. */
export async function deployStates(): Promise<States> {
  const cloud = await startCloud({ enforceIam: true });
  const outputs = await deployExample<Record<string, string>>(cloud, 'test/local/apps/states.ts', 'States');
  const output = (name: string) => Object.entries(outputs).find(([id]) => id.includes(name))?.[1] ?? '';
  const { iam } = as(cloud, ROOT);
  await iam.send(new CreateUserCommand({ UserName: 'tester' }));
  const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] };
  await iam.send(new PutUserPolicyCommand({ UserName: 'tester', PolicyName: 'assume', PolicyDocument: JSON.stringify(policy) }));
  const tester = as(cloud, keysOf((await iam.send(new CreateAccessKeyCommand({ UserName: 'tester' }))).AccessKey));
  const sessions: Partial<Record<RoleName, Keys>> = {};
  for (const role of ROLES) sessions[role] = await tester.assume(`arn:aws:iam::${ACCOUNT}:role/${role}`, 'tester');
  return {
    cloud,
    bucket: output('StateBucketName'),
    key: output('StateKeyArn'),
    table: output('LockTableName'),
    sessions: sessions as Record<RoleName, Keys>,
  };
}

export interface Ran {
  readonly code: number | null;
  readonly printed: string;
}

export interface Running {
  readonly done: Promise<Ran>;
  /** Resolves once the text was printed. */
  printed(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Which locks the generated file asks for. */
export type Lock = 'lockfile' | 'dynamodb' | 'both';

/** A directory with code, and a backend as `init` writes it. */
export class Workspace {
  constructor(
    readonly directory: string,
    private readonly program: string,
    private readonly states: States,
  ) {
    fs.mkdirSync(directory, { recursive: true });
  }

  public write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.directory, file), text);
  }

  public backend(lock: Lock = 'lockfile', name = 'network/prod'): void {
    const { bucket, key, table } = this.states;
    const locks = [
      ...(lock === 'dynamodb' ? [] : ['use_lockfile = true']),
      ...(lock === 'lockfile' ? [] : [`dynamodb_table = "${table}"`]),
    ];
    this.write(
      'backend.tf',
      `terraform {
  backend "s3" {
    bucket         = "${bucket}"
    key            = "${name}/terraform.tfstate"
    region         = "us-east-1"
    encrypt        = true
    kms_key_id     = "${key}"
    use_path_style = true
    ${locks.join('\n    ')}
  }
}
`,
    );
  }

  public start(role: RoleName, ...args: string[]): Running {
    const { cloud, sessions } = this.states;
    const { TF_CLI_CONFIG_FILE: _, ...env } = environmentAs(cloud, sessions[role]);
    const child = spawn(this.program, [...args, '-no-color'], {
      cwd: this.directory,
      env: { ...env, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let text = '';
    const watchers = new Set<() => void>();
    const watch = (chunk: Buffer) => {
      text += chunk.toString();
      for (const look of watchers) look();
    };
    child.stdout.on('data', watch);
    child.stderr.on('data', watch);
    const done = new Promise<Ran>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, printed: text }));
    });
    return {
      done,
      printed: (wanted) =>
        new Promise((resolve, reject) => {
          const look = () => {
            if (text.includes(wanted)) resolve();
          };
          watchers.add(look);
          look();
          void done.then(() => reject(new Error(`ended without "${wanted}":\n${text}`)));
        }),
      // with all that it started
      kill: (signal) => process.kill(-(child.pid as number), signal),
    };
  }

  public run(role: RoleName, ...args: string[]): Promise<Ran> {
    return this.start(role, ...args).done;
  }

  /** Fails with what was printed. */
  public async must(role: RoleName, ...args: string[]): Promise<string> {
    const { code, printed } = await this.run(role, ...args);
    if (code !== 0) throw new Error(`${args.join(' ')} as ${role} ended with ${code}:\n${printed}`);
    return printed;
  }
}

function versionOf(program: string): string {
  const said = execFileSync(program, ['version'], { encoding: 'utf8', env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
  return /v(\d+\.\d+\.\d+)/.exec(said)?.[1] ?? 'of no version';
}

function knowsLockFiles(version = ''): boolean {
  const [major, minor] = version.split('.').map(Number);
  return major > 1 || (major === 1 && minor >= 10);
}

/** The programs that read HCL here: our OpenTofu, and Terraform where one that knows lock files is on the PATH. */
export async function programs(): Promise<{ name: string; path: string }[]> {
  const { tofu } = await provideTools(['tofu']);
  const terraform = findOnPath('terraform');
  const version = terraform && versionOf(terraform);
  if (!terraform) console.warn('not run with Terraform: there is none on the PATH');
  else if (!knowsLockFiles(version)) console.warn(`not run with Terraform: ${terraform} is ${version}, and lock files need 1.10`);
  return [{ name: 'OpenTofu', path: tofu }, ...(terraform && knowsLockFiles(version) ? [{ name: 'Terraform', path: terraform }] : [])];
}
