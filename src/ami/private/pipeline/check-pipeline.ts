import { Token } from 'aws-cdk-lib';
import type { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import type { ImageVolumes } from '../../image-volumes';
import { checkBuilder } from './check-builder';
import { checkBuilds } from './check-builds';
import { checkDistribution } from './check-distribution';
import type { PipelineChoices } from './pipeline-config';

export function checkPipeline(scope: Construct, choices: PipelineChoices, architecture: InstanceArchitecture, problems: Problems): void {
  const { builder = {}, builds, scan, distribution = [], promotion, lifecycle, volumes = {}, notifications } = choices;
  checkBuilder(scope, builder, architecture, problems);
  if (builds) checkBuilds(scope, builds, problems);
  checkVolumes(scope, volumes, problems);
  checkDistribution(scope, distribution, volumes.key, problems);
  checkOwners(scope, choices, problems);
  for (const choice of [scan, promotion, lifecycle, notifications]) choice?._validate(scope, problems);
}

function checkVolumes(scope: Construct, { rootSize, backup }: ImageVolumes, problems: Problems): void {
  const gib = rootSize === undefined || rootSize.isUnresolved() ? 8 : rootSize.toGibibytes({ rounding: 2 });
  if (!Number.isInteger(gib) || gib < 8 || gib > 16384) {
    problems.add(scope, 'volumes.rootSize', `got ${gib} GiB; give whole GiB, from 8 to 16384`);
  }
  backup?._validate(scope, problems);
}

/** A template that both Image Builder and promotions write would start what nobody promoted. */
function checkOwners(scope: Construct, { distribution = [], promotion }: PipelineChoices, problems: Problems): void {
  const promoted = promotion?._bind().launchTemplateIds ?? [];
  const distributed = distribution.flatMap((place) => place._bind().options.launchTemplates ?? []);
  for (const { launchTemplateId } of distributed) {
    if (Token.isUnresolved(launchTemplateId) || !promoted.includes(launchTemplateId)) continue;
    const wanted = 'leave it out of one of them';
    problems.add(scope, 'distribution', `${launchTemplateId} follows each image, but \`promotion\` has it too; ${wanted}`);
  }
}
