import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { LookupFunction } from 'node:net';
import { dirname, join, posix } from 'node:path';
import { parseArgs } from 'node:util';

// The second reading of AWS's pages: it shares no code with the package `executor`, so that both have the same mistake only by accident.
// It runs within namespaces of its own, which end with it: see executors.ts.

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
type Inputs = any;
type Values = Record<string, string>;

interface Step {
  readonly name: string;
  readonly action: string;
  readonly inputs?: Inputs;
  readonly onFailure?: string;
  readonly maxAttempts?: number;
  readonly timeoutSeconds?: number;
  readonly loop?: { readonly name?: string; readonly forEach: string[] };
}

interface Component {
  readonly title: string;
  readonly values: Values;
  readonly phases: Map<string, Step[]>;
  /** What the references to earlier steps stand for. */
  readonly known: Values;
}

class Failed extends Error {}
class Restart extends Error {
  constructor(readonly sameStep: boolean) {
    super('restart');
  }
}

const OPTIONS = {
  root: { type: 'string' },
  document: { type: 'string', multiple: true },
  title: { type: 'string', multiple: true },
  parameter: { type: 'string', multiple: true },
  host: { type: 'string', multiple: true, default: [] as string[] },
  trust: { type: 'string', multiple: true, default: [] as string[] },
  'apt-cache': { type: 'string' },
} as const;

