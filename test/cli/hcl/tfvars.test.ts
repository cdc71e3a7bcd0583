import { environmentValue, parseTfvars } from '../../../src/cli/hcl/tfvars';

const parse = (text: string, file = 'a.tfvars') => Object.fromEntries(parseTfvars(new TextEncoder().encode(text), file));
const OPEN = '$' + '{';

describe('a tfvars file', () => {
  test.each([
    ['a string with escapes', String.raw`a = "q\"b\\s\nt\té\U0001F600"`, 'q"b\\s\nt\té😀'],
    ['dollars and percents that begin nothing', 'a = "$5 50% $$ %%"', '$5 50% $$ %%'],
    ['escaped templates', 'a = "$${x} %%{if}"', `${OPEN}x} %{if}`],
    ['numbers', 'a = [1, -2.5, 3e2, 0]', [1, -2.5, 300, 0]],
    ['true, false and null', 'a = [true, false, null]', [true, false, null]],
    ['lists over lines, with comments and a last comma', 'a = [ # one\n 1, // two\n 2, /* three */\n]', [1, 2]],
    ['objects with all kinds of keys', 'a = { b = 1, "c d" : 2\n e = { f = [] }\n 3 = 4 }', { b: 1, 'c d': 2, e: { f: [] }, 3: 4 }],
    ['lines up to a marker', 'a = <<EOT\n  one $${x}\n two\\n\nEOT\n', `  one ${OPEN}x}\n two\\n\n`],
    ['lines without the indentation that they share', 'a = <<-EOT\n    one\n      two\n    EOT\n', 'one\n  two\n'],
    ['a line end of Windows', 'a = "b"\r\n', 'b'],
  ])('may have %s', (_, text, value) => {
    expect(parse(text)).toEqual({ a: value });
  });

  test('keeps the names and their order, and leaves comments out', () => {
    expect(Object.keys(parse('# a = 1\nb_B = 1\n/* c = 2\n*/ a-a = 2 // end'))).toEqual(['b_B', 'a-a']);
  });

  test.each([
    ['a = var.b', 1, 'only literal values can be read here'],
    ['a = f(1)', 1, 'only literal values can be read here'],
    [`a = "${OPEN}b}"`, 1, `${OPEN} begins a template, and only literal values can be read here`],
    ['\na = "%{if x}"', 2, '%{ begins a template, and only literal values can be read here'],
    [`a = <<E\n${OPEN}x}\nE\n`, 2, `${OPEN} begins a template, and only literal values can be read here`],
    ['a = 1 + 2', 1, 'the line goes on after the value of a'],
    ['a = 1 b = 2', 1, 'the line goes on after the value of a'],
    ['a {\n}', 1, 'an equals sign was expected after a'],
    ['"a" = 1', 1, 'the name of a variable was expected'],
    ['a = 1\nb = 2\na = 3', 3, 'the variable a is there twice'],
    ['a = { b = 1, b = 2 }', 1, 'the key b is there twice'],
    ['a = { b 1 }', 1, 'an equals sign was expected'],
    ['a = { (b) = 1 }', 1, 'a key of the object was expected'],
    ['a = { b = 1 c = 2 }', 1, 'a comma, a new line or the end of the object was expected'],
    ['a = [1 2]', 1, 'a comma or the end of the list was expected'],
    ['a = "b', 1, 'a string is not closed'],
    ['a = "b\n"', 1, 'a string is not closed'],
    ['a = "\\q"', 1, 'a backslash in a string escapes nothing that is known'],
    ['a = "\\uD800"', 1, '\\uD800 is no character'],
    ['a = <<E\nb', 2, 'the lines have no end: E was expected'],
    ['a = << E\nb\nE', 1, 'a string of lines begins with << and a marker'],
    ['a = 12345678901234567890', 1, 'the number 12345678901234567890 is too long to be kept exactly: write it as a string'],
  ])('%j is refused whole', (text, line, problem) => {
    expect(() => parse(text)).toThrow(`a.tfvars, line ${line}: ${problem}; nothing was changed.`);
  });

  test('that is no text is refused', () => {
    expect(() => parseTfvars(Uint8Array.of(0x61, 0xff), 'a.tfvars')).toThrow('a.tfvars is not text in UTF-8; nothing was changed.');
  });
});

describe('a tfvars.json file', () => {
  const json = (text: string) => parse(text, 'a.tfvars.json');

  test('is JSON, whose strings are as they are', () => {
    expect(json(`{"a": "${OPEN}x}", "b": [1.5, {"c": null}]}`)).toEqual({ a: `${OPEN}x}`, b: [1.5, { c: null }] });
  });

  test.each([
    ['{', 'a.tfvars.json is no JSON; nothing was changed.'],
    ['[1]', 'a.tfvars.json is no JSON object of variables; nothing was changed.'],
    ['null', 'a.tfvars.json is no JSON object of variables; nothing was changed.'],
    ['{"a": "1234567890123456789",\n"b": 1234567890123456789}', 'is too long to be kept exactly: write it as a string'],
  ])('%j is refused', (text, problem) => {
    expect(() => json(text)).toThrow(problem);
  });
});

describe('the value for the environment', () => {
  test.each([
    ['a string, as it is', `a "b" ${OPEN}c}`, `a "b" ${OPEN}c}`],
    ['a number', 1.5, '1.5'],
    ['a list, in whose strings no template begins', [`${OPEN}a}`, '%{b}', '$'], `["$${OPEN}a}","%%{b}","$"]`],
    ['control characters that HCL knows', ['\b\f\n\\b'], '["\\u0008\\u000c\\n\\\\b"]'],
  ])('is %s', (_, value, expected) => {
    expect(environmentValue(value)).toBe(expected);
  });
});
