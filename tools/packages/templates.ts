import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';

function templates(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith('.template.json'))
    .sort();
}

/** Refuses two cloud assemblies whose templates are not the same, byte by byte. */
export function checkSameTemplates(expected: string, actual: string): void {
  const names = templates(expected);
  if (names.length === 0) throw new Failure(`${expected} holds no template`);
  if (names.join() !== templates(actual).join()) throw new Failure(`got ${templates(actual).join(', ')} rather than ${names.join(', ')}`);
  for (const name of names) {
    const [one, other] = [expected, actual].map((directory) => fs.readFileSync(path.join(directory, name), 'utf8'));
    if (one !== other) throw new Failure(`${name} differs ${firstDifference(one, other)}`);
  }
}

function firstDifference(one: string, other: string): string {
  const lines = other.split('\n');
  const at = one.split('\n').findIndex((line, i) => line !== lines[i]);
  return `in line ${at + 1}: ${one.split('\n')[at]?.trim()} became ${lines[at]?.trim()}`;
}
