import * as fs from 'node:fs';

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/**
 * Optional dependencies of locked packages that are not locked themselves. npm leaves out those that a registry lacks, and `npm ci` then
 * refuses the lock where the registry has them.
 */
export function missingOptional(lock: Lock): string[] {
  return Object.entries(lock.packages).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {})
      .filter((name) => !resolvesFrom(lock, path, name))
      .map((name) => `${name} (wanted by ${path || 'this package'})`),
  );
}

/** Looks where Node would: below the package itself, then below each package around it. */
function resolvesFrom(lock: Lock, path: string, name: string): boolean {
  for (let around = path; ; around = around.slice(0, Math.max(0, around.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${around ? `${around}/` : ''}node_modules/${name}`]) return true;
    if (around === '') return false;
  }
}

export function readLock(file = 'package-lock.json'): Lock {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Lock;
}
