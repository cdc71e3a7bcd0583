import type { SecureVersion } from 'node:tls';
import { Failure } from './progress';

export interface Versions {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
}

/**
 * The TLS versions of a listener's security policy. Its ciphers are not emulated.
 *
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 */
export function versionsOf(policy: string): Versions {
  const tls13 = /^ELBSecurityPolicy-TLS13-1-([0-3])-/.exec(policy);
  if (tls13) return { minVersion: (['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const)[Number(tls13[1])], maxVersion: 'TLSv1.3' };
  const tls12 = /^ELBSecurityPolicy-(?:TLS|FS)-1-([12])-/.exec(policy);
  if (tls12) return { minVersion: tls12[1] === '1' ? 'TLSv1.1' : 'TLSv1.2', maxVersion: 'TLSv1.2' };
  if (/^ELBSecurityPolicy-(2016-08|FS-2018-06|TLS-1-0-2015-04)$/.test(policy)) return { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' };
  throw new Failure(`the listener's security policy ${policy} is not known here`);
}
