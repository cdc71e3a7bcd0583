import { type Cursor, refuse, take } from './cursor';
import { readHeredoc, readString } from './strings';

export type Literal = string | number | boolean | null | readonly Literal[] | { readonly [key: string]: Literal };

const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /-?\d+(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /(?:[ \t]|\/\*[\s\S]*?\*\/)*/y;
const SPACES_AND_LINES = /(?:[ \t\r\n]|(?:#|\/\/)[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const LINE_END = /(?:(?:#|\/\/)[^\n]*)?(?:\r?\n|$)/y;

export const skipSpace = (cursor: Cursor): void => void take(cursor, SPACE);
export const skipLines = (cursor: Cursor): void => void take(cursor, SPACES_AND_LINES);
export const takeIdentifier = (cursor: Cursor): string | undefined => take(cursor, IDENTIFIER);
export const takeLineEnd = (cursor: Cursor): string | undefined => take(cursor, LINE_END);

function takeSign(cursor: Cursor, sign: string): boolean {
  if (!cursor.text.startsWith(sign, cursor.at)) return false;
  cursor.at += sign.length;
  return true;
}

/** Reads a value without references, calls and operators. */
export function readLiteral(cursor: Cursor): Literal {
  if (cursor.text.startsWith('<<', cursor.at)) return readHeredoc(cursor);
  if (cursor.text[cursor.at] === '"') return readString(cursor);
  if (takeSign(cursor, '[')) return readList(cursor);
  if (takeSign(cursor, '{')) return readObject(cursor);
  const number = take(cursor, NUMBER);
  if (number !== undefined) return numberOf(cursor, number);
  const start = cursor.at;
  switch (takeIdentifier(cursor)) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'null':
      return null;
  }
  cursor.at = start;
  return refuse(cursor, 'only literal values can be read here');
}

/** Refuses what would become another number. */
export function numberOf(cursor: Cursor, text: string): number {
  const value = Number(text);
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  if (!Number.isFinite(value) || digits.length > 15)
    refuse(cursor, `the number ${text} is too long to be kept exactly: write it as a string`);
  return value;
}

function readList(cursor: Cursor): Literal[] {
  const values: Literal[] = [];
  for (;;) {
    skipLines(cursor);
    if (takeSign(cursor, ']')) return values;
    values.push(readLiteral(cursor));
    skipLines(cursor);
    if (takeSign(cursor, ']')) return values;
    if (!takeSign(cursor, ',')) refuse(cursor, 'a comma or the end of the list was expected');
  }
}

function readObject(cursor: Cursor): { [key: string]: Literal } {
  const entries = new Map<string, Literal>();
  for (;;) {
    skipLines(cursor);
    if (takeSign(cursor, '}')) return Object.fromEntries(entries);
    const key = cursor.text[cursor.at] === '"' ? readString(cursor) : (takeIdentifier(cursor) ?? take(cursor, NUMBER));
    if (key === undefined) return refuse(cursor, 'a key of the object was expected');
    if (entries.has(key)) refuse(cursor, `the key ${key} is there twice`);
    skipSpace(cursor);
    if (!takeSign(cursor, '=') && !takeSign(cursor, ':')) refuse(cursor, 'an equals sign was expected');
    skipSpace(cursor);
    entries.set(key, readLiteral(cursor));
    skipSpace(cursor);
    if (takeSign(cursor, ',') || cursor.text[cursor.at] === '}') continue;
    if (!takeLineEnd(cursor)) refuse(cursor, 'a comma, a new line or the end of the object was expected');
  }
}
