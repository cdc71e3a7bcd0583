import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { IMAGE_TAG, IN_USE_TAG } from './image-tags';
import type { PromotedParameters } from './promotion-config';

export function promotionPermissions(
  scope: Construct,
  { name, candidateParameterName, promotedParameterName, imagePrefix }: PromotedParameters,
  launchTemplateIds: readonly string[],
): iam.PolicyStatement[] {
  const stack = Stack.of(scope);
  const parameter = (path: string) => stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: path.slice(1) });
  return [
    new iam.PolicyStatement({
      sid: 'ReadParameters',
      actions: ['ssm:GetParameter'],
      resources: [parameter(candidateParameterName), parameter(promotedParameterName)],
    }),
    new iam.PolicyStatement({
      sid: 'WriteThePromotedParameter',
      actions: ['ssm:PutParameter'],
      resources: [parameter(promotedParameterName)],
    }),
    // they have no resource-level permission
    new iam.PolicyStatement({
      sid: 'FindImagesAndWhoUsesThem',
      actions: ['ec2:DescribeImages', 'ec2:DescribeInstances', 'ec2:DescribeLaunchTemplateVersions'],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      sid: 'SayWhatIsInUse',
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [`arn:${stack.partition}:ec2:${stack.region}::image/*`],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${IMAGE_TAG}`]: name },
        'ForAllValues:StringEquals': { 'aws:TagKeys': [IN_USE_TAG] },
        // without it the condition before would hold of a request that names no tag, and so of all of them
        Null: { 'aws:TagKeys': 'false' },
      },
    }),
    ...templates(stack, launchTemplateIds),
    ...builds(imagePrefix),
  ];
}

function templates(stack: Stack, ids: readonly string[]): iam.PolicyStatement[] {
  if (ids.length === 0) return [];
  return [
    new iam.PolicyStatement({
      sid: 'ReplaceImagesOfTemplates',
      actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:DeleteLaunchTemplateVersions', 'ec2:ModifyLaunchTemplate'],
      resources: ids.map((id) => stack.formatArn({ service: 'ec2', resource: 'launch-template', resourceName: id })),
    }),
  ];
}

function builds(imagePrefix: string | undefined): iam.PolicyStatement[] {
  if (!imagePrefix) return [];
  return [new iam.PolicyStatement({ sid: 'ReadBuilds', actions: ['imagebuilder:GetImage'], resources: [`${imagePrefix}*`] })];
}
