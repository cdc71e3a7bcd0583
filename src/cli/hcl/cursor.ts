import { Refusal } from '../refusal';

/** Where the reader is in a text. */
export interface Cursor {
  readonly text: string;
  readonly file: string;
  at: number;
}

/** Refuses a text at the place that was reached. A file that is refused anywhere is not used at all. */
export function refuse(cursor: Cursor, problem: string): never {
  const line = cursor.text.slice(0, cursor.at).split('\n').length;
  throw new Refusal(`${cursor.file}, line ${line}: ${problem}; nothing was changed.`);
}

export function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}
