import * as fs from 'node:fs';
import { differences, NOT_COMPARED, treeOf, UNORDERED } from '../../../integ/local/images/trees';
import { Workspace } from './workspace';

const workspace = new Workspace();

afterAll(() => workspace.remove());

function tree(name: string): string {
  const root = workspace.file(name);
  for (const directory of ['etc', 'var/log', 'tmp', 'usr/lib/__pycache__']) fs.mkdirSync(`${root}/${directory}`, { recursive: true });
  fs.writeFileSync(`${root}/etc/same`, 'same');
  return root;
}

test('the differences of two trees name each path and what is different', () => {
  const [one, two] = [tree('one'), tree('two')];
  fs.writeFileSync(`${one}/etc/content`, 'a');
  fs.writeFileSync(`${two}/etc/content`, 'b');
  for (const [root, mode] of [
    [one, 0o644],
    [two, 0o600],
  ] as const) {
    fs.writeFileSync(`${root}/etc/mode`, '');
    fs.chmodSync(`${root}/etc/mode`, mode);
  }
  fs.symlinkSync('/a', `${one}/etc/link`);
  fs.symlinkSync('/b', `${two}/etc/link`);
  fs.writeFileSync(`${two}/etc/more`, '');
  expect(differences(treeOf(one), treeOf(two))).toEqual([
    expect.stringMatching(/^\/etc\/content: its content is ca978112.* in the first and 3e23e816.* in the second$/),
    '/etc/link: its content is /a in the first and /b in the second',
    '/etc/mode: its mode is 0644 in the first and 0600 in the second',
    '/etc/more: only in the second',
  ]);
});

test('logs, caches and temporary files are not compared, and everything else is', () => {
  const [one, two] = [tree('three'), tree('four')];
  for (const file of ['var/log/a', 'tmp/a', 'usr/lib/__pycache__/a.pyc', 'etc/passwd-']) fs.writeFileSync(`${two}/${file}`, '');
  expect(differences(treeOf(one), treeOf(two))).toEqual([]);
  fs.writeFileSync(`${two}/usr/lib/a`, '');
  expect(differences(treeOf(one), treeOf(two))).toEqual(['/usr/lib/a: only in the second']);
});

test('a file that a package writes in any order is compared by its lines', () => {
  const [one, two] = [tree('five'), tree('six')];
  fs.writeFileSync(`${one}/etc/gitconfig`, '[a]\n\tb\n\tc\n');
  fs.writeFileSync(`${two}/etc/gitconfig`, '[a]\n\tc\n\tb\n');
  expect(differences(treeOf(one), treeOf(two))).toEqual([]);
  fs.writeFileSync(`${two}/etc/gitconfig`, '[a]\n\tc\n\td\n');
  expect(differences(treeOf(one), treeOf(two))).toHaveLength(1);
});

test('each path that is not compared to the letter has its reason', () => {
  for (const [, reason] of [...NOT_COMPARED, ...UNORDERED]) expect(reason).not.toBe('');
});
