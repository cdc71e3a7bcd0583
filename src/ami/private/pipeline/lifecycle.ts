import { Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import { Construct } from 'constructs';
import type { ImageArns } from './image-arns';
import { IN_USE, IN_USE_TAG, RECIPE_VERSION_TAG } from './image-tags';
import type { LifecycleConfig } from './lifecycle-config';

interface LifecycleParts {
  readonly name: string;
  readonly recipeVersion: string;
  readonly arns: ImageArns;
  /** Where the image is. */
  readonly regions: readonly string[];
  readonly permissionsBoundary?: iam.IManagedPolicy;
}

/**
 * Two policies, since Image Builder counts the newest images of each version of a recipe by themselves: with one policy either each former
 * version would keep some for ever, or the current version might keep none.
 */
export class Lifecycle extends Construct {
  constructor(scope: Construct, id: string, parts: LifecycleParts, config: LifecycleConfig) {
    super(scope, id);
    // where nothing is promoted nothing says what is in use
    const promoted = parts.regions.filter((region) => region === Stack.of(this).region || config.regions.includes(region));
    const others = parts.regions.filter((region) => !promoted.includes(region));
    const role = new iam.Role(this, 'Role', {
      description: `Deletes old images of ${parts.name}`,
      assumedBy: new iam.ServicePrincipal('imagebuilder.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      permissionsBoundary: parts.permissionsBoundary,
      inlinePolicies: { Delete: new iam.PolicyDocument({ statements: permissions(this, parts.arns, promoted) }) },
    });
    const { name, recipeVersion } = parts;
    const current = { semanticVersion: recipeVersion, retainAtLeast: config.newest, spared: {} };
    const former = { semanticVersion: 'x.x.x', spared: { [RECIPE_VERSION_TAG]: recipeVersion } };
    for (const [policyId, { semanticVersion, spared, ...kept }] of Object.entries({ Current: current, Former: former })) {
      new imagebuilder.CfnLifecyclePolicy(this, policyId, {
        name: `${name}-${policyId.toLowerCase()}`,
        executionRole: role.roleArn,
        resourceType: 'AMI_IMAGE',
        status: 'ENABLED',
        resourceSelection: { recipes: [{ name, semanticVersion }] },
        policyDetails: [
          {
            action: { type: 'DELETE', includeResources: { amis: true, snapshots: true } },
            filter: { type: 'AGE', value: config.ageInDays, unit: 'DAYS', ...kept },
            exclusionRules: {
              amis: {
                tagMap: { [IN_USE_TAG]: IN_USE, ...spared },
                lastLaunched: { value: config.lastLaunchedInDays, unit: 'DAYS' },
                regions: others.length > 0 ? others : undefined,
                sharedAccounts: config.sharedWith.length > 0 ? [...config.sharedWith] : undefined,
              },
            },
          },
        ],
      });
    }
  }
}

/**
 * What AWS's EC2ImageBuilderLifecycleExecutionPolicy allows for deleting AMIs, in the regions of promotions, and a refusal for what is in use.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/EC2ImageBuilderLifecycleExecutionPolicy.html
 */
function permissions(scope: Construct, arns: ImageArns, regions: readonly string[]): iam.PolicyStatement[] {
  const { partition } = Stack.of(scope);
  const ec2 = (kind: string) => regions.map((region) => `arn:${partition}:ec2:${region}::${kind}/*`);
  const made = { StringEquals: { 'aws:ResourceTag/CreatedBy': 'EC2 Image Builder' } };
  return [
    new iam.PolicyStatement({
      sid: 'DeregisterImages',
      actions: ['ec2:DeregisterImage', 'ec2:DescribeImageAttribute'],
      resources: ec2('image'),
      conditions: made,
    }),
    new iam.PolicyStatement({
      sid: 'NeverThoseInUse',
      effect: iam.Effect.DENY,
      actions: ['ec2:DeregisterImage'],
      resources: [`arn:${partition}:ec2:*::image/*`],
      conditions: { StringEquals: { [`aws:ResourceTag/${IN_USE_TAG}`]: IN_USE } },
    }),
    new iam.PolicyStatement({ sid: 'DeleteSnapshots', actions: ['ec2:DeleteSnapshot'], resources: ec2('snapshot'), conditions: made }),
    new iam.PolicyStatement({ sid: 'DeleteImages', actions: ['imagebuilder:DeleteImage'], resources: [`${arns.prefix}*`] }),
    // they have no resource-level permission
    new iam.PolicyStatement({ sid: 'FindImages', actions: ['ec2:DescribeImages', 'tag:GetResources'], resources: ['*'] }),
  ];
}
