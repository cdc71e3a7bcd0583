const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

/** What the first bytes of a connection say: nothing yet, that it is not TLS, or the server name that is asked for (if any). */
export type FirstBytes = 'incomplete' | 'not TLS' | { readonly serverName?: string };

class TooShort extends Error {}

/** Reads lengths and values one after the other. */
class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  number(size: number): number {
    return this.skip(size).readUIntBE(0, size);
  }

  /** A vector whose length comes first, in so many bytes. */
  vector(size: number): Buffer {
    return this.skip(this.number(size));
  }

  skip(length: number): Buffer {
    this.at += length;
    if (this.at > this.bytes.length) throw new TooShort();
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function serverName(extension: Buffer): string | undefined {
  const names = new Reader(new Reader(extension).vector(2));
  while (names.left > 0) {
    const type = names.number(1);
    const name = names.vector(2);
    if (type === 0) return name.toString('latin1').toLowerCase();
  }
  return undefined;
}

/** Finds the server name in the ClientHello that a TLS connection begins with (RFC 8446 section 4.1.2, RFC 6066 section 3). */
export function readClientHello(bytes: Buffer): FirstBytes {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) return 'not TLS';
  try {
    const record = new Reader(bytes);
    record.skip(3);
    const handshake = new Reader(record.vector(2));
    if (handshake.number(1) !== CLIENT_HELLO) return 'not TLS';
    const hello = new Reader(handshake.vector(3));
    const versionAndRandom = 34;
    hello.skip(versionAndRandom);
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    if (hello.left === 0) return {};
    const extensions = new Reader(hello.vector(2));
    while (extensions.left > 0) {
      const type = extensions.number(2);
      const extension = extensions.vector(2);
      if (type === SERVER_NAME) return { serverName: serverName(extension) };
    }
    return {};
  } catch (problem) {
    if (problem instanceof TooShort) return 'incomplete';
    throw problem;
  }
}
