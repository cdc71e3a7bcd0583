import * as fs from 'node:fs';
import * as http from 'node:http';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as tls from 'node:tls';
import { CertificateAuthority } from '../../integ/local/certificates';
import { readClientHello } from '../../integ/local/client-hello';
import { Front, type Listeners } from '../../integ/local/front';
import { type FrontPorts, fetchThrough } from '../../integ/local/front-client';
import type { Listener } from '../../integ/local/load-balancers';
import { versionsOf } from '../../integ/local/ssl-policies';

const DNS_NAME = 'alb-1.us-east-1.elb.amazonaws.com';
const HTTPS: Listener = {
  dnsName: DNS_NAME,
  protocol: 'HTTPS',
  sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
  certificateNames: ['atlantis.example.com', '*.wild.example.com'],
};
const HTTP: Listener = { dnsName: DNS_NAME, protocol: 'HTTP', sslPolicy: '', certificateNames: [] };

/** Names as a resolver would have them, and the listener that is there. */
const DEPLOYED: Record<string, Listener> = {
  'atlantis.example.com 443': HTTPS,
  'a.wild.example.com 443': HTTPS,
  'other.example.org 443': HTTPS,
  'strict.example.com 443': { ...HTTPS, sslPolicy: 'ELBSecurityPolicy-TLS13-1-3-2021-06', certificateNames: ['strict.example.com'] },
  'unknown-policy.example.com 443': { ...HTTPS, sslPolicy: 'ELBSecurityPolicy-2099-01' },
  'atlantis.example.com 80': HTTP,
};
const LISTENERS: Listeners = { listener: async (name, port) => DEPLOYED[`${name} ${port}`] };

