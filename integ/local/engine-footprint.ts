import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { exclusively } from './lock';
import { VOLATILE } from './places';
import { type Identity, isAlive, named } from './processes';

const PROGRAMS = ['iptables', 'ip6tables'];
const TABLES = ['filter', 'nat', 'raw', 'mangle'];
const SETTINGS = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding', 'net/ipv6/conf/default/forwarding'];

/** What engines make outside of the directories that they are given, the innermost first. */
const PATHS = ['/run/containerd/s', '/run/containerd', '/run/docker/plugins', '/run/docker', '/etc/docker/key.json', '/etc/docker'];

/** What of a rule says that a Docker engine made it. */
const DOCKERS = /DOCKER|docker0|\bbr-[0-9a-f]{12}\b/;

interface Before {
  readonly settings: Record<string, string>;
  /** As printed by `iptables -S`, by program and table. */
  readonly rules: Record<string, string[]>;
  /** Paths at which there was nothing. */
  readonly absent: string[];
  /** Engines that were there. */
  readonly engines: Identity[];
}

interface Ledger {
  readonly before: Before;
  readonly engines: Identity[];
}

function rulesOf(program: string, table: string): string[] {
  const { status, stdout } = spawnSync(program, ['--wait', '-t', table, '-S'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}

function eachTable<T>(of: (program: string, table: string, key: string) => T): T[] {
  return PROGRAMS.flatMap((program) => TABLES.map((table) => of(program, table, `${program} ${table}`)));
}

function networkNamespace(pid: number | 'self'): string {
  return fs.readlinkSync(`/proc/${pid}/ns/net`);
}

/** The engines in this network namespace, whoever started them. */
function enginesHere(): Identity[] {
  const here = networkNamespace('self');
  return named('dockerd').filter(({ pid }) => {
    try {
      return networkNamespace(pid) === here;
    } catch {
      return false;
    }
  });
}

/** What an engine changes, as it is now. */
function look(): Before {
  const present = SETTINGS.filter((name) => fs.existsSync(path.join('/proc/sys', name)));
  return {
    settings: Object.fromEntries(present.map((name) => [name, fs.readFileSync(path.join('/proc/sys', name), 'utf8').trim()])),
    rules: Object.fromEntries(eachTable((program, table, key) => [key, rulesOf(program, table)])),
    absent: PATHS.filter((made) => !fs.existsSync(made)),
    engines: enginesHere(),
  };
}

/** The words of a rule, of which a comment may be quoted. */
function words(rule: string): string[] {
  return [...rule.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

function restoreRules({ rules }: Before): void {
  eachTable((program, table, key) => {
    const known = new Set(rules[key]);
    const now = rulesOf(program, table);
    const change = (...args: string[]) => spawnSync(program, ['--wait', '-t', table, ...args]);
    const added = now.filter((rule) => !known.has(rule) && DOCKERS.test(rule));
    for (const rule of added) if (rule.startsWith('-A ')) change('-D', ...words(rule).slice(1));
    const chains = added.filter((rule) => rule.startsWith('-N ')).map((rule) => words(rule)[1]);
    for (const chain of chains) change('-F', chain);
    for (const chain of chains) change('-X', chain);
    for (const rule of rules[key]) if (rule.startsWith('-P FORWARD ') && !now.includes(rule)) change(...words(rule));
  });
}

function restoreSettings({ settings }: Before): void {
  for (const [name, value] of Object.entries(settings)) {
    const file = path.join('/proc/sys', name);
    if (fs.readFileSync(file, 'utf8').trim() !== value) fs.writeFileSync(file, value);
  }
}

function removePaths({ absent }: Before): void {
  for (const made of absent) {
    try {
      if (fs.statSync(made).isDirectory()) fs.rmdirSync(made);
      else fs.rmSync(made);
    } catch {
      // It was not made, or somebody else has put something into it.
    }
  }
}

function restore(before: Before): void {
  // An engine that somebody has started meanwhile uses the same chains and needs the same settings.
  const known = new Set(before.engines.map(({ pid }) => pid));
  if (enginesHere().some(({ pid }) => !known.has(pid))) return;
  restoreRules(before);
  restoreSettings(before);
  removePaths(before);
}

/** One ledger for each network namespace, since that is what has a packet filter. */
function ledgerFile(): string {
  const namespace = networkNamespace('self').replace(/\D/g, '');
  return path.join(VOLATILE, `footprint-${namespace}.json`);
}

function read(file: string): Ledger | undefined {
  if (!fs.existsSync(file)) return undefined;
  const { before, engines } = JSON.parse(fs.readFileSync(file, 'utf8')) as Ledger;
  return { before, engines: engines.filter(isAlive) };
}

/** To be called before an engine starts: remembers what it is going to change. */
export function remember(): Promise<void> {
  const file = ledgerFile();
  return exclusively(`${file}.lock`, async () => {
    const found = read(file);
    if (found && found.engines.length === 0) restore(found.before);
    const ledger: Ledger = found && found.engines.length > 0 ? found : { before: look(), engines: [] };
    fs.writeFileSync(file, JSON.stringify(ledger));
  });
}

/** To be called once an engine has been started: others that end meanwhile then leave its rules alone. */
export function changedBy(engine: Identity): Promise<void> {
  const file = ledgerFile();
  return exclusively(`${file}.lock`, async () => {
    const found = read(file);
    if (found) fs.writeFileSync(file, JSON.stringify({ ...found, engines: [...found.engines, engine] }));
  });
}

/** To be called when an engine has ended: the last one puts everything back. */
export function putBack(): Promise<void> {
  const file = ledgerFile();
  return exclusively(`${file}.lock`, async () => {
    const found = read(file);
    if (!found || found.engines.length > 0) return;
    restore(found.before);
    fs.rmSync(file);
  });
}
