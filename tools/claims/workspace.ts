import * as fs from 'node:fs';
import * as path from 'node:path';
import { cacheDirectory } from '../../integ/local/places';
import { keyOf } from '../../integ/local/setup/cache';
import { command } from '../../integ/local/setup/command';
import { type Edit, placesOf } from './claim';

/** A patch that does not fit the file that it names. */
export class PatchError extends Error {}

/** Where the copies of one tree are kept between runs, since another clone has copies of its own. */
export function copiesOf(root: string): string {
  return path.join(cacheDirectory(), 'copies', keyOf(fs.realpathSync(root)));
}

/** A copy of a working tree, committed or not, which patches may change. The tree itself is never touched. */
export class Workspace {
  private readonly patched = new Map<string, string>();

  private constructor(readonly directory: string) {}

  /** Makes a directory the copy of a tree. What is the same already stays as it is, so that caches keyed by time hold. */
  static async of(root: string, directory: string): Promise<Workspace> {
    const listed = await command('git', ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']);
    const files = new Set(listed.split('\0').filter((file) => file !== '' && fs.existsSync(path.join(root, file))));
    fs.mkdirSync(directory, { recursive: true });
    for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      if (entry.isFile() && !files.has(path.relative(directory, file))) fs.rmSync(file);
    }
    for (const file of files) copyIfDifferent(path.join(root, file), path.join(directory, file));
    link(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
    return new Workspace(directory);
  }

  /** Applies all edits or none. */
  apply(edits: readonly Edit[]): void {
    for (const { file, find, replace } of edits) {
      const full = path.join(this.directory, file);
      const text = fs.readFileSync(full, 'utf8');
      const places = placesOf(find, text);
      if (places !== 1) {
        this.restore();
        throw new PatchError(`${file} holds ${places === 0 ? 'no' : places} ${JSON.stringify(find)}; a patch fits exactly one place`);
      }
      if (!this.patched.has(file)) this.patched.set(file, text);
      fs.writeFileSync(
        full,
        text.replace(find, () => replace),
      );
    }
  }

  restore(): void {
    for (const [file, text] of this.patched) fs.writeFileSync(path.join(this.directory, file), text);
    this.patched.clear();
  }
}

function copyIfDifferent(from: string, to: string) {
  if (fs.existsSync(to) && fs.readFileSync(from).equals(fs.readFileSync(to))) return;
  fs.mkdirSync(path.dirname(to), { recursive: true });
  fs.rmSync(to, { force: true });
  fs.copyFileSync(from, to);
  fs.chmodSync(to, fs.statSync(from).mode | 0o200);
}

function link(target: string, at: string) {
  fs.rmSync(at, { recursive: true, force: true });
  fs.symlinkSync(target, at);
}
