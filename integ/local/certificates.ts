import * as fs from 'node:fs';
import * as path from 'node:path';
import { command } from './setup/command';

export interface KeyPair {
  readonly key: Buffer;
  readonly cert: Buffer;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-config', '/dev/null'];

/** A certificate authority of one run. It stands in for ACM: a client that trusts it accepts what the deployed certificate is good for. */
export class CertificateAuthority {
  private readonly issued = new Map<string, Promise<KeyPair>>();

  private constructor(private readonly directory: string) {}

  static async make(directory: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(directory);
    await authority.sign('ca', 'cdk-atlantis local cloud', ['-signkey', authority.file('ca.key')], {
      basicConstraints: 'critical,CA:TRUE',
      keyUsage: 'critical,keyCertSign',
    });
    return authority;
  }

  /** What a client has to trust. */
  get certificateFile(): string {
    return this.file('ca.pem');
  }

  /** A certificate for exactly these names. */
  issue(names: string[]): Promise<KeyPair> {
    const of = names.join(',');
    const issued = this.issued.get(of) ?? this.make(names, `leaf-${this.issued.size}`);
    this.issued.set(of, issued);
    return issued;
  }

  private file(name: string): string {
    return path.join(this.directory, name);
  }

  private async make(names: string[], name: string): Promise<KeyPair> {
    await this.sign(name, 'deployed certificate', ['-CA', this.certificateFile, '-CAkey', this.file('ca.key'), '-CAcreateserial'], {
      basicConstraints: 'critical,CA:FALSE',
      extendedKeyUsage: 'serverAuth',
      subjectAltName: names.map((dns) => `DNS:${dns}`).join(','),
    });
    return { key: fs.readFileSync(this.file(`${name}.key`)), cert: fs.readFileSync(this.file(`${name}.pem`)) };
  }

  private async sign(name: string, commonName: string, signer: string[], extensions: Record<string, string>): Promise<void> {
    const request = this.file(`${name}.csr`);
    const extensionFile = this.file(`${name}.ext`);
    const lines = Object.entries(extensions).map(([key, value]) => `${key}=${value}`);
    fs.writeFileSync(extensionFile, `${lines.join('\n')}\n`);
    await command('openssl', ['req', '-new', ...KEY, '-subj', `/CN=${commonName}`, '-keyout', this.file(`${name}.key`), '-out', request]);
    await command('openssl', [
      ...['x509', '-req', '-sha256', '-days', '30', '-in', request, '-extfile', extensionFile, '-out', this.file(`${name}.pem`)],
      ...signer,
    ]);
  }
}
