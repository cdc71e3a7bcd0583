import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before the emulated AWS and counts. The host that was signed is passed on, so signatures stay good. */
export class CountingProxy {
  private readonly counts = new Map<string, number>();
  private readonly server: http.Server;

  constructor(private readonly target: URL) {
    this.server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => this.forward(request, Buffer.concat(chunks), response));
    });
  }

  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`));
    });
  }

  /** The calls since the last time, by their names. */
  take(): ReadonlyMap<string, number> {
    const counted = new Map(this.counts);
    this.counts.clear();
    return counted;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private forward(request: http.IncomingMessage, body: Buffer, response: http.ServerResponse): void {
    const name = nameOf(request, body);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const { hostname, port } = this.target;
    const sent = http.request({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', (problem) => response.writeHead(502).end(`${problem}`));
    sent.end(body);
  }
}

/** The name that AWS gives the action, or of S3 the method and whether it is of a lock. */
function nameOf({ method, url, headers }: http.IncomingMessage, body: Buffer): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) as string;
  const action = /(?:^|&)Action=(\w+)/.exec(body.toString())?.[1];
  if (action) return action;
  const { pathname, searchParams } = new URL(url ?? '/', 'http://s3');
  if (searchParams.has('list-type')) return 'ListObjectsV2';
  return `S3 ${method} ${pathname.endsWith('.tflock') ? 'lock' : pathname.split('/').length > 2 ? 'state' : 'bucket'}`;
}
