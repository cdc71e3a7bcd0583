import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import { type ServerSettings, TfDistribution } from '../server-settings';
import type { ServerFlags } from './server-flags';

export function checkSettings(scope: Construct, settings: ServerSettings, problems: Problems): void {
  const { defaultTfVersion: version, parallelPoolSize: pool } = settings;
  if (version !== undefined && !Token.isUnresolved(version) && !/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(version)) {
    problems.add(scope, 'settings.defaultTfVersion', `got "${version}"; give three numbers with dots and no leading v, such as 1.14.9`);
  }
  if (pool !== undefined && !Token.isUnresolved(pool) && !(Number.isInteger(pool) && pool >= 1)) {
    problems.add(scope, 'settings.parallelPoolSize', `got ${pool}; give a whole number from 1 on`);
  }
}

export function settingsToFlags(settings: ServerSettings, poolSize: number): ServerFlags {
  return {
    'parallel-pool-size': `${settings.parallelPoolSize ?? poolSize}`,
    // a page of another site must not read a job's log through the browser of somebody who may
    'websocket-check-origin': 'true',
    ...(settings.defaultTfDistribution ? { 'default-tf-distribution': settings.defaultTfDistribution } : {}),
    ...(settings.defaultTfVersion ? { 'default-tf-version': settings.defaultTfVersion } : {}),
    ...(settings.logLevel ? { 'log-level': settings.logLevel } : {}),
  };
}

/** The command that has to be on the server's PATH. With a version given, Atlantis downloads what is missing. */
export function programOf({ defaultTfVersion, defaultTfDistribution }: ServerSettings): string | undefined {
  if (defaultTfVersion) return undefined;
  return defaultTfDistribution === TfDistribution.OPENTOFU ? 'tofu' : 'terraform';
}
