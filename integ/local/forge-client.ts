import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './progress';

export interface ForgeUser {
  readonly name: string;
  readonly password: string;
}

/** An account of the forge with a token of its own. */
export interface ForgeAccount extends ForgeUser {
  readonly token: string;
}

/** What the forge answered to a request that it did not accept. */
export class ForgeRefusal extends Failure {
  constructor(
    what: string,
    readonly status: number,
    text: string,
  ) {
    super(`the forge answered ${what} with ${status}: ${text.slice(0, 500)}`);
  }
}

/** One account's way to the forge's own API. */
export class ForgeClient {
  private constructor(
    private readonly url: string,
    private readonly authorization: string,
  ) {}

  static withPassword(url: string, { name, password }: ForgeUser): ForgeClient {
    return new ForgeClient(url, `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`);
  }

  static withToken(url: string, token: string): ForgeClient {
    return new ForgeClient(url, `token ${token}`);
  }

  async request<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: this.authorization, 'content-type': 'application/json', accept: 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new ForgeRefusal(`${method} ${path}`, response.status, text);
    }
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

/** Asks again until there is an answer; fails, saying what was waited for, after the given seconds. */
export async function waitFor<T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Failure(`${what} did not come within ${seconds} s`);
    }
    await sleep(250);
  }
}
