import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { documentArguments } from '../../../integ/local/images/documents';
import { layOut, provideRoot, type RootName } from '../../../integ/local/images/roots';

/** Roots have owners, and machines have mounts: only root on a Linux can make them. */
export const CAN_RUN = process.platform === 'linux' && process.getuid?.() === 0;

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
type Json = any;

/** A directory of a test, with the roots that it has laid out. */
export class Workspace {
  readonly directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-images-'));
  private count = 0;

  file(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  /** A fresh root; undefined when its archive cannot be had. */
  async root(name: RootName): Promise<string | undefined> {
    const tar = await provideRoot(name);
    if (!tar) return undefined;
    const directory = this.file(`root-${this.count++}`);
    await layOut(tar, directory);
    return directory;
  }

  /** The root of a Debian, which every machine that runs these tests can have. */
  async debian(): Promise<string> {
    return (await this.root('debian-12')) as string;
  }

  /** The arguments for documents that are given by their content. */
  documents(...documents: Json[]): string[] {
    const given = documents.map((document, position) => ({
      title: document.name ?? `document-${position}`,
      text: typeof document === 'string' ? document : JSON.stringify(document),
      parameters: {},
    }));
    return documentArguments(given, this.file(`documents-${this.count++}`));
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A document with steps of one phase. */
export function document(steps: Json[], more: Json = {}, phase = 'build'): Json {
  return { name: 'Example', schemaVersion: '1.0', ...more, phases: [{ name: phase, steps }] };
}

export function bash(name: string, ...commands: string[]): Json {
  return { name, action: 'ExecuteBash', inputs: { commands: ['set -euo pipefail', ...commands] } };
}
