import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { call } from './calls';
import { IMAGE_TAG, IN_USE, IN_USE_TAG } from './image-tags';
import type { PromotedParameters } from './promotion-config';
import { versionDescription } from './promotion-of-image';

/** Reads the newest versions of the promoted parameter, whose images stay in use. */
export function listKept(
  scope: Construct,
  { promotedParameterName }: PromotedParameters,
  keep: number,
  then: sfn.IChainable,
): sfn.IChainable {
  const newest = '$.promoted.version';
  const window = (id: string, first: string) =>
    new sfn.Pass(scope, id, { parameters: { 'versions.$': `States.ArrayRange(${first}, ${newest}, 1)` }, resultPath: '$.window' });
  const read = new sfn.Map(scope, 'KeptImages', {
    itemsPath: '$.window.versions',
    itemSelector: { 'version.$': '$$.Map.Item.Value' },
    resultPath: '$.kept',
  });
  read.itemProcessor(
    call(scope, 'ReadPromoted', {
      service: 'ssm',
      action: 'getParameter',
      parameters: { Name: sfn.JsonPath.format(`${promotedParameterName}:{}`, sfn.JsonPath.stringAt('$.version')) },
      answer: { select: { 'imageId.$': '$.Parameter.Value' }, at: '$.read' },
      // Systems Manager looks whether there is such an image before it shows the new version, and does not say when
      retry: { interval: Duration.seconds(5), backoffRate: 1, maxAttempts: 24 },
    }).next(new sfn.Pass(scope, 'KeptImage', { inputPath: '$.read.imageId' })),
  );
  read.next(then);
  return new sfn.Choice(scope, 'MoreThanKept?')
    .when(sfn.Condition.numberGreaterThan(newest, keep), window('NewestVersions', `States.MathAdd(${newest}, ${1 - keep})`).next(read))
    .otherwise(window('AllVersions', '1').next(read));
}

/**
 * Takes images out of use that are promoted no longer. Of each, the versions of launch templates that promotions made are deleted first; only
 * when no version of these names the image, whoever made it, and of all other templates neither the newest nor the default one, and there is
 * no machine of it, its tag goes, and with it what keeps it from being deleted.
 */
export function takeOutOfUse(scope: Construct, { name }: PromotedParameters, launchTemplateIds: readonly string[]): sfn.IChainable {
  const find = call(scope, 'FindImagesInUse', {
    service: 'ec2',
    action: 'describeImages',
    parameters: {
      Owners: ['self'],
      Filters: [
        { Name: `tag:${IMAGE_TAG}`, Values: [name] },
        { Name: `tag:${IN_USE_TAG}`, Values: [IN_USE] },
      ],
    },
    answer: { select: { 'images.$': '$.Images[*].ImageId' }, at: '$.inUse' },
  });
  const each = new sfn.Map(scope, 'ImagesInUse', {
    itemsPath: '$.inUse.images',
    itemSelector: { 'imageId.$': '$$.Map.Item.Value', 'kept.$': '$.kept' },
    maxConcurrency: 1,
    resultPath: sfn.JsonPath.DISCARD,
  });
  each.itemProcessor(releaseUnlessKept(scope, name, launchTemplateIds));
  return find.next(each);
}

function releaseUnlessKept(scope: Construct, name: string, launchTemplateIds: readonly string[]): sfn.IChainable {
  const untag = call(scope, 'TagNoLonger', {
    service: 'ec2',
    action: 'deleteTags',
    parameters: { Resources: sfn.JsonPath.array(sfn.JsonPath.stringAt('$.imageId')), Tags: [{ Key: IN_USE_TAG }] },
  });
  const named = new sfn.Pass(scope, 'StaysInUse');
  const release = launchTemplateIds.reduceRight<sfn.IChainable>(
    (then, id, i) => unname(scope, { name, id, i, then, otherwise: named }),
    unlessUsed(scope, named, untag),
  );
  return new sfn.Pass(scope, 'IsKept', {
    parameters: { 'is.$': 'States.ArrayContains($.kept, $.imageId)' },
    resultPath: '$.kept',
  }).next(new sfn.Choice(scope, 'Kept?').when(sfn.Condition.booleanEquals('$.kept.is', true), named).otherwise(release));
}

