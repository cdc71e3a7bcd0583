import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Identity, isAlive, SELF, until } from './processes';
import { Failure } from './progress';

function holder(file: string): Identity | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Identity;
  } catch {
    return undefined;
  }
}

/** The file appears with its content at once, so that nobody reads a lock that has no holder yet. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(own, JSON.stringify(SELF));
    fs.linkSync(own, file);
    return true;
  } catch (problem) {
    // The last holder of a lock may remove the directory that it lies in: ENOENT.
    if (!['EEXIST', 'ENOENT'].includes((problem as NodeJS.ErrnoException).code ?? '')) throw problem;
    return false;
  } finally {
    fs.rmSync(own, { force: true });
  }
}

function breakIfDead(file: string): void {
  const found = holder(file);
  if (found && isAlive(found)) return;
  const aside = `${file}.${process.pid}.dead`;
  try {
    fs.renameSync(file, aside);
  } catch {
    return;
  }
  const moved = holder(aside);
  // Another process may have broken the lock and taken it in between: it gets it back.
  if (moved && isAlive(moved)) fs.linkSync(aside, file);
  fs.rmSync(aside, { force: true });
}

/** Only one process at a time does such work; a holder that was killed does not keep the others out. */
export async function exclusively<T>(file: string, work: () => Promise<T>, patience = 120_000): Promise<T> {
  const taken = await until(() => {
    if (take(file)) return true;
    breakIfDead(file);
    return take(file);
  }, patience);
  if (!taken) throw new Failure(`Process ${holder(file)?.pid} has held ${file} for too long.`);
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}
