import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AtlantisOnFargate, type AtlantisOnFargateProps } from '../../src';

/** The scripts and the environment that a synthesized task definition carries. */
export interface TaskScripts {
  readonly setup: string;
  readonly server: string;
  /** The server's environment. A value that only a deployment knows stands as `token`. */
  readonly environment: { [name: string]: string };
}

export function taskScripts(props: (stack: Stack) => AtlantisOnFargateProps): TaskScripts {
  const stack = new Stack(new App(), 'Stack');
  new AtlantisOnFargate(stack, 'Atlantis', props(stack));
  const [definition] = Object.values(Template.fromStack(stack).findResources('AWS::ECS::TaskDefinition'));
  const [setup, server] = ['setup', 'atlantis'].map((name) =>
    definition.Properties.ContainerDefinitions.find((container: { Name: string }) => container.Name === name),
  );
  const environment = server.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [
    Name,
    typeof Value === 'string' ? Value : 'http://token',
  ]);
  return { setup: setup.Command[0], server: server.Command[0], environment: Object.fromEntries(environment) };
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, or for some seconds, after which its status is null. */
export function ended(program: string, words: string[], env: { [name: string]: string }, seconds = 20): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: seconds * 1000, killSignal: 'SIGKILL' });
    const [stdout, stderr]: string[][] = [[], []];
    child.stdout.on('data', (data) => stdout.push(`${data}`));
    child.stderr.on('data', (data) => stderr.push(`${data}`));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout: stdout.join(''), stderr: stderr.join('') }));
  });
}

/** A folder that stands for a task's file system: the scripts' absolute paths lead there, and nothing else is changed in them. */
export class TaskFolder {
  public readonly root = mkdtempSync(join(tmpdir(), 'atlantis-task-'));
  private readonly owner = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;

  constructor() {
    for (const path of ['atlantis-run', 'atlantis-data', 'home/atlantis', 'tmp', 'bin'])
      mkdirSync(join(this.root, path), { recursive: true });
  }

  /** Puts a program before the machine's own ones. */
  public provide(name: string, file: string): void {
    symlinkSync(file, join(this.root, 'bin', name));
  }

  public provideScript(name: string, text: string): void {
    const file = join(this.root, 'bin', name);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }

  public at(script: string): string {
    return script
      .replace(/\/(atlantis-run|atlantis-data|home\/atlantis)/g, (_, path) => join(this.root, path))
      .replace(/ \/tmp$/gm, ` ${join(this.root, 'tmp')}`)
      .replace(/ 100:1000 /g, ` ${this.owner} `);
  }

  public environment(more: { [name: string]: string }): { [name: string]: string } {
    const moved = Object.entries(more).map(([name, value]) => [
      name,
      value.replace(/^\/(atlantis-data|home\/atlantis)/, (path) => join(this.root, path)),
    ]);
    return { PATH: `${join(this.root, 'bin')}:${process.env.PATH}`, ...Object.fromEntries(moved) };
  }

  public run(script: string, environment: { [name: string]: string }): Promise<Ended> {
    return ended('/bin/sh', ['-c', this.at(script)], this.environment(environment));
  }

  public read(path: string): string {
    return readFileSync(join(this.root, path), 'utf8');
  }

  public has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
