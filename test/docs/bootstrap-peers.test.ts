import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import peers from './peers.json';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const NAMES = ['cloudposse', 'nozaq', 'trussworks', 'pepperize'] as const;

interface Row {
  readonly feature: string;
  readonly theirs: readonly string[];
  /** What shows that we have it, or why we do not. */
  readonly last: string;
}

const page = read('docs/bootstrap-peers.md');
const rows = (heading: RegExp): Row[] =>
  page
    .split(/^## /m)
    .filter((section) => heading.test(section))
    .flatMap((section) => [...section.matchAll(/^\| (?!Feature )(.+) \|$/gm)])
    .map(([, line]) => line.split(' | '))
    .map(([feature, ...cells]) => ({ feature, theirs: cells.slice(0, 4), last: cells.slice(4).join(' | ') }));

const taken = rows(/^(?!#|Not taken|Two more)/);
const notTaken = rows(/^Not taken/);

const named = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

/** The tests that a cell names, as `file: title`. */
const testsIn = (cell: string): string[] => cell.split('; ').filter((part) => /^[\w-]+(\.test)?: /.test(part));

function filesBelow(directory: string): string[] {
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test('the tables have every row, with a cell for each peer', () => {
  expect(taken.length).toBeGreaterThan(50);
  expect(notTaken.length).toBeGreaterThan(5);
  expect([...taken, ...notTaken].filter(({ theirs, last }) => theirs.length !== 4 || last === '').map(({ feature }) => feature)).toEqual(
    [],
  );
});

test.each(NAMES)('each variable, output and resource of %s stands in its column', (peer) => {
  const column = new Set([...taken, ...notTaken].flatMap(({ theirs }) => named(theirs[NAMES.indexOf(peer)])));
  const { inputs, outputs, resources } = peers[peer];
  expect(inputs.length + outputs.length + resources.length).toBeGreaterThan(8);
  expect([...inputs, ...outputs, ...resources].filter((name) => !column.has(name))).toEqual([]);
});

test('what we have is shown by a test, a member of the API, or both', () => {
  expect(taken.filter(({ last }) => testsIn(last).length === 0 && named(last).length === 0).map(({ feature }) => feature)).toEqual([]);
});

test('every test that is named exists', () => {
  const files = ['test/bootstrap', 'test/cli', 'test/docs', 'test/local'].flatMap(filesBelow);
  const missing = taken
    .flatMap(({ last }) => testsIn(last))
    .filter((reference) => {
      const [, file, title] = /^([\w-]+): (.*)$/.exec(reference) as RegExpExecArray;
      return !files.some((path) => basename(path).replace(/\.test\.ts$/, '') === file && readFileSync(path, 'utf8').includes(title));
    });
  expect(missing).toEqual([]);
});

test('every member of the API that is named exists', () => {
  const source = filesBelow('src/bootstrap')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const members = taken
    .flatMap(({ last }) => named(last.replace(/`[^`]+` of the CDK/g, '')))
    .filter((name) => /^[A-Z]\w+\.\w+$/.test(name));
  expect(members.length).toBeGreaterThan(20);
  const missing = members.filter((name) => {
    const [type, member] = name.split('.');
    const declared = new RegExp(`export (abstract )?(class|interface) ${type}\\b[\\s\\S]*?\\n}`).exec(source)?.[0] ?? '';
    return !new RegExp(`^ +(public )?(static )?(readonly )?${member}[?(:]`, 'm').test(declared);
  });
  expect(missing).toEqual([]);
});

test('every command and every file that is named exists', () => {
  const spans = taken.flatMap(({ last }) => named(last));
  const files = spans.filter((span) => /^[\w./-]+\/[\w./-]+$/.test(span)).map((span) => join('docs', span));
  const verbs = spans.filter((span) => span.startsWith('bootstrap ')).map((span) => `src/cli/bootstrap/${span.split(' ')[1]}.ts`);
  expect(verbs.length).toBeGreaterThan(1);
  expect([...files, ...verbs].filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('what is not taken has a reason', () => {
  expect(notTaken.filter(({ last }) => last.length < 40).map(({ feature }) => feature)).toEqual([]);
});
