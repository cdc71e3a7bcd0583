import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type * as http from 'node:http';
import * as https from 'node:https';
import { CertificateAuthority } from '../certificates';
import { Failure, note } from '../progress';
import { published, type Release } from './released';

/** What GitHub sends those to who ask it for a file of a release. */
const GITHUB_FILES = 'release-assets.githubusercontent.com';
const NAMES = ['github.com', GITHUB_FILES, 'releases.hashicorp.com'];
const PORT = 443;

/**
 * Stands for the publishers of the programs that an image gets: their addresses and their lists of checksums, over TLS. What it gives are the
 * real programs where they can be had here.
 */
export class Publisher {
  /** The paths that were asked for, each with the name of its host. */
  readonly asked: string[] = [];
  private readonly flipped = new Map<string, Buffer>();

  /** Starts it on an address of its own of this machine's loopback, at the port that addresses without one mean. */
  static async start(directory: string, releases: Release[]): Promise<Publisher> {
    mkdirSync(directory, { recursive: true });
    const { files, standIns } = await published(releases);
    for (const { program, version } of standIns) note(`${program} ${version} could not be had here: a stand-in is published`);
    const authority = await CertificateAuthority.make(directory);
    const server = https.createServer(await authority.issue(NAMES));
    const address = `127.77.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(PORT, address, resolve)).catch((problem) => {
      throw new Failure(`The publishers' stand-in needs port ${PORT} of ${address}: ${problem.message}`);
    });
    return new Publisher(server, address, authority.certificateFile, files, standIns);
  }

  private constructor(
    private readonly server: https.Server,
    readonly address: string,
    /** What downloads have to trust. */
    readonly certificateFile: string,
    private readonly files: Map<string, Buffer>,
    readonly standIns: Release[],
  ) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  /** The address of each publisher, by its name. */
  get hosts(): Record<string, string> {
    return Object.fromEntries(NAMES.map((name) => [name, this.address]));
  }

  /** The options of the executors by which downloads come here. */
  get options(): string[] {
    return [...NAMES.flatMap((name) => ['--host', `${name}=${this.address}`]), '--trust', this.certificateFile];
  }

  /** The addresses of what is published, without `https://`. */
  get addresses(): string[] {
    return [...this.files.keys()];
  }

  /** Publishes one file with one byte changed, as something on the way might; the list of its checksums stays. */
  flip(address: string): void {
    const content = this.files.get(address);
    if (!content) throw new Failure(`Nothing is published at ${address}.`);
    const changed = Buffer.from(content);
    const middle = Math.floor(changed.length / 2);
    changed[middle] ^= 1;
    this.flipped.set(address, changed);
  }

  /** Publishes everything as it is again. */
  mend(): void {
    this.flipped.clear();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const path = `${host}${request.url}`;
    this.asked.push(path);
    const address = host === GITHUB_FILES ? path.replace(GITHUB_FILES, 'github.com') : path;
    const content = this.flipped.get(address) ?? this.files.get(address);
    if (!content) {
      response.writeHead(404).end('not published\n');
    } else if (host === 'github.com') {
      response.writeHead(302, { location: `https://${GITHUB_FILES}${request.url}` }).end();
    } else {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': content.length }).end(content);
    }
  }
}
