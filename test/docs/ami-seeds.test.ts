import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingTests, testsIn } from './named-tests';
import { plain, sentences } from './sentences';

const page = readFileSync(join(__dirname, '../../docs/ami-seeds.md'), 'utf8');
const rows = [...page.matchAll(/^\| (?!Sentence )(?!---)(.+) \|$/gm)].map(([, line]) => line.split(' | '));
const said = new Set(rows.map(([sentence]) => plain(sentence)));

test.each([
  ['packer-atlantis', 29],
  ['setup-template', 26],
])('every sentence of %s has a row', (seed, count) => {
  const found = sentences(readFileSync(join(__dirname, 'seeds', `${seed}.md`), 'utf8'));
  expect(found).toHaveLength(count);
  expect(found.filter((sentence) => !said.has(sentence))).toEqual([]);
});

test('each row has an answer and a test', () => {
  expect(rows.filter((cells) => cells.length !== 3 || cells[1].length < 10 || testsIn(cells[2]).length === 0)).toEqual([]);
});

test('every test that is named exists', () => {
  expect(missingTests(rows.flatMap(([, , tests]) => testsIn(tests)))).toEqual([]);
});
