import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { call } from './calls';
import type { ImageArns } from './image-arns';
import { RECIPE_VERSION_TAG } from './image-tags';
import { machineRole } from './machine-role';

interface BuiltImage {
  readonly name: string;
  readonly recipeVersion: string;
  readonly candidateParameterName: string;
  readonly arns: ImageArns;
}

/**
 * Starts the pipeline once a deployment has ended well, if the newest image is not of this version of the recipe. A resource of the stack would be
 * built while the deployment goes on, and would be undone with it; so it is the deployment's own event that starts the build.
 */
export class BuildAfterDeploy extends Construct {
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, { name, recipeVersion, candidateParameterName, arns }: BuiltImage) {
    super(scope, id);
    const version = arns.version(recipeVersion);
    const role = machineRole(this, 'Role', `Builds the image ${name} after deployments`, [
      new iam.PolicyStatement({ sid: 'SeeWhatIsBuilt', actions: ['imagebuilder:ListImageBuildVersions'], resources: [`${version}/*`] }),
      new iam.PolicyStatement({
        sid: 'SeeTheNewestImage',
        actions: ['ssm:GetParameter'],
        resources: [Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: candidateParameterName.slice(1) })],
      }),
      // it has no resource-level permission
      new iam.PolicyStatement({ sid: 'SeeWhatItIsOf', actions: ['ec2:DescribeImages'], resources: ['*'] }),
      new iam.PolicyStatement({ sid: 'Build', actions: ['imagebuilder:StartImagePipelineExecution'], resources: [arns.pipeline] }),
    ]);
    this.machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Builds the image ${name} unless the newest is of this version of its recipe`,
      role: role.withoutPolicyUpdates(),
      definitionBody: sfn.DefinitionBody.fromChainable(
        buildOnce(this, { imageVersionArn: version, recipeVersion, candidateParameterName, arns }),
      ),
    });
    new events.Rule(this, 'Deployed', {
      description: `Builds the image ${name} after deployments`,
      eventPattern: {
        source: ['aws.cloudformation'],
        detailType: ['CloudFormation Stack Status Change'],
        detail: { 'stack-id': [outermost(this).stackId], 'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] } },
      },
      targets: [new targets.SfnStateMachine(this.machine, { input: events.RuleTargetInput.fromObject({}) })],
    });
  }
}

/** A nested stack has ended well before it is known whether the others do. */
function outermost(scope: Construct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}

interface Parts {
  readonly imageVersionArn: string;
  readonly recipeVersion: string;
  readonly candidateParameterName: string;
  readonly arns: ImageArns;
}

/** What an image is before it ends, well or not. */
const GOING_ON = ['PENDING', 'CREATING', 'BUILDING', 'TESTING', 'DISTRIBUTING', 'INTEGRATING'];

/**
 * The newest image that passed is the candidate: an older one of this version would not do, since a deployment that goes back to this version
 * wants it in use again; and one that failed is none.
 */
function buildOnce(scope: Construct, { imageVersionArn, recipeVersion, candidateParameterName, arns }: Parts): sfn.IChainable {
  const read = call(scope, 'ReadCandidate', {
    service: 'ssm',
    action: 'getParameter',
    parameters: { Name: candidateParameterName },
    answer: { select: { 'imageId.$': '$.Parameter.Value' }, at: '$.candidate' },
  });
  const find = call(scope, 'FindCandidate', {
    service: 'ec2',
    action: 'describeImages',
    parameters: {
      ImageIds: sfn.JsonPath.array(sfn.JsonPath.stringAt('$.candidate.imageId')),
      Filters: [{ Name: `tag:${RECIPE_VERSION_TAG}`, Values: [recipeVersion] }],
    },
    answer: { select: { 'images.$': '$.Images[*].ImageId' }, at: '$.built' },
  });
  const list = call(scope, 'ListBuilds', {
    service: 'imagebuilder',
    action: 'listImageBuildVersions',
    parameters: { ImageVersionArn: imageVersionArn },
    answer: { select: { 'states.$': '$.ImageSummaryList[*].State.Status' }, at: '$.builds' },
  });
  const start = call(scope, 'StartPipeline', {
    service: 'imagebuilder',
    action: 'startImagePipelineExecution',
    parameters: { ImagePipelineArn: arns.pipeline, ClientToken: sfn.JsonPath.uuid() },
  });
  const goingOn = new sfn.Pass(scope, 'IsGoingOn', {
    parameters: Object.fromEntries(GOING_ON.map((state) => [`${state}.$`, `States.ArrayContains($.builds.states, '${state}')`])),
    resultPath: '$.goingOn',
  });
  const any = sfn.Condition.or(...GOING_ON.map((state) => sfn.Condition.booleanEquals(`$.goingOn.${state}`, true)));
  list.next(goingOn).next(new sfn.Choice(scope, 'GoingOn?').when(any, new sfn.Succeed(scope, 'BeingBuilt')).otherwise(start));
  // there is no candidate before the first image, and it may have been deregistered
  for (const asked of [read, find]) asked.addCatch(list, { resultPath: sfn.JsonPath.DISCARD });
  return read
    .next(find)
    .next(
      new sfn.Choice(scope, 'Built?')
        .when(sfn.Condition.isPresent('$.built.images[0]'), new sfn.Succeed(scope, 'AlreadyBuilt'))
        .otherwise(list),
    );
}
