import { Duration, Stack } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { call } from './calls';
import type { ImageArns } from './image-arns';
import { imageBecomes } from './image-events';
import { BUILDER_TAG } from './image-tags';
import { machineRole } from './machine-role';

/**
 * Deletes the data volumes that building and testing left behind. A data volume outlives its machine, as it must where the image is used; but
 * the machines of Image Builder are started with the same devices, so that each build would leave volumes that somebody pays for.
 */
export class LeftVolumes extends Construct {
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, name: string, arns: ImageArns) {
    super(scope, id);
    const stack = Stack.of(this);
    const role = machineRole(this, 'Role', `Deletes volumes that building the image ${name} left`, [
      // it has no resource-level permission
      new iam.PolicyStatement({ sid: 'FindVolumes', actions: ['ec2:DescribeVolumes'], resources: ['*'] }),
      new iam.PolicyStatement({
        sid: 'DeleteThoseOfBuilders',
        actions: ['ec2:DeleteVolume'],
        resources: [stack.formatArn({ service: 'ec2', resource: 'volume', resourceName: '*' })],
        conditions: { StringEquals: { [`aws:ResourceTag/${BUILDER_TAG}`]: name } },
      }),
    ]);
    this.machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Deletes the volumes that building ${name} left`,
      role: role.withoutPolicyUpdates(),
      definitionBody: sfn.DefinitionBody.fromChainable(clear(this, name)),
    });
    new events.Rule(this, 'Ended', {
      description: `Deletes what building the image ${name} left`,
      eventPattern: imageBecomes(arns, 'AVAILABLE', 'FAILED', 'CANCELLED'),
      targets: [new targets.SfnStateMachine(this.machine, { input: events.RuleTargetInput.fromObject({}) })],
    });
  }
}

function clear(scope: Construct, name: string): sfn.IChainable {
  const terminated = new sfn.Wait(scope, 'WaitForTermination', { time: sfn.WaitTime.duration(Duration.minutes(5)) });
  const find = call(scope, 'FindVolumes', {
    service: 'ec2',
    action: 'describeVolumes',
    parameters: {
      Filters: [
        { Name: `tag:${BUILDER_TAG}`, Values: [name] },
        // attached to nothing: the builder of another build may be at work
        { Name: 'status', Values: ['available'] },
      ],
    },
    answer: { select: { 'volumes.$': '$.Volumes[*].VolumeId' }, at: '$.left' },
  });
  const each = new sfn.Map(scope, 'Volumes', {
    itemsPath: '$.left.volumes',
    itemSelector: { 'volume.$': '$$.Map.Item.Value' },
    resultPath: sfn.JsonPath.DISCARD,
  });
  each.itemProcessor(
    call(scope, 'DeleteVolume', {
      service: 'ec2',
      action: 'deleteVolume',
      parameters: { VolumeId: sfn.JsonPath.stringAt('$.volume') },
    }),
  );
  return terminated.next(find).next(each);
}
