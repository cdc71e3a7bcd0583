import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language, text }));

test('the first block runs the main job, the second one the tests', () => {
  expect(blocks.slice(0, 2)).toEqual([
    { language: 'shell', text: 'npm ci && npm run demo\n' },
    { language: 'shell', text: 'npm ci && npm test\n' },
  ]);
});

test.each([
  ['ts', ['examples/minimal/app.ts', 'examples/bootstrap/app.ts', 'examples/ami-minimal/app.ts']],
  ['python', ['examples/minimal/app.py']],
])('the examples in %s are those that are run', (language, paths) => {
  const examples = paths.map((path) => read(path).replace("'../../src'", "'cdk-atlantis'"));
  expect(blocks.filter((block) => block.language === language).map((block) => block.text)).toEqual(examples);
});

test('every script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const pages = ['README.md', 'integ/README.md', 'docs/security.md', 'docs/start-up.md', 'docs/bootstrap.md', 'docs/ami.md']
    .map(read)
    .join('\n');
  const named = [...pages.matchAll(/npm (?:run )?(test|[a-z:]+(?= |`|$))/gm)]
    .map(([, script]) => script)
    .filter((script) => script !== 'ci');
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

test.each(['README.md', 'integ/README.md', 'docs/security.md', 'docs/start-up.md', 'docs/bootstrap.md', 'docs/bootstrap-peers.md'])(
  'every file that %s links to exists',
  (page) => {
    const links = [...read(page).matchAll(/\]\(((?!https?:)[^)#]+)\)/g)].map(([, link]) => link);
    expect(links.filter((link) => !existsSync(join(root, page, '..', link)))).toEqual([]);
  },
);

test.each(['docs/start-up.md'])('every test that %s names exists', (page) => {
  const tests: { [file: string]: string } = {
    'start-up': read('test/fargate/start-up.test.ts'),
    preflight: read('test/fargate/preflight.test.ts'),
  };
  const named = [...read(page).matchAll(/\| (start-up|preflight): ([^|]+?) \|/g)];
  expect(named.length).toBeGreaterThan(15);
  expect(named.filter(([, file, name]) => !tests[file].includes(name)).map(([row]) => row)).toEqual([]);
});

test('API.md has every public type', () => {
  const files = [...read('src/index.ts').matchAll(/'\.\/(.*)'/g)].map(([, file]) => read(`src/${file}.ts`));
  const types = files.flatMap((text) =>
    [...text.matchAll(/^export (?:abstract )?(?:class|interface|enum) (\w+)/gm)].map(([, name]) => name),
  );
  const api = read('API.md');
  expect(types.length).toBeGreaterThan(50);
  expect(types.filter((name) => !api.includes(`id="cdk-atlantis.${name}"`))).toEqual([]);
});