const { values: options, tokens } = parseArgs({ options: OPTIONS, tokens: true });
const ROOT = fs.realpathSync(options.root as string);
const hosts = new Map(options.host.map((pair) => pair.split('=') as [string, string]));
const trusted = [process.env.SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt', ...options.trust]
  .filter((file) => fs.existsSync(file))
  .map((file) => fs.readFileSync(file, 'utf8'))
  .join('\n');

function must(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

// Reading and refusing

const ONE = ['ExecuteBash', 'UpdateOS', 'Reboot'];
const MANY = ['CreateFile', 'CreateFolder', 'DeleteFile', 'WebDownload'];
const INPUTS: Record<string, string[]> = {
  ExecuteBash: ['commands'],
  UpdateOS: [],
  Reboot: ['delaySeconds'],
  CreateFile: ['path', 'content', 'owner', 'group', 'permissions', 'overwrite'],
  CreateFolder: ['path', 'owner', 'group', 'permissions', 'overwrite'],
  DeleteFile: ['path'],
  WebDownload: ['source', 'destination', 'checksum', 'algorithm', 'overwrite'],
};

function refuse(where: string, reason: string): never {
  process.stderr.write(`refused: ${where}: ${reason}\n`);
  process.exit(2);
}

function checkStep(where: string, step: Step): void {
  const keys = ['name', 'action', 'inputs', 'onFailure', 'maxAttempts', 'timeoutSeconds', 'loop'];
  for (const key of Object.keys(step)) if (!keys.includes(key)) refuse(where, `${key} is not known to this executor`);
  if (!ONE.includes(step.action) && !MANY.includes(step.action)) refuse(where, `the action ${step.action} is not known to this executor`);
  const list = MANY.includes(step.action);
  if (list !== Array.isArray(step.inputs) && (list || step.inputs !== undefined)) {
    if (list || Array.isArray(step.inputs)) refuse(where, `the inputs of ${step.action} have another form`);
  }
  for (const inputs of list ? step.inputs : [step.inputs ?? {}]) {
    for (const key of Object.keys(inputs)) if (!INPUTS[step.action].includes(key)) refuse(where, `${step.action} has no input ${key} here`);
  }
  if (step.loop && !Array.isArray(step.loop.forEach)) refuse(where, 'only loops over a list of values are known to this executor');
}

function read(file: string, title: string, given: Values): Component {
  const document = JSON.parse(fs.readFileSync(file, 'utf8'));
  const values: Values = {};
  for (const entry of document.parameters ?? []) {
    const [[name, declared]] = Object.entries<{ default?: string }>(entry);
    const value = given[name] ?? declared.default;
    if (value === undefined) refuse(title, `the parameter ${name} has no value`);
    values[name] = value;
  }
  for (const name of Object.keys(given)) if (!(name in values)) refuse(title, `there is no parameter ${name}`);
  for (const entry of document.constants ?? []) {
    const [[name, { value }]] = Object.entries<{ value: string }>(entry);
    values[name] = value;
  }
  const phases = new Map<string, Step[]>();
  for (const { name, steps } of document.phases) {
    for (const step of steps) checkStep(`${title}, ${name}, ${step.name}`, step);
    phases.set(name, steps);
  }
  return { title, values, phases, known: {} };
}

/** The options of a document follow it. */
function components(): Component[] {
  const found: { file: string; title: string; given: Values }[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option' || token.value === undefined) continue;
    if (token.name === 'document') found.push({ file: token.value, title: token.value, given: {} });
    const last = found[found.length - 1];
    if (token.name === 'title') last.title = token.value;
    if (token.name === 'parameter') last.given[token.value.split('=')[0]] = token.value.slice(token.value.indexOf('=') + 1);
  }
  return found.map(({ file, title, given }) => read(file, title, given));
}

// The root

function prepare(): () => void {
  const at = (path: string) => join(ROOT, path);
  // Programs that look themselves up by their number, as setpriv does, would find a process outside of this namespace.
  must('mount', '-t', 'proc', 'proc', '/proc');
  must('mount', '--rbind', ROOT, ROOT);
  must('mount', '-t', 'proc', 'proc', at('proc'));
  must('mount', '--bind', '-o', 'ro', at('proc/sys'), at('proc/sys'));
  must('mount', '-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', at('dev'));
  for (const node of ['null', 'zero', 'full', 'random', 'urandom', 'tty']) {
    fs.writeFileSync(at(`dev/${node}`), '');
    must('mount', '--bind', `/dev/${node}`, at(`dev/${node}`));
  }
  for (const [name, target] of [
    ['fd', ''],
    ['stdin', '/0'],
    ['stdout', '/1'],
    ['stderr', '/2'],
  ]) {
    fs.symlinkSync(`/proc/self/fd${target}`, at(`dev/${name}`));
  }
  for (const [path, mode] of [
    ['run', '755'],
    ['tmp', '1777'],
    ['dev/shm', '1777'],
  ]) {
    fs.mkdirSync(at(path), { recursive: true });
    must('mount', '-t', 'tmpfs', '-o', `mode=${mode}`, 'tmpfs', at(path));
  }
  fs.mkdirSync(at('run/lock'));
  fs.mkdirSync(at('run/second'));
  fs.writeFileSync(at('run/second/trust.pem'), trusted);
  // Where the root leads to /run, as systemd-resolved does, and where it has a file of its own.
  const names = fs.readFileSync('/etc/resolv.conf');
  const link = fs.lstatSync(at('etc/resolv.conf'), { throwIfNoEntry: false })?.isSymbolicLink();
  const target = link ? posix.resolve('/etc', fs.readlinkSync(at('etc/resolv.conf'))) : '/run/second/resolv.conf';
  fs.mkdirSync(at(dirname(target)), { recursive: true });
  fs.writeFileSync(at(target), names);
  if (!link) must('mount', '--bind', at(target), at('etc/resolv.conf'));
  const lines = [...hosts].map(([name, address]) => `${address}\t${name}`).join('\n');
  fs.writeFileSync(at('run/second/hosts'), `${lines}\n${fs.readFileSync(at('etc/hosts'), 'utf8')}`);
  must('mount', '--bind', at('run/second/hosts'), at('etc/hosts'));
  if (options['apt-cache']) borrowPackages(options['apt-cache'], at('var/cache/apt/archives'));
  return noServices(at('usr/sbin/policy-rc.d'));
}

/** Packages that were downloaded before; what is downloaded now is not kept. */
function borrowPackages(cache: string, archives: string): void {
  fs.mkdirSync(cache, { recursive: true });
  const layers = join(ROOT, 'run/second/packages');
  for (const name of ['up', 'work']) fs.mkdirSync(join(layers, name), { recursive: true });
  must('mount', '-t', 'overlay', '-o', `lowerdir=${cache},upperdir=${layers}/up,workdir=${layers}/work`, 'overlay', archives);
}

/** Debian's own way to install packages without starting their services; it is undone at the end. */
function noServices(policy: string): () => void {
  if (fs.existsSync(policy)) return () => {};
  fs.writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => fs.rmSync(policy);
}

const ENVIRONMENT = {
  ...{ PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8', DPKG_FORCE: 'unsafe-io' },
  ...Object.fromEntries(
    ['SSL_CERT_FILE', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'PIP_CERT', 'GIT_SSL_CAINFO'].map((name) => [name, '/run/second/trust.pem']),
  ),
};

/** Runs a program in the root. */
function within(args: string[], input: string | Buffer = '', seconds = 7200): Promise<{ code: number; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const bounded = ['--bounding-set=-sys_time,-sys_module,-sys_boot,-sys_rawio', 'chroot', ROOT, ...args];
    const child = spawn('setpriv', bounded, { env: ENVIRONMENT, detached: true });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => errors.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const late = setTimeout(() => {
      process.kill(-(child.pid as number), 'SIGKILL');
      reject(new Failed(`it took longer than ${seconds} s`));
    }, seconds * 1000);
    child.on('error', reject);
    // Not `close`, which waits for what a step leaves behind.
    child.on('exit', (code, signal) => {
      clearTimeout(late);
      setTimeout(() => {
        const text = { output: Buffer.concat(output).toString(), errors: Buffer.concat(errors).toString() };
        resolve({ code: code ?? (signal ? 128 : 1), ...text });
      }, 20);
    });
  });
}

// Actions

async function bash(text: string, seconds?: number): Promise<string> {
  const script = `/run/second/${randomBytes(6).toString('hex')}`;
  fs.writeFileSync(join(ROOT, script), text);
  const { code, output, errors } = await within(['/bin/bash', script], '', seconds);
  fs.rmSync(join(ROOT, script), { force: true });
  if (code === 194) throw new Restart(true);
  if (code !== 0) throw new Failed(`exit code ${code}\n${(output + errors).split('\n').slice(-30).join('\n')}`);
  return output.trimEnd();
}

const WRITE = 'set -e; mkdir -p "$(dirname "$1")"; cat > "$1"';
const OWN = '[ -z "$2" ] || chown "$2" "$1"; [ -z "$3" ] || chgrp "$3" "$1"; [ -z "$4" ] || chmod "$4" "$1"';

async function shell(text: string, args: string[], input?: string | Buffer): Promise<void> {
  const { code, errors } = await within(['/bin/sh', '-c', text, 'sh', ...args], input);
  if (code !== 0) throw new Failed(errors.trim());
}

function owned({ path, owner = '', group = '', permissions = '' }: Inputs): string[] {
  return [path, owner, group, permissions];
}

async function mayWrite({ path, overwrite = true }: Inputs): Promise<void> {
  if (!overwrite && (await within(['test', '-e', path])).code === 0) throw new Failed(`${path} exists`);
}

const lookup: LookupFunction = (name, wanted, callback) => {
  const address = hosts.get(name);
  if (!address) return void require('node:dns').lookup(name, wanted, callback);
  if (wanted.all) return void callback(null, [{ address, family: 4 }]);
  callback(null, address, 4);
};

function get(url: string, redirects = 5): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { get: ask } = url.startsWith('https:') ? https : http;
    const request = ask(url, { lookup, ca: trusted, agent: false, timeout: 60_000 }, (response) => {
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location && redirects > 0) {
        response.resume();
        return resolve(get(new URL(headers.location, url).href, redirects - 1));
      }
      if (statusCode !== 200) return reject(new Failed(`${url} answered ${statusCode}`));
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(Buffer.concat(chunks)));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (problem) => reject(new Failed(`${url} cannot be downloaded: ${problem.message}`)));
  });
}

