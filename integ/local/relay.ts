import { randomBytes } from 'node:crypto';
import * as net from 'node:net';
import * as path from 'node:path';
import { type Docker, RUN_LABEL } from './docker';
import { Failure } from './progress';
import type { Run } from './runs';
import { command } from './setup/command';
import { provideTools } from './setup/tools';

const CONTROL_PORT = 7000;

/** So many containers' connections may arrive in the time of one loopback round trip. */
const IDLE_CONNECTIONS = 16;

/** Takes a connection from a container in the run's network. */
export type Receiver = (socket: net.Socket, clientAddress: string) => void;

/** Receivers by the port that the relay listens on in the network. */
export type Receivers = Record<number, Receiver>;

/** Passes connections on to a port on this machine's loopback. */
export function toLoopback(port: number): Receiver {
  return (socket) => {
    const target = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    socket.pipe(target).pipe(socket);
    socket.on('error', () => target.destroy());
    target.on('error', () => socket.destroy());
    socket.on('close', (broken) => broken && target.destroy());
    target.on('close', (broken) => broken && socket.destroy());
  };
}

/** The host's side of the relay: keeps idle connections to its control port, and hands each to a receiver once the relay uses it. */
export class Tunnel {
  private readonly connections = new Set<net.Socket>();
  private closed = false;

  constructor(
    private readonly controlPort: number,
    private readonly token: string,
    private readonly receivers: Receivers,
  ) {
    for (let count = 0; count < IDLE_CONNECTIONS; count++) this.connect();
  }

  close(): void {
    this.closed = true;
    for (const socket of this.connections) socket.destroy();
  }

  private connect(): void {
    if (this.closed) return;
    const socket = net.connect({ host: '127.0.0.1', port: this.controlPort, allowHalfOpen: true, noDelay: true });
    this.connections.add(socket);
    socket.write(`${this.token}\n`);
    let idle = true;
    let read = '';
    const take = () => {
      // The line is short and what follows it belongs to the container's connection: byte by byte, nothing is read too far.
      for (let byte: Buffer | null = socket.read(1); byte !== null; byte = socket.read(1)) {
        if (byte[0] !== 10) {
          read += byte.toString('latin1');
          continue;
        }
        idle = false;
        socket.off('readable', take);
        this.connect();
        const [port, address] = read.split(' ');
        this.receivers[Number(port)]?.(socket, address);
        return;
      }
    };
    socket.on('readable', take);
    socket.on('error', () => {});
    socket.on('end', () => idle && socket.destroy());
    socket.on('close', () => {
      this.connections.delete(socket);
      if (idle) setTimeout(() => this.connect(), 200).unref();
    });
  }
}

async function importImage(docker: Docker, run: Run, image: string): Promise<void> {
  const { relay } = await provideTools(['relay']);
  const archive = path.join(run.directory, 'relay.tar');
  await command('tar', ['--create', '--file', archive, '--directory', path.dirname(relay), path.basename(relay)]);
  const entryPoint = JSON.stringify([`/${path.basename(relay)}`]);
  await docker.run(['import', '--change', `ENTRYPOINT ${entryPoint}`, '--change', `LABEL ${RUN_LABEL}=${run.id}`, archive, image]);
}

export interface Relay {
  /** The relay's address in the network. */
  readonly address: string;
  /** The image that it runs: a static program that starts without anything else. */
  readonly image: string;
}

/**
 * Starts the relay's container, and a tunnel to it. Containers of the network then reach the receivers at its address,
 * which they cannot at the host's: its services listen on loopback only.
 */
export async function startRelay(docker: Docker, run: Run, network: string, receivers: Receivers): Promise<Relay> {
  const image = `cdk-atlantis-relay:${run.id}`;
  await importImage(docker, run, image);
  const name = `${run.id}-relay`;
  const token = randomBytes(32).toString('hex');
  const ports = Object.keys(receivers);
  await docker.run([
    ...['run', '--detach', '--name', name, '--label', `${RUN_LABEL}=${run.id}`, '--network', network],
    ...['--publish', `127.0.0.1::${CONTROL_PORT}`, '--env', `RELAY_TOKEN=${token}`, '--read-only', '--cap-drop', 'ALL'],
    ...['--cap-add', 'NET_BIND_SERVICE', image, String(CONTROL_PORT), ...ports],
  ]);
  const inspected = JSON.parse(await docker.run(['inspect', name]))[0];
  const address: string | undefined = inspected.NetworkSettings.Networks[network]?.IPAddress;
  const controlPort = Number(inspected.NetworkSettings.Ports[`${CONTROL_PORT}/tcp`]?.[0]?.HostPort);
  if (!address || !controlPort) {
    throw new Failure(`The relay's container did not stay up: ${await docker.run(['logs', name])}`);
  }
  const tunnel = new Tunnel(controlPort, token, receivers);
  run.onStop(async () => tunnel.close());
  return { address, image };
}
