import { Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { call } from './calls';
import type { ImageArns } from './image-arns';
import { machineRole } from './machine-role';

/**
 * Starts the pipeline once a deployment has ended well, if there is no image of this version of the recipe. A resource of the stack would be
 * built while the deployment goes on, and would be undone with it; so it is the deployment's own event that starts the build.
 */
export class BuildAfterDeploy extends Construct {
  constructor(scope: Construct, id: string, name: string, recipeVersion: string, arns: ImageArns) {
    super(scope, id);
    const version = arns.version(recipeVersion);
    const role = machineRole(this, 'Role', `Builds the image ${name} after deployments`, [
      new iam.PolicyStatement({ sid: 'SeeWhatIsBuilt', actions: ['imagebuilder:ListImageBuildVersions'], resources: [`${version}/*`] }),
      new iam.PolicyStatement({ sid: 'Build', actions: ['imagebuilder:StartImagePipelineExecution'], resources: [arns.pipeline] }),
    ]);
    const machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Builds the image ${name} unless this version of its recipe was built`,
      role: role.withoutPolicyUpdates(),
      definitionBody: sfn.DefinitionBody.fromChainable(buildOnce(this, version, arns)),
    });
    new events.Rule(this, 'Deployed', {
      description: `Builds the image ${name} after deployments`,
      eventPattern: {
        source: ['aws.cloudformation'],
        detailType: ['CloudFormation Stack Status Change'],
        detail: { 'stack-id': [outermost(this).stackId], 'status-details': { status: ['CREATE_COMPLETE', 'UPDATE_COMPLETE'] } },
      },
      targets: [new targets.SfnStateMachine(machine, { input: events.RuleTargetInput.fromObject({}) })],
    });
  }
}

/** A nested stack has ended well before it is known whether the others do. */
function outermost(scope: Construct): Stack {
  let stack = Stack.of(scope);
  while (stack.nestedStackParent) stack = stack.nestedStackParent;
  return stack;
}

function buildOnce(scope: Construct, imageVersionArn: string, arns: ImageArns): sfn.IChainable {
  const list = call(scope, 'ListBuilds', {
    service: 'imagebuilder',
    action: 'listImageBuildVersions',
    parameters: { ImageVersionArn: imageVersionArn },
    answer: { select: { 'images.$': '$.ImageSummaryList[*].Arn' }, at: '$.built' },
  });
  const start = call(scope, 'StartPipeline', {
    service: 'imagebuilder',
    action: 'startImagePipelineExecution',
    parameters: { ImagePipelineArn: arns.pipeline, ClientToken: sfn.JsonPath.uuid() },
  });
  return list.next(
    new sfn.Choice(scope, 'Built?')
      .when(sfn.Condition.isPresent('$.built.images[0]'), new sfn.Succeed(scope, 'AlreadyBuilt'))
      .otherwise(start),
  );
}
