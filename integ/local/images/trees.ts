import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** What is not compared, and why: paths, each with all that is below it, and patterns of paths. */
export const NOT_COMPARED: readonly (readonly [path: string | RegExp, reason: string])[] = [
  ['/var/log', 'logs'],
  ['/tmp', 'temporary files'],
  ['/var/tmp', 'temporary files'],
  ['/run', 'a file system in memory'],
  ['/dev', 'made by the kernel'],
  ['/proc', 'made by the kernel'],
  ['/sys', 'made by the kernel'],
  ['/var/cache', 'caches'],
  ['/var/lib/apt/lists', 'a cache of what packages there are, with the time of each download'],
  ['/root/.cache', 'caches'],
  [/\/__pycache__(\/|$)/, 'caches of compiled Python, with the times of their sources'],
  [/^\/(var\/lib\/dpkg|var\/cache\/debconf|etc)\/[^/]+-(old)?$/, 'the state before the last change, of which there may be several'],
];

/** Files that are compared as a set of lines, and why. */
export const UNORDERED: readonly (readonly [path: string, reason: string])[] = [
  ['/etc/gitconfig', 'the package git-lfs writes its settings in an order of its own each time'],
];

export interface Entry {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Permissions, as octal digits. */
  readonly mode: string;
  readonly owner: string;
  /** The SHA-256 of a file, or the target of a link. */
  readonly content: string;
}

export type Tree = Map<string, Entry>;

function isCompared(path: string): boolean {
  return !NOT_COMPARED.some(([left]) => (typeof left === 'string' ? path.startsWith(`${left}/`) : left.test(path)));
}

function contentOf(file: string, path: string): Buffer {
  const content = readFileSync(file);
  const sorted = () => Buffer.from(content.toString().split('\n').sort().join('\n'));
  return UNORDERED.some(([one]) => one === path) ? sorted() : content;
}

function entryOf(root: string, path: string): Entry {
  const file = join(root, path);
  const stats = lstatSync(file);
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const owner = `${stats.uid}:${stats.gid}`;
  if (stats.isSymbolicLink()) return { kind: 'link', mode, owner, content: readlinkSync(file) };
  if (stats.isDirectory()) return { kind: 'directory', mode, owner, content: '' };
  if (!stats.isFile()) return { kind: 'other', mode, owner, content: String(stats.rdev) };
  return { kind: 'file', mode, owner, content: createHash('sha256').update(contentOf(file, path)).digest('hex') };
}

/** All that is below a directory and is compared, by its path from there. */
export function treeOf(root: string): Tree {
  const tree: Tree = new Map();
  const walk = (path: string) => {
    for (const name of readdirSync(join(root, path)).sort()) {
      const below = `${path}/${name}`;
      if (!isCompared(below)) continue;
      const entry = entryOf(root, below);
      tree.set(below, entry);
      if (entry.kind === 'directory') walk(below);
    }
  };
  walk('');
  return tree;
}

/** One line for each path that differs. */
export function differences(one: Tree, other: Tree): string[] {
  const paths = [...new Set([...one.keys(), ...other.keys()])].sort();
  return paths.flatMap((path) => {
    const [left, right] = [one.get(path), other.get(path)];
    if (!left || !right) return [`${path}: only in the ${left ? 'first' : 'second'}`];
    const parts = (['kind', 'mode', 'owner', 'content'] as const).filter((part) => left[part] !== right[part]);
    return parts.map((part) => `${path}: its ${part} is ${left[part]} in the first and ${right[part]} in the second`);
  });
}
