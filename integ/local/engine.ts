import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { type Docker, dockerAt, runDocker } from './docker';
import { installEngine, ownEngine } from './own-engine';
import { Failure, note } from './progress';

export type { Docker } from './docker';

const PATIENCE = 4_000;

/** Sockets on which an engine listens when neither DOCKER_HOST nor a context names one. */
function usualSockets(): string[] {
  const home = homedir();
  const runtime = process.env.XDG_RUNTIME_DIR;
  return [
    '/var/run/docker.sock',
    ...(runtime ? [path.join(runtime, 'docker.sock')] : []),
    path.join(home, '.docker', 'run', 'docker.sock'),
    path.join(home, '.docker', 'desktop', 'docker.sock'),
    path.join(home, '.colima', 'default', 'docker.sock'),
    path.join(home, '.rd', 'docker.sock'),
  ].filter((socket) => fs.existsSync(socket));
}

async function answers(host: string): Promise<boolean> {
  const version = ['version', '--format', '{{.Server.Version}}'];
  return runDocker(host, version, { timeout: PATIENCE }).then(
    (printed) => printed.trim() !== '',
    () => false,
  );
}

/** Ports that are published on loopback can only be reached when the engine is on this machine. */
function isHere(host: string): boolean {
  if (/^(unix|npipe):/.test(host)) return true;
  return /^tcp:\/\/(127\.[\d.]+|localhost|\[::1\])(:|$)/.test(host);
}

async function contextHost(): Promise<string | undefined> {
  const inspect = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
  return runDocker(undefined, inspect, { timeout: PATIENCE }).then(
    (printed) => printed.trim() || undefined,
    () => undefined,
  );
}

/** The engine that DOCKER_HOST names, which has to answer: it is not for us to choose another one then. */
async function askedFor(host: string): Promise<string> {
  if (!isHere(host)) throw new Failure(`DOCKER_HOST names ${host}, but the local cloud needs a Docker engine on this machine.`);
  if (!(await answers(host))) throw new Failure(`No Docker engine answers at ${host}, which DOCKER_HOST names.`);
  return host;
}

/** The user's own engine, when one answers. */
async function usersEngine(): Promise<string | undefined> {
  const { DOCKER_HOST } = process.env;
  if (DOCKER_HOST) return askedFor(DOCKER_HOST);
  const ofContext = await contextHost();
  const hosts = [...(ofContext && isHere(ofContext) ? [ofContext] : []), ...usualSockets().map((socket) => `unix://${socket}`)];
  for (const host of new Set(hosts)) if (await answers(host)) return host;
  return undefined;
}

function canStartOne(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** The user's Docker engine, or, for root on Linux, one that is started and shared by all runs of this user. */
export async function provideEngine(): Promise<Docker> {
  let host = await usersEngine();
  // Where Debian's package starts its service, that one is the user's from then on.
  if (!host && canStartOne() && (await installEngine())) host = await usersEngine();
  if (host) {
    note(`using the Docker engine at ${host}`);
    return dockerAt(host, false, async () => {});
  }
  if (canStartOne()) return ownEngine();
  throw new Failure('No Docker engine answers: start Docker, or run this as root on Linux, where an engine can be started for you.');
}
