import { createHash, randomBytes } from 'node:crypto';
import * as net from 'node:net';
import { type Docker, RUN_LABEL, removeFromEngine } from '../../integ/local/docker';
import { provideEngine } from '../../integ/local/engine';
import { type Relay, startRelay, toLoopback } from '../../integ/local/relay';
import { Run } from '../../integ/local/runs';

/** Sends back the hash of what it got, once the sender has closed its side. */
const hashing = net.createServer({ allowHalfOpen: true }, (socket) => {
  const hash = createHash('sha256');
  socket.on('data', (chunk) => hash.update(chunk));
  socket.on('end', () => socket.end(hash.digest()));
  socket.on('error', () => {});
});

const greeting = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.end('hello');
});

const clients: string[] = [];
let run: Run;
let docker: Docker;
let relay: Relay;

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

beforeAll(async () => {
  run = Run.begin();
  docker = await provideEngine();
  run.uses(docker);
  run.onStop(async () => {
    await removeFromEngine(docker, run.id);
    await docker.stop();
  });
  await docker.run(['network', 'create', '--label', `${RUN_LABEL}=${run.id}`, run.id]);
  const toHashing = toLoopback(await listen(hashing));
  relay = await startRelay(docker, run, run.id, {
    80: (socket, client) => {
      clients.push(client);
      toHashing(socket, client);
    },
    443: toLoopback(await listen(greeting)),
    4566: toLoopback(1),
  });
});

afterAll(async () => {
  await run.stop();
  hashing.close();
  greeting.close();
});

function exchange(port: number, sent: Buffer, half = true): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: relay.address, port, allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => {
      socket.destroy();
      resolve(Buffer.concat(received));
    });
    socket.on('error', reject);
    if (half) socket.end(sent);
    else socket.write(sent);
  });
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

// Where the engine runs in a virtual machine, only containers reach a container's address.
(process.platform === 'linux' ? describe : describe.skip)('a connection in the network, through the relay', () => {
  test('reaches a service on loopback, which answers after the sender has closed its side', async () => {
    expect((await exchange(80, Buffer.from('one'))).toString('hex')).toBe(sha256(Buffer.from('one')));
  });

  test('ends when the service has closed its side', async () => {
    expect((await exchange(443, Buffer.from('x'), false)).toString()).toBe('hello');
  });

  test('carries parallel transfers, many more than there are idle connections', async () => {
    const sent = Array.from({ length: 60 }, (_, index) => randomBytes(index % 4 === 0 ? 2_000_000 : 20_000));
    const received = await Promise.all(sent.map((bytes) => exchange(80, bytes)));
    expect(received.map((bytes) => bytes.toString('hex'))).toEqual(sent.map(sha256));
  });

  test('tells the receiver where it came from', () => {
    const gateway = relay.address.replace(/\.\d+$/, '.1');
    expect(new Set(clients)).toEqual(new Set([gateway]));
  });

  test('is closed when nothing listens on loopback', async () => {
    expect((await exchange(4566, Buffer.from('x'))).length).toBe(0);
  });

  test('is refused on a port that is not relayed', async () => {
    await expect(exchange(8080, Buffer.from('x'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe("the relay's control port", () => {
  async function controlPort(): Promise<number> {
    const [container] = JSON.parse(await docker.run(['inspect', `${run.id}-relay`]));
    const [published] = container.NetworkSettings.Ports['7000/tcp'];
    expect(published.HostIp).toBe('127.0.0.1');
    return Number(published.HostPort);
  }

  test('closes a connection with a wrong token', async () => {
    const socket = net.connect({ host: '127.0.0.1', port: await controlPort() });
    const ended = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    socket.write('wrong\n');
    await ended;
  });

  test('is not readable by others: the token is in no command line', async () => {
    const [container] = JSON.parse(await docker.run(['inspect', `${run.id}-relay`]));
    expect(container.Args).toEqual(['7000', '80', '443', '4566']);
  });
});
