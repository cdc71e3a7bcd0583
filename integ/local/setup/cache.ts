import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { exclusively } from '../lock';
import { cacheDirectory } from '../places';

// Someone else may be building the same thing, which takes minutes on a small machine.
const PATIENCE = 40 * 60_000;

/** A short name for what was made from these inputs. */
export function keyOf(...inputs: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) {
    hash.update(`${input.length}:`).update(input);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The names and contents of all files below a directory, in a fixed order, for `keyOf`. */
export function contentsOf(directory: string): (string | Buffer)[] {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return files.flatMap((file) => [file.slice(directory.length), readFileSync(file)]);
}

export function isCached(name: string): boolean {
  return existsSync(join(cacheDirectory(), name));
}

/**
 * The directory `<cache>/<name>`; makes it by the given work when it is missing. It appears at once and complete,
 * so that nobody finds what a killed run had half made.
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const directory = join(cacheDirectory(), name);
  if (isCached(name)) {
    return directory;
  }
  const unfinished = `${directory}.unfinished`;
  const work = async () => {
    if (isCached(name)) {
      return;
    }
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    try {
      await make(unfinished);
      renameSync(unfinished, directory);
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  };
  await exclusively(`${directory}.lock`, work, PATIENCE);
  return directory;
}
