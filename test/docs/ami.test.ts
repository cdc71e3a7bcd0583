import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './named-tests';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const guide = read('docs/ami.md');
const PAGES = ['docs/ami.md', 'docs/ami-peers.md', 'docs/ami-seeds.md'];

const examples = readdirSync(join(root, 'examples')).filter((name) => name.startsWith('ami'));

test.each([
  ['ts', 'app.ts'],
  ['python', 'app.py'],
])('each block in %s is of an example that is run', (language, file) => {
  const sources = examples.map((name) => read(`examples/${name}/${file}`).replace("'../../src'", "'cdk-atlantis'"));
  const blocks = [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, found]) => found === language).map(([, , text]) => text);
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.filter((text) => !sources.some((source) => source.includes(text)))).toEqual([]);
});

test('every member of the API that the guide names exists', () => {
  const source = filesBelow('src/ami', 'src/server')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const members = [...guide.replace(/```[\s\S]*?```/g, '').matchAll(/\b([A-Z]\w+)\.(\w+)[`(]/g)];
  expect(members.length).toBeGreaterThan(20);
  const missing = members.filter(([, type, member]) => {
    const declared = new RegExp(`export (abstract )?(class|enum|interface) ${type}\\b[\\s\\S]*?\\n}`).exec(source)?.[0] ?? '';
    return !new RegExp(`^ +(public )?(static )?(readonly )?${member}[?(:]`, 'm').test(declared);
  });
  expect(missing.map(([whole]) => whole)).toEqual([]);
});

test('every script that the guide names exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = [...guide.matchAll(/npm run ([a-z:]+)/g)].map(([, script]) => script);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

test.each(PAGES)('every file that %s links to exists, and every heading', (page) => {
  const links = [...read(page).matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map(([, link]) => link.split('#'));
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-');
  const broken = links.filter(([file, heading]) => {
    const path = join(root, page, '..', file);
    if (file !== '' && !existsSync(path)) return true;
    const text = file === '' ? read(page) : readFileSync(path, 'utf8');
    return heading !== undefined && ![...text.matchAll(/^#+ (.*)$/gm)].some(([, title]) => slug(title) === heading);
  });
  expect(broken.map((link) => link.join('#'))).toEqual([]);
});