async function download(inputs: Inputs): Promise<string> {
  const { source, checksum, algorithm } = inputs;
  const path = inputs.destination.endsWith('/') ? inputs.destination + posix.basename(new URL(source).pathname) : inputs.destination;
  const digest = (content: Buffer) => createHash(algorithm.toLowerCase()).update(content).digest('hex');
  await mayWrite({ ...inputs, path });
  const content = await get(source);
  if (checksum !== undefined && digest(content) !== checksum.toLowerCase()) {
    throw new Failed(`${source} has the ${algorithm} ${digest(content)}, and ${checksum} is expected`);
  }
  await shell(WRITE, [path], content);
  return path;
}

const UPDATE =
  'export DEBIAN_FRONTEND=noninteractive; apt-get -o DPkg::Lock::Timeout=600 update && apt-get -o DPkg::Lock::Timeout=600 ' +
  '-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --yes upgrade';

/** Its outputs. */
async function act({ action, timeoutSeconds }: Step, inputs: Inputs): Promise<Values> {
  const seconds = timeoutSeconds === -1 ? undefined : timeoutSeconds;
  if (action === 'ExecuteBash') return { stdout: await bash(`${inputs.commands.join('\n')}\n`, seconds) };
  if (action === 'UpdateOS') return { stdout: await bash(UPDATE, seconds) };
  if (action === 'Reboot') throw new Restart(false);
  const written: string[] = [];
  for (const one of inputs) {
    if (action === 'WebDownload') written.push(await download(one));
    else if (action === 'DeleteFile') await shell('rm "$1"', [one.path]);
    else {
      await mayWrite(one);
      await shell(`${action === 'CreateFile' ? WRITE : 'set -e; mkdir -p "$1"'}; ${OWN}`, owned(one), one.content ?? '');
    }
  }
  return { destination: written.join('\n') };
}

