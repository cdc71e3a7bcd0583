import * as fs from 'node:fs';
import * as path from 'node:path';
import { cached, keyOf } from '../../integ/local/setup/cache';
import { command } from '../../integ/local/setup/command';
import { copiesOf, Workspace } from '../claims/workspace';

const PINNED = ['package.json', 'package-lock.json'].map((name) => path.join(__dirname, name));

/** The newest CDK, as the lock file beside this one pins it. */
async function newestModules(): Promise<string> {
  const key = keyOf(...PINNED.map((file) => fs.readFileSync(file)));
  const directory = await cached(path.join('newest', key), async (unfinished) => {
    for (const file of PINNED) fs.copyFileSync(file, path.join(unfinished, path.basename(file)));
    await command('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: unfinished });
  });
  return path.join(directory, 'node_modules');
}

/** A copy of this tree with the newest CDK in the place of the oldest. Returns its directory. */
export async function treeWithNewest(root: string): Promise<string> {
  const { directory } = await Workspace.of(root, path.join(copiesOf(root), 'newest'));
  const modules = path.join(directory, 'node_modules');
  fs.rmSync(modules, { recursive: true, force: true });
  const newest = await newestModules();
  for (const [from, names] of [
    [newest, packagesIn(newest)],
    [path.join(root, 'node_modules'), packagesIn(path.join(root, 'node_modules'))],
  ] as const) {
    for (const name of names) {
      const link = path.join(modules, name);
      if (fs.existsSync(link)) continue;
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.join(from, name), link);
    }
  }
  return directory;
}

function packagesIn(modules: string): string[] {
  return fs
    .readdirSync(modules)
    .filter((name) => name !== '.package-lock.json')
    .flatMap((name) => (name.startsWith('@') ? fs.readdirSync(path.join(modules, name)).map((inner) => `${name}/${inner}`) : [name]));
}