/** Whoever started a machine from the image, or wrote it into a launch template, as CloudFormation does with an id that it looked up. */
function unlessUsed(scope: Construct, used: sfn.IChainable, unused: sfn.IChainable): sfn.IChainable {
  const image = { Name: 'image-id', Values: sfn.JsonPath.array(sfn.JsonPath.stringAt('$.imageId')) };
  const states = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const templates = pages(scope, 'Templates', {
    action: 'describeLaunchTemplateVersions',
    parameters: { Versions: ['$Latest', '$Default'], Filters: [image] },
    first: 'LaunchTemplateVersions[0]',
    found: used,
    none: unused,
  });
  return pages(scope, 'Machines', {
    action: 'describeInstances',
    parameters: { Filters: [image, states] },
    first: 'Reservations[0]',
    found: used,
    none: templates,
  });
}

interface Pages {
  readonly action: string;
  readonly parameters: { readonly [name: string]: unknown };
  readonly first: string;
  readonly found: sfn.IChainable;
  readonly none: sfn.IChainable;
}

/** Looks for one at least. A page may have none and yet be followed by others; few are asked for, as a state holds little. */
function pages(scope: Construct, what: string, { action, parameters, first, found, none }: Pages): sfn.IChainable {
  const page = (id: string, from: { readonly NextToken?: string }) =>
    call(scope, id, { service: 'ec2', action, parameters: { ...parameters, MaxResults: 5, ...from }, answer: { at: '$.using' } });
  const more = page(`FindMore${what}`, { NextToken: sfn.JsonPath.stringAt('$.using.NextToken') });
  const choice = new sfn.Choice(scope, `Used${what}?`)
    .when(sfn.Condition.isPresent(`$.using.${first}`), found)
    .when(sfn.Condition.isPresent('$.using.NextToken'), more)
    .otherwise(none);
  more.next(choice);
  return page(`Find${what}`, {}).next(choice);
}

interface Unnaming {
  readonly name: string;
  /** The launch template. */
  readonly id: string;
  readonly i: number;
  readonly then: sfn.IChainable;
  readonly otherwise: sfn.IChainable;
}

function unname(scope: Construct, { name, id, i, then, otherwise }: Unnaming): sfn.IChainable {
  const versions = (stepId: string) =>
    call(scope, stepId, {
      service: 'ec2',
      action: 'describeLaunchTemplateVersions',
      parameters: {
        LaunchTemplateId: id,
        Filters: [{ Name: 'image-id', Values: sfn.JsonPath.array(sfn.JsonPath.stringAt('$.imageId')) }],
      },
      answer: { select: { 'versions.$': '$.LaunchTemplateVersions' }, at: '$.naming' },
    });
  const each = new sfn.Map(scope, `Versions${i}`, {
    itemsPath: '$.naming.versions',
    itemSelector: { 'version.$': '$$.Map.Item.Value' },
    maxConcurrency: 1,
    resultPath: sfn.JsonPath.DISCARD,
  });
  const remove = call(scope, `DeleteVersion${i}`, {
    service: 'ec2',
    action: 'deleteLaunchTemplateVersions',
    parameters: {
      LaunchTemplateId: id,
      Versions: sfn.JsonPath.array(sfn.JsonPath.format('{}', sfn.JsonPath.stringAt('$.version.VersionNumber'))),
    },
  });
  const described = '$.version.VersionDescription';
  const ours = sfn.Condition.and(sfn.Condition.isPresent(described), sfn.Condition.stringEquals(described, versionDescription(name)));
  each.itemProcessor(new sfn.Choice(scope, `Ours${i}?`).when(ours, remove).otherwise(new sfn.Pass(scope, `OfSomebodyElse${i}`)));
  const left = new sfn.Choice(scope, `Named${i}?`).when(sfn.Condition.isPresent('$.naming.versions[0]'), otherwise).otherwise(then);
  return versions(`FindVersions${i}`)
    .next(each)
    .next(versions(`FindVersionsLeft${i}`))
    .next(left);
}
