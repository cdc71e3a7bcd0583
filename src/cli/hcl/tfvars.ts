import { Refusal } from '../refusal';
import { type Cursor, refuse } from './cursor';
import { type Literal, numberOf, readLiteral, skipLines, skipSpace, takeIdentifier, takeLineEnd } from './literals';

/** The variables of a `.tfvars` or `.tfvars.json` file, in its order. A file that cannot be read whole is refused whole. */
export function parseTfvars(bytes: Uint8Array, file: string): Map<string, Literal> {
  const text = decode(bytes, file);
  return file.endsWith('.json') ? parseJson(text, file) : parseHcl({ text, file, at: 0 });
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal(`${file} is not text in UTF-8; nothing was changed.`);
  }
}

function parseHcl(cursor: Cursor): Map<string, Literal> {
  const variables = new Map<string, Literal>();
  for (;;) {
    skipLines(cursor);
    if (cursor.at === cursor.text.length) return variables;
    const name = takeIdentifier(cursor);
    if (name === undefined) return refuse(cursor, 'the name of a variable was expected');
    if (variables.has(name)) refuse(cursor, `the variable ${name} is there twice`);
    skipSpace(cursor);
    if (cursor.text[cursor.at] !== '=') refuse(cursor, `an equals sign was expected after ${name}`);
    cursor.at++;
    skipSpace(cursor);
    variables.set(name, readLiteral(cursor));
    skipSpace(cursor);
    if (takeLineEnd(cursor) === undefined) refuse(cursor, `the line goes on after the value of ${name}`);
  }
}

function parseJson(text: string, file: string): Map<string, Literal> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Refusal(`${file} is no JSON; nothing was changed.`);
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new Refusal(`${file} is no JSON object of variables; nothing was changed.`);
  }
  // Numbers outside of strings: what a JavaScript number would round is refused.
  for (const { 0: number, index } of text
    .replace(/"(?:[^"\\]|\\.)*"/g, (string) => ' '.repeat(string.length))
    .matchAll(/-?\d[\d.eE+-]*/g)) {
    numberOf({ text, file, at: index }, number);
  }
  return new Map(Object.entries(parsed as Record<string, Literal>));
}

/**
 * What `TF_VAR_<name>` has to hold for Terraform to read the same value: a string as it is, all else as JSON. Terraform reads that JSON as an
 * expression, so what would begin a template in its strings is escaped.
 */
export function environmentValue(value: Literal): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value)
    .replace(/([$%])\{/g, '$1$1{')
    .replace(/(?<=(?<!\\)(?:\\\\)*)\\([bf])/g, (_, letter) => (letter === 'b' ? '\\u0008' : '\\u000c'));
}