/** What stands in for the emulator: it says what reached it. */
function echo(): http.Server {
  const server = http.createServer((request, response) => {
    if (request.url === '/stream') {
      response.write('first');
      request.once('data', () => response.end(' second'));
      return;
    }
    if (request.url === '/cookies') {
      response
        .writeHead(
          201,
          'Made',
          [
            ['set-cookie', 'a=1'],
            ['set-cookie', 'b=2'],
          ].flat(),
        )
        .end();
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers, length: Buffer.concat(chunks).length }));
    });
  });
  server.on('upgrade', (request, socket: net.Socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`);
    socket.pipe(socket);
  });
  return server;
}

let directory: string;
let gateway: http.Server;
let fronts: Front[];
let ports: FrontPorts;
let gatewayPort: number;

beforeAll(async () => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'front-'));
  gateway = echo();
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  gatewayPort = (gateway.address() as net.AddressInfo).port;
  const authority = await CertificateAuthority.make(directory);
  fronts = [new Front(443, gatewayPort, LISTENERS, authority), new Front(80, gatewayPort, LISTENERS)];
  ports = { frontPort: await fronts[0].listen(), httpFrontPort: await fronts[1].listen(), caFile: authority.certificateFile };
});

afterAll(() => {
  for (const front of fronts) front.close();
  gateway.closeAllConnections();
  gateway.close();
  fs.rmSync(directory, { recursive: true });
});

const ask = async (url: string, init?: Parameters<typeof fetchThrough>[2]) => (await fetchThrough(ports, url, init)).json();

function connect(servername: string, options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const ca = fs.readFileSync(ports.caFile);
    const socket = tls.connect({ host: '127.0.0.1', port: ports.frontPort, servername, ca, ...options }, () => resolve(socket));
    socket.on('error', reject);
  });
}

describe('the TLS front', () => {
  test('answers under a name that the deployed certificate is good for', async () => {
    expect(await ask('https://atlantis.example.com/events?a=%2F')).toMatchObject({ method: 'GET', url: '/events?a=%2F' });
  });

  test('answers under a name that a wildcard of the certificate covers', async () => {
    expect(await ask('https://a.wild.example.com/')).toMatchObject({ url: '/' });
  });

  test('is refused by a client under a name that leads to the load balancer and that the certificate does not have', async () => {
    await expect(ask('https://other.example.org/')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  });

  test('closes the connection under a name that leads to no load balancer', async () => {
    await expect(ask('https://nobody.example.com/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('closes the connection of a client that asks for no name', async () => {
    await expect(connect('')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('closes a connection that is not TLS', async () => {
    await expect(fetchThrough({ ...ports, httpFrontPort: ports.frontPort }, 'http://atlantis.example.com/')).rejects.toThrow();
  });

  test('closes the connection when it does not know the security policy', async () => {
    await expect(ask('https://unknown-policy.example.com/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('takes TLS 1.2 where the security policy does', async () => {
    const socket = await connect('atlantis.example.com', { maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  test('refuses TLS 1.2 where the security policy asks for 1.3', async () => {
    await expect(connect('strict.example.com', { maxVersion: 'TLSv1.2' })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
    expect(await ask('https://strict.example.com/')).toMatchObject({ url: '/' });
  });
});

describe('the plain front', () => {
  test('answers under a name with a listener on port 80', async () => {
    expect(await ask('http://atlantis.example.com/x')).toMatchObject({ url: '/x' });
  });

  test('closes the connection under a name without one', async () => {
    await expect(ask('http://strict.example.com/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('a request to the emulator', () => {
  test('goes to the load balancer and the listener by its host', async () => {
    expect(await ask('https://atlantis.example.com/')).toMatchObject({ headers: { host: `${DNS_NAME}:443` } });
    expect(await ask('http://atlantis.example.com/')).toMatchObject({ headers: { host: `${DNS_NAME}:80` } });
  });

  test('tells the name that the client asked for and the address that it came from', async () => {
    expect(await ask('https://atlantis.example.com/')).toMatchObject({
      headers: { 'x-cdk-atlantis-host': 'atlantis.example.com', 'x-cdk-atlantis-client-ip': '127.0.0.1' },
    });
  });

  test('does not let the client choose them', async () => {
    const headers = { 'X-Cdk-Atlantis-Host': 'evil', 'X-CDK-Atlantis-Client-IP': '10.0.0.1' };
    expect(await ask('https://atlantis.example.com/', { headers })).toMatchObject({
      headers: { 'x-cdk-atlantis-host': 'atlantis.example.com', 'x-cdk-atlantis-client-ip': '127.0.0.1' },
    });
  });

  (process.platform === 'linux' ? test : test.skip)('tells another address on loopback apart', async () => {
    expect(await ask('https://atlantis.example.com/', { from: '127.0.0.7' })).toMatchObject({
      headers: { 'x-cdk-atlantis-client-ip': '127.0.0.7' },
    });
  });

  test('carries a large body', async () => {
    const body = Buffer.alloc(5_000_000, 'x');
    expect(await ask('https://atlantis.example.com/', { method: 'POST', body })).toMatchObject({ method: 'POST', length: body.length });
  });

  test('carries several headers of one name back', async () => {
    const answer = await fetchThrough(ports, 'https://atlantis.example.com/cookies');
    expect([answer.status, answer.statusText, answer.headers.getSetCookie()]).toEqual([201, 'Made', ['a=1', 'b=2']]);
  });

  test('streams: the answer begins before the request has ended', async () => {
    const headers = { host: 'atlantis.example.com', 'transfer-encoding': 'chunked' };
    const request = http.request({ host: '127.0.0.1', port: ports.httpFrontPort, method: 'POST', path: '/stream', headers });
    request.flushHeaders();
    const received = await new Promise<string>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        let text = '';
        response
          .on('end', () => resolve(text))
          .on('data', (chunk) => {
            text += chunk;
            if (text === 'first') request.end('go on');
          });
      });
    });
    expect(received).toBe('first second');
  });

  test('becomes a connection both ways after an upgrade', async () => {
    const socket = await connect('atlantis.example.com');
    socket.write('GET /ws HTTP/1.1\r\nHost: atlantis.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    const received = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (chunk) => {
        if (text === '') socket.write('ping');
        text += chunk;
        if (text.endsWith('ping')) resolve(text);
      });
    });
    expect(received).toMatch(/^HTTP\/1.1 101 .*\r\n\r\nping$/s);
    socket.destroy();
  });
});

describe('the first bytes of a connection', () => {
  async function hello(servername?: string): Promise<Buffer> {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    const client = tls.connect({ host: '127.0.0.1', port, servername });
    client.on('error', () => {});
    const bytes = await new Promise<Buffer>((resolve) => server.once('connection', (socket) => socket.once('data', resolve)));
    client.destroy();
    server.close();
    return bytes;
  }

  test('name the server that a client asks for', async () => {
    expect(readClientHello(await hello('Atlantis.example.com'))).toEqual({ serverName: 'atlantis.example.com' });
  });

  test('may name none', async () => {
    expect(readClientHello(await hello(''))).toEqual({});
  });

  test('are incomplete until the last one is there', async () => {
    const bytes = await hello('atlantis.example.com');
    const lengths = [...Array(bytes.length).keys()];
    expect(new Set(lengths.map((length) => readClientHello(bytes.subarray(0, length))))).toEqual(new Set(['incomplete']));
  });

  test('may not be TLS at all', () => {
    expect(readClientHello(Buffer.from('GET / HTTP/1.1'))).toBe('not TLS');
  });
});

describe('a security policy', () => {
  test.each([
    ['ELBSecurityPolicy-TLS13-1-3-2021-06', 'TLSv1.3', 'TLSv1.3'],
    ['ELBSecurityPolicy-TLS13-1-2-2021-06', 'TLSv1.2', 'TLSv1.3'],
    ['ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09', 'TLSv1.2', 'TLSv1.3'],
    ['ELBSecurityPolicy-TLS13-1-1-2021-06', 'TLSv1.1', 'TLSv1.3'],
    ['ELBSecurityPolicy-TLS13-1-0-2021-06', 'TLSv1', 'TLSv1.3'],
    ['ELBSecurityPolicy-FS-1-2-Res-2020-10', 'TLSv1.2', 'TLSv1.2'],
    ['ELBSecurityPolicy-TLS-1-2-Ext-2018-06', 'TLSv1.2', 'TLSv1.2'],
    ['ELBSecurityPolicy-TLS-1-1-2017-01', 'TLSv1.1', 'TLSv1.2'],
    ['ELBSecurityPolicy-2016-08', 'TLSv1', 'TLSv1.2'],
  ])('%s allows %s to %s', (policy, minVersion, maxVersion) => {
    expect(versionsOf(policy)).toEqual({ minVersion, maxVersion });
  });

  test('that is unknown is refused', () => {
    expect(() => versionsOf('ELBSecurityPolicy-2099-01')).toThrow(
      "the listener's security policy ELBSecurityPolicy-2099-01 is not known here",
    );
  });
});
