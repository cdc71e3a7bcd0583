import { Fn } from 'aws-cdk-lib';
import type { SecretFlag } from '../../../server/private/provider-config';
import { mergeFlags, type ServerFlags } from '../../../server/private/server-flags';
import { settingsToFlags } from '../../../server/private/settings-flags';
import { RepoConfig } from '../../../server/repo-config';
import type { AtlantisLevelOptions } from '../../atlantis-level-options';
import type { TargetRole } from '../../target-role';
import type { SecretSource, SecretSourceConfig } from '../secret-source';
import { NUMBERS, SWITCHES } from './atlantis-flags';

export const SERVER_PORT = 4141;

/** What the options set, `extraSettings` and providers left out. */
export function optionFlags(options: AtlantisLevelOptions): ServerFlags {
  const { extraSettings = {}, repoAllowlist, url } = options;
  const repositories = extraSettings['repo-config'] === undefined && extraSettings['repo-config-json'] === undefined;
  return mergeFlags(
    { 'data-dir': '/opt/atlantis/data', port: `${options.port ?? SERVER_PORT}` },
    url === undefined ? {} : { 'atlantis-url': url },
    repoAllowlist === undefined ? {} : { 'repo-allowlist': Fn.join(',', repoAllowlist) },
    settings(options),
    options.repoConfig || repositories ? (options.repoConfig ?? RepoConfig.lockedDown())._bind() : {},
  );
}

/** How much memory the instance will have is not known when the image is made, so the pool's size is Atlantis's own unless one is given. */
function settings({ settings: given = {} }: AtlantisLevelOptions): ServerFlags {
  const { 'parallel-pool-size': size, ...flags } = settingsToFlags(given, 0);
  return given.parallelPoolSize === undefined ? flags : { ...flags, 'parallel-pool-size': size };
}

/** The file that the server is started with. JSON's texts are YAML's. */
export function renderConfig(flags: ServerFlags): string {
  const bare = new Set([...NUMBERS, ...SWITCHES]);
  const lines = Object.entries(flags).map(([flag, value]) => `${flag}: ${bare.has(flag) ? value : JSON.stringify(value)}\n`);
  return `# Minimal settings of Atlantis. Secrets come when it is started, and what comes then replaces what is here.\n${lines.join('')}`;
}

/** The providers' secrets, each named once with all of its keys. */
export function providerSources(flags: readonly SecretFlag[]): SecretSourceConfig[] {
  return [...new Set(flags.map(({ label }) => label))].map((label) => {
    const own = flags.filter((flag) => flag.label === label);
    const { secret } = own[0];
    const keys = own.map(({ key, flag, form }) => ({ key, flag, form }));
    const source: SecretSource = { kind: 'secret', label, id: secret.secretArn, region: secret.env.region, keys };
    return { source, flags: keys.map(({ flag }) => flag), grantRead: (grantee) => secret.grantRead(grantee) };
  });
}

export interface CertificateSources {
  readonly port: number;
  readonly certificate: SecretSource;
  readonly key: SecretSource;
}

export function renderSecrets(sources: readonly SecretSource[], tls?: CertificateSources): string {
  return `${JSON.stringify({ sources, tls }, undefined, 1)}\n`;
}

export function renderTargets(roles: readonly TargetRole[]): string {
  const targets = roles.map(({ name, role: { roleArn }, externalId, isDefault }) => [name, { roleArn, externalId, default: isDefault }]);
  return `${JSON.stringify(Object.fromEntries(targets), undefined, 1)}\n`;
}
