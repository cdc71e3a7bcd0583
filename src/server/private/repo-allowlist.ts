import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';

/** An entry that no repository of a configured forge can match, or that every repository matches, is a mistake. */
export function checkRepoAllowlist(scope: Construct, entries: readonly string[], hosts: readonly string[], problems: Problems): void {
  if (Token.isUnresolved(entries)) return;
  if (entries.length === 0) {
    const host = hosts[0] ?? 'github.com';
    problems.add(scope, 'repoAllowlist', `got no entry, and the server does not start without one; give for example ${host}/acme/*`);
  }
  entries.forEach((entry, i) => {
    if (Token.isUnresolved(entry)) return;
    const wanted = wantedInstead(entry, hosts);
    if (wanted) problems.add(scope, `repoAllowlist[${i}]`, `got "${entry}"; ${wanted}`);
  });
}

/** Where anybody can have a repository. */
const EVERYBODY = ['*', 'github.com/*', 'gitea.com/*'];

function wantedInstead(entry: string, hosts: readonly string[]): string | undefined {
  if (entry.includes('://')) return 'the server does not start with a scheme in it; leave out what stands before the host';
  if (/[,\s]/.test(entry)) return 'give one entry for each repository, without commas or spaces';
  const rule = entry.replace(/^!/, '');
  if (EVERYBODY.includes(rule.toLowerCase())) return 'every repository of everybody would be planned here; name the host and the owner';
  if (/\*./.test(rule))
    return 'the server compares only what follows a * in the middle, so other owners would match; put the only * at the end';
  if (hosts.length === 0 || hosts.some((host) => Token.isUnresolved(host))) return undefined;
  if (hosts.some((host) => rule.toLowerCase().startsWith(`${host.replace(/:\d+$/, '').toLowerCase()}/`))) return undefined;
  return `it matches no repository of the given providers; start it with ${hosts.map((host) => `${host.replace(/:\d+$/, '')}/`).join(' or ')}`;
}
