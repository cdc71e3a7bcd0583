import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type Claim, problemsOf, readClaims } from '../../tools/claims/claim';
import { prove } from '../../tools/claims/prove';
import { sample } from '../../tools/claims/sample';

const ROOT = path.resolve(__dirname, '../..');

const SUM = 'module.exports = { sum: (a, b) => a + b };\n';
const TESTS = `
const { sum } = require('../src/sum');
test('adds (two) numbers', () => expect(sum(1, 2)).toBe(3));
test('knows nothing of numbers', () => expect(true).toBe(true));
test('is wrong', () => expect(sum(1, 1)).toBe(3));
`;

const DEMO = `
const { sum } = require('./src/sum');
if (sum(1, 2) !== 3) throw new Error('1 and 2 are ' + sum(1, 2));
`;

function claim(id: string, name: string, find: string, replace: string): Claim {
  return {
    id,
    claim: 'It adds.',
    test: { kind: 'unit', run: `test/sum.test.js -t ${name}` },
    patch: { file: 'src/sum.js', find, replace },
  };
}

function demo(id: string, expects: string): Claim {
  return { ...claim(id, '', 'a + b', 'a - b'), test: { kind: 'demo', run: '' }, expects };
}

describe('the proof of claims', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'claims-test-'));
  const root = path.join(directory, 'root');
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  function write(file: string, text: string) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }

  const problems = new Map<string, string | undefined>();
  beforeAll(async () => {
    write('src/sum.js', SUM);
    write('test/sum.test.js', TESTS);
    write('jest.config.json', '{}');
    write('demo.js', DEMO);
    write('package.json', JSON.stringify({ scripts: { demo: 'node demo.js' } }));
    write('.gitignore', 'node_modules\n');
    fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
    execFileSync('git', ['init', '--quiet'], { cwd: root });
    const claims = [
      claim('good', 'adds (two) numbers', 'a + b', 'a - b'),
      claim('green', 'knows nothing of numbers', 'a + b', 'a - b'),
      claim('misfit', 'adds (two) numbers', 'a * b', 'a - b'),
      claim('twice', 'adds (two) numbers', 'a', 'b'),
      claim('broken', 'adds (two) numbers', 'module.exports', 'nothing.here'),
      claim('nameless', 'multiplies', 'a + b', 'a - b'),
      claim('red', 'is wrong', 'a + b', 'a - b'),
      demo('said', '1 and 2 are -1'),
      demo('unsaid', '1 and 2 are 4'),
    ];
    const verdicts = await prove(claims, { root, copies: path.join(directory, 'copies'), workers: 2 });
    for (const verdict of verdicts) problems.set(verdict.claim.id, verdict.problem);
  }, 120_000);

  test('accepts a claim whose patch turns its test red', () => {
    expect(problems.get('good')).toBeUndefined();
    expect(problems.has('good')).toBe(true);
  });

  test('refuses a claim whose test stays green with the patch', () => {
    expect(problems.get('green')).toBe('its test stays green with the patch');
  });

  test('refuses a patch whose place is not in the file', () => {
    expect(problems.get('misfit')).toMatch(/^the patch does not apply: src\/sum.js holds no "a \* b"/);
  });

  test('refuses a patch that fits in several places', () => {
    expect(problems.get('twice')).toMatch(/^the patch does not apply: src\/sum.js holds \d "a"/);
  });

  test('refuses a patch that breaks the file rather than the test', () => {
    expect(problems.get('broken')).toMatch(/^the patch breaks the file rather than the test/);
  });

  test('refuses a claim whose test does not exist', () => {
    expect(problems.get('nameless')).toMatch(/^no test ran by the name/);
  });

  test('refuses a claim whose test is red without the patch', () => {
    expect(problems.get('red')).toMatch(/^its test is red without the patch/);
  });

  test('accepts a run that fails with the output that is expected', () => {
    expect(problems.get('said')).toBeUndefined();
    expect(problems.has('said')).toBe(true);
  });

  test('refuses a run that fails with another output', () => {
    expect(problems.get('unsaid')).toMatch(/^its test is red without saying "1 and 2 are 4"/);
  });

  test('leaves the tree as it was', () => {
    expect(fs.readFileSync(path.join(root, 'src/sum.js'), 'utf8')).toBe(SUM);
    expect(execFileSync('git', ['status', '--porcelain', '-uall'], { cwd: root, encoding: 'utf8' }).split('\n').sort()).toEqual([
      '',
      ...['.gitignore', 'demo.js', 'jest.config.json', 'package.json', 'src/sum.js', 'test/sum.test.js'].map((file) => `?? ${file}`),
    ]);
  });
});

describe('the list of claims', () => {
  test('is in order', () => {
    expect(problemsOf(readClaims(ROOT), ROOT)).toEqual([]);
  });

  test.each<[string, Partial<Claim>, string]>([
    ['an unknown kind', { test: { kind: 'guess' as 'unit', run: 'package.json -t a' } }, '"guess" is no kind of test'],
    ['a missing test file', { test: { kind: 'unit', run: 'test/none.test.ts -t a' } }, 'there is no test test/none.test.ts'],
    ['a test without a name', { test: { kind: 'unit', run: 'package.json' } }, 'names no test of package.json'],
    ['an empty sentence', { claim: ' ' }, 'says nothing'],
    ['an output of a test that has a name', { expects: 'a' }, 'expects an output, which the name of its test stands for'],
    ['an empty output', { test: { kind: 'demo', run: '' }, expects: '' }, 'expects an empty output'],
    ['no patch', { patch: [] }, 'has no patch'],
    ['a patch of a missing file', { patch: { file: 'none.ts', find: 'a', replace: 'b' } }, 'there is no none.ts to patch'],
    [
      'a patch of the test itself',
      { patch: { file: 'package.json', find: '"license"', replace: 'b' } },
      'its patch changes the test itself',
    ],
    [
      'a patch that changes nothing',
      { patch: { file: 'README.md', find: 'npm ci && npm run demo', replace: 'npm ci && npm run demo' } },
      'its patch changes nothing',
    ],
    [
      'a patch that fits many places',
      { patch: { file: 'README.md', find: 'a', replace: 'b' } },
      '"a" is not at exactly one place in README.md',
    ],
  ])('is refused with %s', (_, change, problem) => {
    const fine: Claim = {
      id: 'one',
      claim: 'It works.',
      test: { kind: 'unit', run: 'package.json -t a' },
      patch: { file: 'README.md', find: 'npm ci && npm run demo', replace: 'b' },
    };
    expect(problemsOf([fine], ROOT)).toEqual([]);
    expect(problemsOf([{ ...fine, ...change }], ROOT)).toEqual([`one: ${problem}`]);
  });

  test('is refused with an id that is given twice', () => {
    const [one] = readClaims(ROOT);
    expect(problemsOf([one, one], ROOT)).toEqual([`${one.id}: the id is given twice`]);
  });
});

describe('a sample', () => {
  const items = Array.from({ length: 20 }, (_, i) => ({ id: `${i}` }));

  test('is the same for the same seed', () => {
    expect(sample(items, 3, 'seed')).toEqual(sample([...items].reverse(), 3, 'seed'));
    expect(sample(items, 3, 'seed')).toHaveLength(3);
  });

  test('is another one for another seed', () => {
    expect(sample(items, 10, 'one')).not.toEqual(sample(items, 10, 'two'));
  });
});
