import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = join(__dirname, '../..');

/** The files below directories of the repository. */
export function filesBelow(...directories: string[]): string[] {
  return directories
    .flatMap((directory) => readdirSync(join(root, directory), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The tests that a cell names, as `file: title`, with semicolons between them. */
export function testsIn(cell: string): string[] {
  return cell.split('; ').filter((part) => /^[\w-]+: /.test(part));
}

/** Those of the tests that no test file has. */
export function missingTests(references: readonly string[]): string[] {
  const texts = new Map<string, string>();
  for (const path of filesBelow('test').filter((file) => file.endsWith('.test.ts'))) {
    const name = basename(path).replace(/\.test\.ts$/, '');
    texts.set(name, `${texts.get(name) ?? ''}${readFileSync(path, 'utf8')}`);
  }
  return references.filter((reference) => {
    const [, file, title] = /^([\w-]+): (.*)$/.exec(reference) ?? [];
    return !texts.get(file)?.includes(title);
  });
}
