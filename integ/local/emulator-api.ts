import * as http from 'node:http';

/** An element of an AWS answer in XML. */
export interface Element {
  readonly name: string;
  readonly text: string;
  readonly children: Element[];
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    return decimal ? String.fromCodePoint(Number(decimal)) : (ENTITIES[name] ?? whole);
  });
}

/** Reads the XML of AWS's query and REST answers, which has no mixed content and no attributes of interest. */
export function parseXml(xml: string): Element {
  const root = { name: '', text: '', children: [] as Element[] };
  const open = [root];
  for (const [, closing, name, empty, text] of xml.matchAll(/<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g)) {
    const top = open[open.length - 1];
    if (text !== undefined) top.text += unescaped(text.trim());
    else if (closing) open.pop();
    else {
      const element = { name, text: '', children: [] as Element[] };
      top.children.push(element);
      if (!empty) open.push(element);
    }
  }
  return root;
}

/** The elements at a path, through all elements of its names. */
export function all(element: Element, path: string): Element[] {
  return path
    .split('/')
    .reduce((found, name) => found.flatMap(({ children }) => children.filter((child) => child.name === name)), [element]);
}

export function text(element: Element, path: string): string {
  return all(element, path)[0]?.text ?? '';
}

export class EmulatorError extends Error {}

/**
 * Calls the emulated AWS, which checks no signatures but reads the service and the region from the authorization header.
 * Three of AWS's protocols, for what the local cloud itself asks for.
 */
export class EmulatorApi {
  constructor(
    private readonly port: number,
    readonly region = 'us-east-1',
  ) {}

  /** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html */
  async query(service: string, version: string, action: string, parameters: Record<string, string> = {}): Promise<Element> {
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
    const answer = await this.send(service, 'POST', '/', { 'content-type': 'application/x-www-form-urlencoded' }, body);
    return all(parseXml(answer), `${action}Response/${action}Result`)[0];
  }

  /** A JSON protocol: the target is the service's prefix and the action, such as `CertificateManager.ListCertificates`. */
  async json<T>(service: string, target: string, parameters: object = {}): Promise<T> {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
    return JSON.parse(await this.send(service, 'POST', '/', headers, JSON.stringify(parameters))) as T;
  }

  /** A REST protocol that answers in XML. */
  async get(service: string, path: string): Promise<Element> {
    return parseXml(await this.send(service, 'GET', path, {}));
  }

  private send(service: string, method: string, path: string, headers: Record<string, string>, body = ''): Promise<string> {
    const scope = `Credential=test/20200101/${this.region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`;
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path, headers: { ...headers, authorization }, agent: false };
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(answer);
          else reject(new EmulatorError(`${service} answered ${response.statusCode}: ${answer}`));
        });
      });
      request.on('error', reject);
      request.end(body);
    });
  }
}
