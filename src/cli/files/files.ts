import * as fs from 'node:fs';
import * as path from 'node:path';
import { Refusal } from '../refusal';
import type { Terminal } from '../terminal/terminal';

export interface Wanted {
  /** The path from the directory that is written to. */
  readonly file: string;
  readonly text: string;
}

/**
 * Writes files. Every question is asked before the first is written, and a file that is there and differs is replaced only when the person
 * agrees. Where there is nobody to ask, nothing at all is written.
 */
export function writeFiles(directory: string, wanted: readonly Wanted[], terminal: Terminal): void {
  const states = wanted.map((each) => ({ ...each, found: read(path.join(directory, each.file)) }));
  const agreed = states.filter(({ file, text, found }) => {
    if (found === text) {
      terminal.note(`${file} is as it should be.`);
      return false;
    }
    return found === undefined || terminal.agree(`${file} is there and differs. Replace it?`);
  });
  for (const { file, text, found } of agreed) {
    fs.writeFileSync(path.join(directory, file), text);
    terminal.note(`${file} ${found === undefined ? 'written' : 'replaced'}.`);
  }
  for (const { file, text, found } of states) {
    if (found !== undefined && found !== text && !agreed.some((each) => each.file === file)) terminal.note(`${file} left as it is.`);
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Refusal(`${path.basename(file)} cannot be read: ${(problem as Error).message}`);
  }
}

/** Adds lines that a file lacks to its end. */
export function addLines(directory: string, file: string, lines: readonly string[], terminal: Terminal): void {
  const found = read(path.join(directory, file)) ?? '';
  const there = new Set(found.split('\n').map((line) => line.trim()));
  const missing = lines.filter((line) => !there.has(line));
  if (missing.length === 0) return;
  const between = found === '' || found.endsWith('\n') ? '' : '\n';
  fs.appendFileSync(path.join(directory, file), `${between}${missing.join('\n')}\n`);
  terminal.note(`${file} ignores ${missing.join(', ')}.`);
}
