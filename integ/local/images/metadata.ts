import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import type * as net from 'node:net';
import type { Forward } from './machine';

export interface InstanceIdentity {
  readonly region: string;
  readonly accountId: string;
  readonly instanceId: string;
  /** The name of the role that the instance has. */
  readonly role: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken: string };
}

const HOUR = 3_600_000;

/** Stands for the metadata of an instance that requires a session token (IMDSv2): whoever can reach it gets the role's credentials. */
export class Metadata {
  /** The paths that were answered with something. */
  readonly given: string[] = [];
  private readonly tokens = new Set<string>();

  static async start(identity: InstanceIdentity): Promise<Metadata> {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Metadata(server, identity);
  }

  private constructor(
    private readonly server: http.Server,
    private readonly identity: InstanceIdentity,
  ) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  /** How a machine that boots reaches it, at the addresses that instances have it at. */
  get forwards(): Forward[] {
    const { port: to } = this.server.address() as net.AddressInfo;
    return ['169.254.169.254', 'fd00:ec2::254'].map((address) => ({ address, port: 80, to }));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const path = (request.url ?? '').replace(/\/$/, '');
    if (request.method === 'PUT' && path === '/latest/api/token') {
      const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
      // As AWS does, so that no request that was forwarded by a proxy gets one.
      if (!(seconds >= 1 && seconds <= 21_600) || request.headers['x-forwarded-for']) return void response.writeHead(400).end();
      const token = randomBytes(32).toString('base64');
      this.tokens.add(token);
      return void response.writeHead(200, { 'x-aws-ec2-metadata-token-ttl-seconds': String(seconds) }).end(token);
    }
    if (!this.tokens.has(String(request.headers['x-aws-ec2-metadata-token']))) return void response.writeHead(401).end();
    const found = request.method === 'GET' ? this.values()[path] : undefined;
    if (found === undefined) return void response.writeHead(404).end();
    this.given.push(path);
    response.writeHead(200, { 'content-type': 'text/plain' }).end(found);
  }

  private values(): Record<string, string> {
    const { region, accountId, instanceId, role, credentials } = this.identity;
    const answer = {
      ...{ Code: 'Success', Type: 'AWS-HMAC', LastUpdated: new Date().toISOString() },
      ...{ AccessKeyId: credentials.accessKeyId, SecretAccessKey: credentials.secretAccessKey, Token: credentials.sessionToken },
      Expiration: new Date(Date.now() + 6 * HOUR).toISOString(),
    };
    const data = '/latest/meta-data';
    return {
      [`${data}/iam/security-credentials`]: role,
      [`${data}/iam/security-credentials/${role}`]: JSON.stringify(answer),
      [`${data}/placement/region`]: region,
      [`${data}/placement/availability-zone`]: `${region}a`,
      [`${data}/instance-id`]: instanceId,
      [`${data}/mac`]: '0e:00:00:00:00:01',
      '/latest/dynamic/instance-identity/document': JSON.stringify({ region, accountId, instanceId, architecture: process.arch }),
    };
  }
}
