import { type Cursor, refuse, take } from './cursor';

const ESCAPED: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const PLAIN = /[^"\\$%\r\n]+/y;
const ESCAPE = /\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[nrt"\\])/y;
const ESCAPED_TEMPLATE = /\$\$\{|%%\{/y;
const HEREDOC = /<<-?([\p{ID_Start}_][\p{ID_Continue}-]*)\r?\n/uy;

/** A string in quotes. Templates are expressions, so they are refused. */
export function readString(cursor: Cursor): string {
  cursor.at++;
  let value = '';
  for (;;) {
    const next = cursor.text[cursor.at];
    if (next === undefined || next === '\n' || next === '\r') refuse(cursor, 'a string is not closed');
    if (next === '"') {
      cursor.at++;
      return value;
    }
    if (next === '\\') {
      const escaped = take(cursor, ESCAPE);
      if (escaped === undefined) refuse(cursor, 'a backslash in a string escapes nothing that is known');
      value += characterOf(cursor, escaped);
    } else {
      value += take(cursor, PLAIN) ?? readDollar(cursor);
    }
  }
}

function characterOf(cursor: Cursor, escaped: string): string {
  const code = escaped.slice(2);
  if (code === '') return ESCAPED[escaped[1]];
  const point = Number.parseInt(code, 16);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) refuse(cursor, `${escaped} is no character`);
  return String.fromCodePoint(point);
}

/** A dollar or a percent sign, which may begin a template. */
function readDollar(cursor: Cursor): string {
  const escaped = take(cursor, ESCAPED_TEMPLATE);
  if (escaped !== undefined) return escaped.slice(1);
  const sign = cursor.text[cursor.at];
  if (cursor.text[cursor.at + 1] === '{') refuse(cursor, `${sign}{ begins a template, and only literal values can be read here`);
  cursor.at++;
  return sign;
}

/** A string of whole lines up to its marker; `<<-` takes the indentation off that all lines share. */
export function readHeredoc(cursor: Cursor): string {
  const opening = take(cursor, HEREDOC);
  if (opening === undefined) return refuse(cursor, 'a string of lines begins with << and a marker');
  const marker = opening.replace(/^<<-?/, '').trim();
  const lines: string[] = [];
  for (;;) {
    const end = cursor.text.indexOf('\n', cursor.at);
    const line = cursor.text.slice(cursor.at, end === -1 ? undefined : end);
    if (line.trim() === marker) {
      cursor.at += line.trimEnd().length;
      break;
    }
    if (end === -1) return refuse(cursor, `the lines have no end: ${marker} was expected`);
    lines.push(readLine(cursor, line));
    cursor.at = end + 1;
  }
  return (opening.startsWith('<<-') ? withoutIndentation(lines) : lines).map((line) => `${line}\n`).join('');
}

function readLine(cursor: Cursor, line: string): string {
  const inner: Cursor = { ...cursor };
  const end = cursor.at + line.length;
  let value = '';
  while (inner.at < end) {
    const sign = inner.text[inner.at];
    if (sign === '$' || sign === '%') value += readDollar(inner);
    else {
      value += sign;
      inner.at++;
    }
  }
  return value;
}

function withoutIndentation(lines: readonly string[]): string[] {
  const indentation = Math.min(...lines.map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0));
  return lines.map((line) => line.slice(Number.isFinite(indentation) ? indentation : 0));
}