// Running

function replaced(value: Inputs, known: Values): Inputs {
  if (typeof value === 'string') {
    return value.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_whole, name: string) => {
      if (!(name in known)) throw new Failed(`{{ ${name} }} is not known`);
      return known[name];
    });
  }
  if (Array.isArray(value)) return value.map((one) => replaced(one, known));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one, known)]));
}

function remember(known: Values, prefix: string, value: Inputs): void {
  const list = Array.isArray(value) ? value : [value ?? {}];
  list.forEach((one, position) => {
    for (const [key, text] of Object.entries(one)) {
      if (typeof text !== 'string') continue;
      known[`${prefix}[${position}].${key}`] = text;
      known[`${prefix}.${key}`] ??= text;
    }
  });
}

async function once(component: Component, phase: string, step: Step): Promise<void> {
  const { values, known } = component;
  const rounds = step.loop ? replaced(step.loop.forEach, { ...values, ...known }) : [undefined];
  const outputs: string[] = [];
  for (const [index, value] of rounds.entries()) {
    const looped = Object.fromEntries(
      ['loop', step.loop?.name ?? 'loop'].flatMap((name) => [
        [`${name}.index`, String(index)],
        [`${name}.value`, value],
      ]),
    );
    const inputs = replaced(step.inputs, { ...values, ...known, ...(step.loop ? looped : {}) });
    const gave = await act(step, inputs);
    outputs.push(gave.stdout ?? '');
    remember(known, `${phase}.${step.name}.inputs`, inputs);
    remember(known, `${phase}.${step.name}.outputs`, gave);
  }
  if (step.loop) known[`${phase}.${step.name}.outputs.stdout`] = outputs.join('\n');
}

async function restarting(component: Component, phase: string, step: Step): Promise<void> {
  for (let restarts = 0; restarts < 15; restarts++) {
    try {
      return await once(component, phase, step);
    } catch (problem) {
      if (!(problem instanceof Restart)) throw problem;
      if (!problem.sameStep) return;
    }
  }
  throw new Failed('it restarts for ever');
}

/** Whether the step is done, or its failure is ignored. */
async function perform(component: Component, phase: string, step: Step): Promise<boolean> {
  const started = performance.now();
  for (let left = step.maxAttempts ?? 1; ; left--) {
    try {
      await restarting(component, phase, step);
      process.stdout.write(`  ${step.name}: done after ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
      return true;
    } catch (problem) {
      if (left > 1) continue;
      process.stderr.write(`component ${component.title}, phase ${phase}, step ${step.name} failed: ${(problem as Error).message}\n`);
      return step.onFailure === 'Ignore';
    }
  }
}

async function main(): Promise<number> {
  const all = components();
  const undo = prepare();
  try {
    for (const phase of ['build', 'validate']) {
      for (const component of all) {
        let well = true;
        if (component.phases.has(phase)) process.stdout.write(`${component.title}, ${phase}\n`);
        for (const step of component.phases.get(phase) ?? []) {
          if (await perform(component, phase, step)) continue;
          well = false;
          if (step.onFailure !== 'Continue') return 1;
        }
        if (!well) return 1;
      }
    }
    return 0;
  } finally {
    undo();
  }
}

main().then(
  (code) => process.exit(code),
  (problem) => {
    process.stderr.write(`${(problem as Error).stack}\n`);
    process.exit(1);
  },
);
