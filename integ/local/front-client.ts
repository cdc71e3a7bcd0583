import * as fs from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

export interface FrontInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  /** A loopback address, such as 127.0.0.2, to come from (on Linux). */
  readonly from?: string;
}

export interface FrontPorts {
  readonly frontPort: number;
  readonly httpFrontPort: number;
  readonly caFile: string;
}

/** A request to a deployed name, through the fronts on loopback instead of the name's address. */
export function fetchThrough(ports: FrontPorts, url: string, init: FrontInit = {}): Promise<Response> {
  const { protocol, host, hostname, pathname, search } = new URL(url);
  const secure = protocol === 'https:';
  const options: https.RequestOptions = {
    host: '127.0.0.1',
    port: secure ? ports.frontPort : ports.httpFrontPort,
    method: init.method ?? 'GET',
    path: pathname + search,
    headers: { host, ...init.headers },
    localAddress: init.from,
    agent: false,
    ...(secure ? { servername: hostname, ca: fs.readFileSync(ports.caFile) } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? https : http).request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const headers = new Headers();
        for (let at = 0; at < answer.rawHeaders.length; at += 2) headers.append(answer.rawHeaders[at], answer.rawHeaders[at + 1]);
        const status = answer.statusCode ?? 0;
        const body = [204, 205, 304].includes(status) ? null : Buffer.concat(chunks);
        resolve(new Response(body, { status, statusText: answer.statusMessage, headers }));
      });
    });
    request.on('error', reject);
    request.end(init.body);
  });
}
