import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Problems } from './problems';

/** The load balancer has IPv4 addresses only, so an IPv6 range would open nothing. */
export function checkCidrs(scope: IConstruct, property: string, cidrs: readonly string[], problems: Problems): void {
  if (Token.isUnresolved(cidrs)) {
    problems.add(scope, property, 'got a list that only the deployment knows, and each range makes a rule at synth; write the ranges out');
    return;
  }
  if (cidrs.length === 0) problems.add(scope, property, 'got no range; give at least one, such as 203.0.113.0/24');
  for (const cidr of cidrs) {
    if (Token.isUnresolved(cidr)) continue;
    const range = rangeOf(cidr);
    if (range === undefined) problems.add(scope, property, `got "${cidr}"; give an IPv4 range in CIDR form, such as 203.0.113.0/24`);
    else if (range !== cidr) problems.add(scope, property, `got "${cidr}", which is one address in the range ${range}; give the range`);
  }
}

/** The range that a text in CIDR form is in, with nothing set behind its prefix; undefined when the text is no such form. */
function rangeOf(text: string): string | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!parts) return undefined;
  const [prefix, ...bytes] = [Number(parts[5]), ...parts.slice(1, 5).map(Number)];
  if (prefix > 32 || bytes.some((byte) => byte > 255)) return undefined;
  const kept = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * i))) & 0xff);
  return `${kept.join('.')}/${prefix}`;
}
