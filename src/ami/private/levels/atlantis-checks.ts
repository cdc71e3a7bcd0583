import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { checkRepoAllowlist } from '../../../server/private/repo-allowlist';
import { checkSettings } from '../../../server/private/settings-flags';
import type { Problems } from '../../../validation/problems';
import type { AtlantisLevelOptions } from '../../atlantis-level-options';
import type { TargetRole } from '../../target-role';

const URL = /^https?:\/\/[^/\s]+(\/\S*)?$/;

const TARGET_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** What can be checked of each option by itself. */
export function checkOptions(scope: Construct, options: AtlantisLevelOptions, problems: Problems): void {
  const { vcs = [], repoAllowlist, url, port, sha256 } = options;
  if (sha256 !== undefined && !Token.isUnresolved(sha256) && !/^[0-9a-f]{64}$/.test(sha256)) {
    problems.add(scope, 'atlantis.sha256', `got "${sha256}"; give the 64 hexadecimal digits of the zip file, in small letters`);
  }
  vcs.forEach((provider, i) => {
    provider._validate(scope, `atlantis.vcs[${i}]`, problems);
    if (vcs.findIndex((other) => other._forge === provider._forge) === i) return;
    problems.add(scope, `atlantis.vcs[${i}]`, `got ${provider._forge} twice; one server knows one ${provider._forge}: make a second image`);
  });
  if (repoAllowlist) {
    checkRepoAllowlist(
      scope,
      repoAllowlist,
      vcs.map(({ _host }) => _host),
      problems,
    );
  }
  if (url !== undefined && !Token.isUnresolved(url) && !URL.test(url)) {
    problems.add(scope, 'atlantis.url', `got "${url}"; give an address with its scheme, such as https://atlantis.example.com`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1024 && port <= 65_535)) {
    const got = Token.isUnresolved(port) ? 'a number that only the deployment knows' : String(port);
    problems.add(scope, 'atlantis.port', `got ${got}; give one from 1024 to 65535, as those below need rights that a plan would have too`);
  }
  checkSettings(scope, options.settings ?? {}, problems);
  options.dataVolume?._validate(scope, 'atlantis.dataVolume', problems);
  checkTargetRoles(scope, options.targetRoles ?? [], problems);
}

function checkTargetRoles(scope: Construct, roles: readonly TargetRole[], problems: Problems): void {
  roles.forEach(({ name }, i) => {
    const property = `atlantis.targetRoles[${i}]`;
    if (Token.isUnresolved(name) || !TARGET_NAME.test(name) || name === 'default') {
      problems.add(scope, `${property}.name`, `got "${name}"; give 64 letters, digits, _ and - at most, and not "default"`);
    }
    if (roles.findIndex((other) => other.name === name) < i) {
      problems.add(scope, `${property}.name`, `got "${name}" twice; give each role a name of its own`);
    }
  });
  const defaults = roles.filter(({ isDefault }) => isDefault);
  if (defaults.length > 1) {
    const names = defaults.map(({ name }) => name).join(' and ');
    problems.add(scope, 'atlantis.targetRoles', `got ${names} as the default; let one role be it`);
  }
}
