import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { Failure } from '../../integ/local/progress';
import { command } from '../../integ/local/setup/command';

/** The contents of every file that git knows or would add, by path. */
export async function treeContents(): Promise<Map<string, string>> {
  const listed = await command('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const contents = new Map<string, string>();
  for (const file of listed.split('\0')) {
    if (file !== '' && fs.existsSync(file)) contents.set(file, createHash('sha256').update(fs.readFileSync(file)).digest('hex'));
  }
  return contents;
}

/** Fails when files were changed since: what a build writes belongs into the commit. Says so of the working tree, committed or not. */
export async function expectUnchanged(before: ReadonlyMap<string, string>): Promise<void> {
  const after = await treeContents();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((file) => before.get(file) !== after.get(file));
  if (changed.length === 0) return;
  await command('git', ['--no-pager', 'diff', '--stat', '--', ...changed]).then((stat) => process.stderr.write(stat));
  throw new Failure(`the build changed ${changed.join(', ')}: commit what it writes`);
}
