import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process id alone may have been given to another process since. */
export interface Identity {
  readonly pid: number;
  readonly started: string;
}

const HAS_PROC = fs.existsSync('/proc/self/environ');

/** The process with this id, unless it has ended (a zombie has). */
export function identify(pid: number): Identity | undefined {
  const started = HAS_PROC ? startedByProc(pid) : startedByPs(pid);
  return started === undefined ? undefined : { pid, started };
}

function startedByProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command's name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${boot}:${fields[19]}`;
}

function startedByPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const match = /^\s*(\S+)\s+(.*\S)\s*$/.exec(stdout ?? '');
  return !match || match[1].startsWith('Z') ? undefined : match[2];
}

export function isAlive(identity: Identity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

export const SELF: Identity = identify(process.pid) as Identity;

function ancestors(): Set<number> {
  const found = new Set<number>();
  for (let pid = process.pid; pid > 1 && !found.has(pid); ) {
    found.add(pid);
    const parent = /^PPid:\s*(\d+)/m.exec(readOr(`/proc/${pid}/status`, ''));
    pid = parent ? Number(parent[1]) : 0;
  }
  return found;
}

function readOr(file: string, otherwise: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

function processIds(): number[] {
  return HAS_PROC ? fs.readdirSync('/proc').map(Number).filter(Boolean) : [];
}

function identified(pids: number[]): Identity[] {
  return pids.map(identify).filter((identity) => identity !== undefined);
}

/**
 * The processes that were started with this environment variable: also grandchildren that moved to a group of their own.
 * This process and its ancestors are left out. Where there is no /proc, none is found, here and below.
 */
export function withEnvironment(name: string, value: string): Identity[] {
  const ours = ancestors();
  const has = (pid: number) => `\0${readOr(`/proc/${pid}/environ`, '')}\0`.includes(`\0${name}=${value}\0`);
  return identified(processIds().filter((pid) => !ours.has(pid) && has(pid)));
}

/** The processes whose root file system lies below a directory: those of an engine's containers. */
export function rootedBelow(directory: string): Identity[] {
  const isBelow = (line: string) => line.split(' ')[4] === '/' && line.includes(`${directory}/`);
  return identified(processIds().filter((pid) => readOr(`/proc/${pid}/mountinfo`, '').split('\n').some(isBelow)));
}

/** The processes of this name. */
export function named(command: string): Identity[] {
  return identified(processIds().filter((pid) => readOr(`/proc/${pid}/comm`, '').trim() === command));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== 'ESRCH') throw problem;
  }
}

/** Ends the processes: SIGTERM, and SIGKILL for what is still there after the grace. */
export async function end(identities: Identity[], grace = 3_000): Promise<void> {
  const left = () => identities.filter(isAlive);
  if (grace > 0) {
    for (const { pid } of left()) signal(pid, 'SIGTERM');
    await until(() => left().length === 0, grace);
  }
  for (const { pid } of left()) signal(pid, 'SIGKILL');
  await until(() => left().length === 0, 5_000);
}

/** Kills the process group that this process leads or led. */
export function killGroup(leader: Identity): void {
  const current = identify(leader.pid);
  // While members of a group live, no new process is given the id of its leader: without one, the group is still that leader's.
  if (current === undefined || current.started === leader.started) signal(-leader.pid, 'SIGKILL');
}

/** Polls. Returns whether the condition came true in time. */
export async function until(condition: () => boolean | Promise<boolean>, milliseconds: number, pause = 50): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(pause);
  }
  return true;
}
