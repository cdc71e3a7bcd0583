import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { keyOf } from './cache';
import { findOnPath } from './on-path';

export interface HostProgram {
  readonly path: string;
  readonly key: string;
}

function isLinuxProgram(path: string): boolean {
  const start = Buffer.alloc(4);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, 4, 0);
  } finally {
    closeSync(file);
  }
  return start.toString('latin1') === '\x7fELF';
}

/**
 * The terraform of this machine, which a built image gets too (the published one has it, and its Go module is not to be had);
 * undefined when there is none, or when it is a script.
 */
export function terraformOnPath(path = process.env.PATH ?? ''): HostProgram | undefined {
  const found = findOnPath('terraform', path);
  if (!found || !isLinuxProgram(found)) {
    return undefined;
  }
  const { size, mtimeMs } = statSync(found);
  return { path: found, key: keyOf(found, String(size), String(mtimeMs)) };
}
