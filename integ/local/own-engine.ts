import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Docker, dockerAt, runDocker } from './docker';
import { changedBy, putBack, remember } from './engine-footprint';
import { exclusively } from './lock';
import { unmountBelow } from './mounts';
import { engineDataDirectory, engineStateDirectory, VOLATILE } from './places';
import { end, type Identity, identify, isAlive, named, rootedBelow, SELF, until, withEnvironment } from './processes';
import { Failure, note, step } from './progress';
import { WITHOUT_RUN } from './runs';
import { debianPackages } from './setup/tools';

/** In the environment of the engine and of whatever it starts. It is not a run's mark: runs share the engine. */
const MARK = 'CDK_ATLANTIS_ENGINE';
const START_TIME = 60_000;

interface Places {
  readonly state: string;
  readonly data: string;
  readonly socket: string;
  readonly users: string;
  readonly log: string;
}

function places(): Places {
  const state = engineStateDirectory();
  const data = engineDataDirectory();
  return { state, data, socket: path.join(state, 'docker.sock'), users: path.join(state, 'users'), log: path.join(state, 'dockerd.log') };
}

/** Every use of the state happens under this lock, which lies outside of it, so that the state can be removed. */
function alone<T>(work: (at: Places) => Promise<T>): Promise<T> {
  const at = places();
  return exclusively(`${at.state}.lock`, () => work(at));
}

function running(at: Places): Identity | undefined {
  const engines = new Set(named('dockerd').map(({ pid }) => pid));
  return withEnvironment(MARK, at.state).find(({ pid }) => engines.has(pid));
}

function answers(at: Places): Promise<boolean> {
  return runDocker(`unix://${at.socket}`, ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  );
}

function users(at: Places): string[] {
  if (!fs.existsSync(at.users)) return [];
  return fs.readdirSync(at.users).filter((name) => {
    const file = path.join(at.users, name);
    if (isAlive(JSON.parse(fs.readFileSync(file, 'utf8')) as Identity)) return true;
    fs.rmSync(file, { force: true });
    return false;
  });
}

/** What the engine wrote last of its failure. */
function complaint(at: Places): string {
  const lines = fs.readFileSync(at.log, 'utf8').trim().split('\n');
  return lines.filter((line) => /^failed|level=fatal/.test(line)).pop() ?? lines[lines.length - 1];
}

async function launch(at: Places): Promise<void> {
  await sweepAway(at);
  fs.mkdirSync(at.state, { recursive: true });
  fs.mkdirSync(at.data, { recursive: true });
  await remember();
  const log = fs.openSync(at.log, 'w');
  const flags = {
    '--data-root': at.data,
    '--exec-root': path.join(at.state, 'exec'),
    '--pidfile': path.join(at.state, 'dockerd.pid'),
    '--host': `unix://${at.socket}`,
    // Every container here is in a network of its run: without the default one there is no docker0 to clear away.
    '--bridge': 'none',
    '--config-file': path.join(at.state, 'daemon.json'),
  };
  fs.writeFileSync(flags['--config-file'], '{}');
  const env = { ...process.env, [MARK]: at.state, ...WITHOUT_RUN };
  const child = spawn('dockerd', Object.entries(flags).flat(), { env, detached: true, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  child.unref();
  let failed: Error | undefined;
  child.once('error', (problem) => {
    failed = problem;
  });
  const engine = child.pid ? identify(child.pid) : undefined;
  if (engine) await changedBy(engine);
  await until(async () => failed !== undefined || child.exitCode !== null || (await answers(at)), START_TIME, 200);
  if (await answers(at)) return;
  const reason = failed?.message ?? complaint(at);
  await halt(at);
  throw new Failure(`No Docker engine answers, and one could not be started: ${reason}`);
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0;
}

/** Makes sure that there is an engine to start, and returns whether it had to be installed. */
export async function installEngine(): Promise<boolean> {
  if (isInstalled('dockerd') && isInstalled('docker')) return false;
  await debianPackages('docker.io');
  // Since Debian 13 the command is in a package of its own.
  if (!isInstalled('docker')) await debianPackages('docker-cli');
  return true;
}

/** Ends what is left of an engine that is no longer there, and what it mounted. */
async function sweepAway(at: Places): Promise<void> {
  // An engine that was killed leaves its containers running.
  await end([...withEnvironment(MARK, at.state), ...rootedBelow(at.data)], 0);
  await unmountBelow(at.data);
  await unmountBelow(at.state);
  fs.rmSync(at.state, { recursive: true, force: true });
}

async function halt(at: Places): Promise<void> {
  const engine = running(at);
  // It stops its containers in this time, each with a time of its own.
  if (engine) await end([engine], 30_000);
  await sweepAway(at);
  await putBack();
}

function removeEmpty(directory: string): void {
  try {
    fs.rmdirSync(directory);
  } catch {
    // Somebody else has something in it, or it is not there.
  }
}

/** An engine of our own. Whoever comes first starts it, the others share it, and the last one to leave stops it. */
export async function ownEngine(): Promise<Docker> {
  const use = `${SELF.pid}-${Math.random().toString(36).slice(2)}.json`;
  const host = await alone(async (at) => {
    if (running(at) && (await until(() => answers(at), START_TIME, 200))) {
      note('using the Docker engine that another run has started');
    } else {
      await step('starting a Docker engine', () => launch(at));
    }
    fs.mkdirSync(at.users, { recursive: true });
    fs.writeFileSync(path.join(at.users, use), JSON.stringify(SELF));
    return `unix://${at.socket}`;
  });
  const leave = async () => {
    await alone(async (at) => {
      fs.rmSync(path.join(at.users, use), { force: true });
      if (users(at).length === 0) await halt(at);
    });
    removeEmpty(VOLATILE);
  };
  return dockerAt(host, true, leave);
}

/** Whether an engine of our own is there, or parts of one that was killed. */
export function isOwnEngineThere(): boolean {
  return fs.existsSync(places().state);
}
