import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import peers from './ami-peers.json';
import { filesBelow, missingTests, testsIn } from './named-tests';

const root = join(__dirname, '../..');
const NAMES = ['cdk-github-runners', 'cdk-image-pipeline', 'aws-imagebuilder-alpha'] as const;

interface Row {
  readonly feature: string;
  readonly theirs: readonly string[];
  /** What shows that we have it, or why we do not. */
  readonly last: string;
}

const page = readFileSync(join(root, 'docs/ami-peers.md'), 'utf8');
const definitions = new Map([...page.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, label, url]) => [label, url]));

const rows = (heading: RegExp): Row[] =>
  page
    .split(/^## /m)
    .filter((section) => heading.test(section))
    .flatMap((section) => [...section.matchAll(/^\| (?!Feature )(.+) \|$/gm)])
    .map(([, line]) => line.split(' | '))
    .map(([feature, ...cells]) => ({ feature, theirs: cells.slice(0, 3), last: cells.slice(3).join(' | ') }));

const taken = rows(/^(?!#|Not taken)/);
const notTaken = rows(/^Not taken/);
const all = [...taken, ...notTaken];

const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
const links = (cell: string) => [...cell.matchAll(/\[([^\]]+)\]\[([^\]]+)\]/g)].map(([, text, label]) => ({ text, label }));

test('the tables have every row, with a cell for each peer', () => {
  expect(taken.length).toBeGreaterThan(70);
  expect(notTaken.length).toBeGreaterThan(5);
  expect(all.filter(({ theirs, last }) => theirs.length !== 3 || [...theirs, last].some((cell) => cell === ''))).toEqual([]);
});

test.each(NAMES)('each cell of %s is absent, or links to the line that shows it', (peer) => {
  const cells = all.map(({ theirs }) => theirs[NAMES.indexOf(peer)]);
  expect(cells.filter((cell) => !cell.startsWith('—') && links(cell).length === 0)).toEqual([]);
  expect(cells.flatMap(spans).filter((name) => !cells.some((cell) => cell.includes(`[\`${name}\`][`)))).toEqual([]);
});

test.each(NAMES)('each link of %s leads to the file and line of that name, in the version that was read', (peer) => {
  const { source, names } = peers[peer];
  const lines: Record<string, string> = names;
  const found = all.flatMap(({ theirs }) => links(theirs[NAMES.indexOf(peer)]));
  expect(found.length).toBeGreaterThan(20);
  const wrong = found.filter(({ text, label }) => {
    const url = definitions.get(label) ?? '';
    const name = /^`([^`]+)`$/.exec(text)?.[1];
    return name === undefined ? !url.startsWith(`${source}/`) || !/#L\d+$/.test(url) : url !== `${source}/${lines[name]}`;
  });
  expect(wrong).toEqual([]);
});

test.each(NAMES)('each public name of %s stands in its column, itself or its type', (peer) => {
  const column = new Set(all.flatMap(({ theirs }) => spans(theirs[NAMES.indexOf(peer)])));
  const names = Object.keys(peers[peer].names);
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !column.has(name) && !column.has(name.split('.')[0]))).toEqual([]);
});

test('the names of cdk-image-pipeline are those of the package that the bench runs', () => {
  const assembly = JSON.parse(readFileSync(join(root, 'node_modules/cdk-image-pipeline/.jsii'), 'utf8'));
  const props: { name: string }[] = assembly.types['cdk-image-pipeline.ImagePipelineProps'].properties;
  expect(props.map(({ name }) => name).filter((name) => !(name in peers['cdk-image-pipeline'].names))).toEqual([]);
});

test('what we have is shown by a test, a member of the API, or both', () => {
  expect(taken.filter(({ last }) => testsIn(last).length === 0 && spans(last).length === 0).map(({ feature }) => feature)).toEqual([]);
});

test('every test that is named exists', () => {
  expect(missingTests(taken.flatMap(({ last }) => testsIn(last)))).toEqual([]);
});

test('every member of the API that is named exists', () => {
  const source = filesBelow('src')
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const members = all.flatMap(({ last }) => spans(last)).filter((name) => /^[A-Z]\w+(\.\w+)?$/.test(name));
  expect(members.length).toBeGreaterThan(40);
  const missing = members.filter((name) => {
    const [type, member] = name.split('.');
    const declared = new RegExp(`export (abstract )?(class|interface|enum) ${type}\\b[\\s\\S]*?\\n}`).exec(source)?.[0] ?? '';
    return member === undefined
      ? declared === ''
      : !new RegExp(`^ +(public )?(static )?(readonly )?${member}[?(:,]| ${member} =`, 'm').test(declared);
  });
  expect(missing).toEqual([]);
});

test('what is not taken has a reason', () => {
  expect(notTaken.filter(({ last }) => last.length < 40).map(({ feature }) => feature)).toEqual([]);
});
