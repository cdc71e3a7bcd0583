import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds for which a code is shown. */
const STEP = 30;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function fromBase32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')].map((char) => ALPHABET.indexOf(char).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** What a person has on their phone: codes of a secret, each of which is good for one use (RFC 6238). */
export class Authenticator {
  private last = -1;

  constructor(private readonly secret: string) {}

  /** Two codes in a row that are over, so that the present one is still unused. */
  public pair(): [string, string] {
    this.last = this.now() - 1;
    return [this.codeOf(this.last - 1), this.codeOf(this.last)];
  }

  /** A code that was not used yet: AWS takes one that is a step ahead, so this waits for half a minute at most. */
  public async code(): Promise<string> {
    while (this.last > this.now()) await sleep(250);
    this.last = Math.max(this.last + 1, this.now());
    return this.codeOf(this.last);
  }

  /** The code of a step since 1970. */
  public codeOf(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac('sha1', fromBase32(this.secret)).update(counter).digest();
    return String((digest.readUInt32BE(digest[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }

  private now(): number {
    return Math.floor(Date.now() / 1000 / STEP);
  }
}
