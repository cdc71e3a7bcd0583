import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { pipeline } from 'node:stream';
import type { CertificateAuthority } from './certificates';
import { readClientHello } from './client-hello';
import type { Listener } from './load-balancers';
import { versionsOf } from './ssl-policies';

/** The name that the client asked for: in front of the emulator, `Host` is the load balancer's own. */
const HOST_HEADER = 'x-cdk-atlantis-host';
const CLIENT_ADDRESS_HEADER = 'x-cdk-atlantis-client-ip';

const FIRST_BYTES_TIME = 10_000;
const FIRST_BYTES = 16_384;

/** Headers that are for one connection only (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);

/** Names and values in turn, as they came: some headers may be there several times. */
function without(names: Set<string>, raw: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) if (!names.has(raw[at].toLowerCase())) kept.push(raw[at], raw[at + 1]);
  return kept;
}

/** Finds the listener that a client reaches at a name and a port. */
export interface Listeners {
  listener(name: string, port: number): Promise<Listener | undefined>;
}

type ListenerOf = (request: http.IncomingMessage) => Promise<Listener | undefined>;

/** Names a connection, also when it is seen through the TLS that it carries. */
function connectionKey({ localPort, remotePort }: net.Socket): string {
  return `${localPort}-${remotePort}`;
}

function complain(problem: Error): void {
  process.stderr.write(`front: ${problem.message}\n`);
}

/** What a load balancer's listeners do on AWS and the emulator has no ports for: one front stands for the listeners on one port. */
export class Front {
  private readonly sockets = new Set<net.Socket>();
  /** The relay's connections seem to come from this machine, so that the container's address is remembered apart. */
  private readonly clientAddresses = new Map<string, string>();
  private readonly secure = new Map<string, Promise<http.Server>>();
  private readonly plain: http.Server;
  private readonly server = net.createServer({ noDelay: true }, (socket) => this.accept(socket));

  /** Without a certificate authority it is a front of plain HTTP. */
  constructor(
    private readonly listenerPort: number,
    private readonly gatewayPort: number,
    private readonly loadBalancers: Listeners,
    private readonly authority?: CertificateAuthority,
  ) {
    this.plain = this.serving(http.createServer(), async ({ headers }) => {
      const listener = await this.loadBalancers.listener((headers.host ?? '').replace(/:\d+$/, ''), this.listenerPort);
      return listener?.protocol === 'HTTP' ? listener : undefined;
    });
  }

  /** Resolves to the loopback port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => this.server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return (this.server.address() as net.AddressInfo).port;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Takes a connection, be it one that the relay has passed on. */
  accept(socket: net.Socket, clientAddress = socket.remoteAddress ?? ''): void {
    const key = connectionKey(socket);
    this.sockets.add(socket);
    this.clientAddresses.set(key, clientAddress.replace(/^::ffff:/, ''));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.clientAddresses.delete(key);
    });
    if (this.authority) this.begin(socket, this.authority);
    else this.plain.emit('connection', socket);
  }

  /** Reads the name that the client asks for before anything is answered: the listener decides on the certificate and the TLS versions. */
  private begin(socket: net.Socket, authority: CertificateAuthority): void {
    let bytes = Buffer.alloc(0);
    const late = setTimeout(() => socket.destroy(), FIRST_BYTES_TIME);
    socket.on('close', () => clearTimeout(late));
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const found = readClientHello(bytes);
      if (found === 'incomplete' && bytes.length < FIRST_BYTES) return;
      clearTimeout(late);
      socket.off('data', take);
      socket.pause();
      // Without a name there is no telling which of the load balancers the client means.
      const name = typeof found === 'string' ? undefined : found.serverName;
      this.secureServer(name, authority)
        .then((server) => {
          if (!server) return socket.destroy();
          socket.unshift(bytes);
          return server.emit('connection', socket);
        })
        .catch((problem: Error) => {
          complain(problem);
          socket.destroy();
        });
    };
    socket.on('data', take);
  }

  private async secureServer(name: string | undefined, authority: CertificateAuthority): Promise<http.Server | undefined> {
    const listener = name === undefined ? undefined : await this.loadBalancers.listener(name, this.listenerPort);
    if (listener?.protocol !== 'HTTPS') return undefined;
    const key = JSON.stringify(listener);
    const server = this.secure.get(key) ?? this.makeSecureServer(listener, authority);
    this.secure.set(key, server);
    return server;
  }

  private async makeSecureServer(listener: Listener, authority: CertificateAuthority): Promise<http.Server> {
    const pair = await authority.issue(listener.certificateNames);
    const server = https.createServer({ ...pair, ...versionsOf(listener.sslPolicy) });
    return this.serving(server, async () => listener);
  }

  private serving(server: http.Server, listenerOf: ListenerOf): http.Server {
    const serve = (request: http.IncomingMessage, work: (headers: string[]) => void) =>
      listenerOf(request)
        .then((listener) => (listener ? work(this.onwardHeaders(request, listener)) : request.socket.destroy()))
        .catch((problem: Error) => {
          complain(problem);
          request.socket.destroy();
        });
    server.on('request', (request, response) => serve(request, (headers) => this.forward(headers, request, response)));
    server.on('upgrade', (request, socket, head) => serve(request, (headers) => this.splice(headers, request, socket as net.Socket, head)));
    return server;
  }

  /** The headers with which the emulator takes the request for this listener. */
  private onwardHeaders({ rawHeaders, headers, socket }: http.IncomingMessage, { dnsName }: Listener): string[] {
    const ours = new Set(['host', HOST_HEADER, CLIENT_ADDRESS_HEADER]);
    const clientAddress = this.clientAddresses.get(connectionKey(socket)) ?? '';
    const onward = ['Host', `${dnsName}:${this.listenerPort}`, HOST_HEADER, headers.host ?? dnsName, CLIENT_ADDRESS_HEADER, clientAddress];
    return [...onward, ...without(ours, rawHeaders)];
  }

  private forward(headers: string[], request: http.IncomingMessage, response: http.ServerResponse): void {
    const onwardHeaders = without(HOP_BY_HOP, headers);
    // A body without a length goes on as it came.
    if (request.headers['transfer-encoding']) onwardHeaders.push('Transfer-Encoding', 'chunked');
    const { method, url } = request;
    const options = { host: '127.0.0.1', port: this.gatewayPort, method, path: url, headers: onwardHeaders, agent: false };
    const onward = http.request(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, without(HOP_BY_HOP, answer.rawHeaders));
      response.flushHeaders();
      pipeline(answer, response, () => {});
    });
    onward.on('error', (problem) => {
      if (response.destroyed) return;
      complain(problem);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
    response.on('close', () => onward.destroy());
    // A client may wait for the answer's beginning before it sends its body.
    onward.flushHeaders();
    request.pipe(onward);
  }

  /** For a websocket, say: from the upgrade on, bytes are passed both ways. */
  private splice(headers: string[], request: http.IncomingMessage, client: net.Socket, head: Buffer): void {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}: ${headers[at + 1]}`);
    const onward = net.connect({ host: '127.0.0.1', port: this.gatewayPort });
    onward.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    onward.write(head);
    pipeline(client, onward, client, () => {
      client.destroy();
      onward.destroy();
    });
  }
}
