import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { call } from './calls';
import { IMAGE_TAG, IN_USE, IN_USE_TAG } from './image-tags';
import { chooseCandidate } from './promotion-candidate';
import type { PromotedParameters } from './promotion-config';

/** On the versions of launch templates that a promotion made; the others are somebody else's. */
export const versionDescription = (name: string): string => `Promoted image of ${name}`;

const imageId = '$.imageId';

/** Finds the image that is asked for, or the candidate, and makes sure that it is one of this pipeline that can be started. */
export function chooseImage(scope: Construct, parameters: PromotedParameters, then: sfn.IChainable): sfn.IChainable {
  const { name } = parameters;
  const find = call(scope, 'FindImage', {
    service: 'ec2',
    action: 'describeImages',
    parameters: {
      ImageIds: sfn.JsonPath.array(sfn.JsonPath.stringAt(imageId)),
      Owners: ['self'],
      Filters: [
        { Name: 'state', Values: ['available'] },
        { Name: `tag:${IMAGE_TAG}`, Values: [name] },
      ],
    },
    answer: { select: { 'images.$': '$.Images[*].ImageId' }, at: '$.found' },
  });
  const noImage = new sfn.Fail(scope, 'NoSuchImage', {
    error: 'NoSuchImage',
    cause: `The image is not an available one of ${name} in this account and region`,
  });
  find.addCatch(noImage);
  find.next(new sfn.Choice(scope, 'Found?').when(sfn.Condition.isPresent('$.found.images[0]'), then).otherwise(noImage));
  const given = new sfn.Choice(scope, 'Given?');
  return given.when(sfn.Condition.isPresent(imageId), find).otherwise(chooseCandidate(scope, parameters, find));
}

/** Puts the image to use: first the tag that keeps it, then what names it. */
export function putToUse(
  scope: Construct,
  { name, promotedParameterName }: PromotedParameters,
  launchTemplateIds: readonly string[],
): sfn.Chain {
  const tag = call(scope, 'TagAsInUse', {
    service: 'ec2',
    action: 'createTags',
    parameters: { Resources: sfn.JsonPath.array(sfn.JsonPath.stringAt(imageId)), Tags: [{ Key: IN_USE_TAG, Value: IN_USE }] },
  });
  const versions = launchTemplateIds.flatMap((LaunchTemplateId, i) => [
    call(scope, `CreateVersion${i}`, {
      service: 'ec2',
      action: 'createLaunchTemplateVersion',
      parameters: {
        LaunchTemplateId,
        SourceVersion: '$Latest',
        VersionDescription: versionDescription(name),
        LaunchTemplateData: { ImageId: sfn.JsonPath.stringAt(imageId) },
      },
      answer: { select: { 'number.$': "States.Format('{}', $.LaunchTemplateVersion.VersionNumber)" }, at: '$.version' },
    }),
    call(scope, `SetDefault${i}`, {
      service: 'ec2',
      action: 'modifyLaunchTemplate',
      parameters: { LaunchTemplateId, DefaultVersion: sfn.JsonPath.stringAt('$.version.number') },
    }),
  ]);
  const write = call(scope, 'WriteParameter', {
    service: 'ssm',
    action: 'putParameter',
    parameters: {
      Name: promotedParameterName,
      Value: sfn.JsonPath.stringAt(imageId),
      Type: 'String',
      DataType: 'aws:ec2:image',
      Overwrite: true,
    },
    answer: { select: { 'version.$': '$.Version' }, at: '$.promoted' },
  });
  return [...versions, write].reduce((chain, step) => chain.next(step), sfn.Chain.start(tag));
}
