import { Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import type { ImageDistribution } from '../../image-distribution';
import { isShared } from './region-config';

export function checkDistribution(
  scope: Construct,
  distribution: readonly ImageDistribution[],
  volumeKey: kms.IKey | undefined,
  problems: Problems,
): void {
  for (const place of distribution) place._validate(scope, problems);
  const home = Stack.of(scope).region;
  const regions = distribution.map((place) => place._bind());
  const seen = new Set<string>();
  for (const { region, options } of regions) {
    const property = `distribution (${region})`;
    if (seen.has(region)) problems.add(scope, property, 'got this region twice; say all of it at one place');
    seen.add(region);
    const key = options.key ?? (region === home ? volumeKey : undefined);
    if (isShared(options) && !key) {
      const wanted = region === home ? 'give `volumes.key`' : 'give `key`, a key of that region';
      problems.add(scope, property, `other accounts cannot read what is encrypted by the key that AWS keeps for EBS; ${wanted}`);
    }
    if (options.key && isElsewhere(options.key, region)) {
      problems.add(
        scope,
        `${property}.key`,
        `got a key of ${options.key.env.region}; keys are for their region only, give one of ${region}`,
      );
    }
  }
  if (regions.length > 0 && Token.isUnresolved(home)) {
    problems.add(scope, 'distribution', "the stack's region is not known, so that it cannot be told from others; give the stack an `env`");
  }
}

function isElsewhere(key: kms.IKey, region: string): boolean {
  return !Token.isUnresolved(key.env.region) && !Token.isUnresolved(region) && key.env.region !== region;
}
