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
    if (Token.isUnresolved(cidr) || isIpv4Cidr(cidr)) continue;
    problems.add(scope, property, `got "${cidr}"; give an IPv4 range in CIDR form, such as 203.0.113.0/24`);
  }
}

function isIpv4Cidr(text: string): boolean {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (!parts) return false;
  const numbers = parts.slice(1).map(Number);
  return numbers.slice(0, 4).every((byte) => byte <= 255) && numbers[4] <= 32;
}
