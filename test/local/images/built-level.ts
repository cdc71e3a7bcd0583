import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { documentArguments } from '../../../integ/local/images/documents';
import { executeFirst, inMachine, inRoot } from '../../../integ/local/images/executors';
import { Machine } from '../../../integ/local/images/machine';
import { layOut, provideRoot, type RootName } from '../../../integ/local/images/roots';
import { type ImageLevel, ImageOs } from '../../../src';
import { documentsOfLevel } from '../../ami/levels';

const SYSTEMS: Record<RootName, ImageOs> = { 'debian-12': ImageOs.DEBIAN_12, 'ubuntu-24.04': ImageOs.UBUNTU_24_04 };
const ARCHITECTURE = process.arch === 'x64' ? InstanceArchitecture.X86_64 : InstanceArchitecture.ARM_64;

export interface StepChoice {
  readonly component: string;
  readonly phase: 'build' | 'validate' | 'test';
  readonly step: string;
}

/** One level, by itself, on a root of a system; and machines that are booted from what came of it. */
export class BuiltLevel {
  /** A fresh root. Undefined where the system's archive cannot be had: the level is only linted for it then. */
  static async on(name: RootName): Promise<BuiltLevel | undefined> {
    const tar = await provideRoot(name);
    if (!tar) return undefined;
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-atlantis-level-'));
    await layOut(tar, path.join(directory, 'root'));
    return new BuiltLevel(name, directory);
  }

  private runs = 0;
  private machine?: Machine;

  private constructor(
    private readonly name: RootName,
    private readonly directory: string,
  ) {}

  get root(): string {
    return path.join(this.directory, 'root');
  }

  /** Runs the build and validate phases; gives what failed, in the lines of the step that failed. */
  async build(level: ImageLevel, more: string[] = [], only?: StepChoice): Promise<string[]> {
    const { code, printed } = await executeFirst(inRoot(this.root), this.documents(level, only), { more });
    return failure(code, printed);
  }

  async boot(): Promise<Machine> {
    this.machine ??= await Machine.boot(this.root);
    return this.machine;
  }

  /** Runs the test phase in a booted machine. */
  async test(level: ImageLevel, only?: StepChoice): Promise<string[]> {
    const { processId } = await this.boot();
    const { code, printed } = await executeFirst(inMachine(processId), this.documents(level, only, 'test'));
    return failure(code, printed);
  }

  async remove(): Promise<void> {
    await this.machine?.stop();
    fs.rmSync(this.directory, { recursive: true });
  }

  private documents(level: ImageLevel, only?: StepChoice, phase?: string): string[] {
    const documents = documentsOfLevel(level, { os: SYSTEMS[this.name], architecture: ARCHITECTURE });
    const chosen = Object.entries(documents)
      .filter(([component]) => !only || only.component === component)
      // biome-ignore lint/suspicious/noExplicitAny: documents have no types
      .map(([title, document]) => [title, only ? reduced(document, only) : document] as [string, any])
      .filter(([, { phases }]) => !phase || phases.some((one: { name: string }) => one.name === phase));
    const written = chosen.map(([title, document]) => ({ title, text: JSON.stringify(document), parameters: {} }));
    return documentArguments(written, path.join(this.directory, `documents-${this.runs++}`));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
function reduced(document: any, { phase, step }: StepChoice): any {
  const phases = document.phases
    .filter(({ name }: { name: string }) => name === phase)
    .map(({ name, steps }: { name: string; steps: { name: string }[] }) => ({ name, steps: steps.filter((one) => one.name === step) }));
  return { ...document, phases };
}

/** What the step that failed printed, which the executor shows behind a bar. */
function failure(code: number, printed: string): string[] {
  if (code === 0) return [];
  const lines = [...printed.matchAll(/^ {2}\| (.*)$/gm)].map(([, line]) => line);
  return lines.length > 0 ? lines : [printed];
}
