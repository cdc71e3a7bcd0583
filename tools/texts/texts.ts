import * as fs from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** The files as they are written: scripts, programs and units, each of its own kind and checked as such. */
const FILES_DIRECTORY = path.join(ROOT, 'src', 'ami', 'files');

/** What the library imports. */
export const TEXTS_FILE = path.join(ROOT, 'src', 'ami', 'private', 'files.ts');

/** The source of a module with the text of each file by its name. */
export function textsOfFiles(): string {
  const names = fs.readdirSync(FILES_DIRECTORY).sort();
  const entries = names.map((name) => `  '${name}': ${literal(fs.readFileSync(path.join(FILES_DIRECTORY, name), 'utf8'))},\n`);
  const head =
    '// Made of src/ami/files by tools/texts.ts.\n\n/** The files that go into images, by their names. */\nexport const FILES = {\n';
  return `${head}${entries.join('')}} as const;\n`;
}

/** A text in single quotes, as the house writes them. */
function literal(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'");
  return `'${escaped}'`;
}
