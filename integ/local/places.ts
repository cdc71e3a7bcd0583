import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import * as path from 'node:path';

/** What outlives a run: builds, images and, while they last, the runs. Outside the tree and shared by all clones. */
export function cacheDirectory(): string {
  const { CDK_ATLANTIS_CACHE, XDG_CACHE_HOME } = process.env;
  return path.resolve(CDK_ATLANTIS_CACHE || path.join(XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'cdk-atlantis'));
}

export function runsDirectory(): string {
  return path.join(cacheDirectory(), 'runs');
}

/** Where the images and containers of an engine of our own are kept: images survive runs. */
export function engineDataDirectory(cache = cacheDirectory()): string {
  return path.join(cache, 'engine');
}

/** What a reboot may take away, as it does with processes and packet filter rules. Short, because a socket's path has 107 characters at most. */
export const VOLATILE = '/run/cdk-atlantis';

export function engineStateDirectory(cache = cacheDirectory()): string {
  const key = createHash('sha256').update(engineDataDirectory(cache)).digest('hex').slice(0, 16);
  return path.join(VOLATILE, `engine-${key}`);
}
