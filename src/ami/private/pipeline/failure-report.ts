import { Aws } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { call } from './calls';
import type { ImageArns } from './image-arns';
import { imageBecomes } from './image-events';
import { machineRole } from './machine-role';

interface ReportParts {
  readonly name: string;
  readonly arns: ImageArns;
  readonly logGroup: ILogGroup;
  readonly topic: sns.ITopic;
  /** What builds, promotes and clears up: when one of these fails, nothing else shows it. */
  readonly machines: readonly sfn.IStateMachine[];
}

/** Tells why an image failed: the event does not say it, so it takes a step to ask. */
export class FailureReport extends Construct {
  constructor(scope: Construct, id: string, { machines, ...parts }: ReportParts) {
    super(scope, id);
    const { name, arns, topic } = parts;
    const role = machineRole(this, 'Role', `Tells of failures of the image ${name}`, [
      new iam.PolicyStatement({ sid: 'ReadTheReason', actions: ['imagebuilder:GetImage'], resources: [`${arns.prefix}*`] }),
      new iam.PolicyStatement({ sid: 'Tell', actions: ['sns:Publish'], resources: [topic.topicArn] }),
    ]);
    topic.masterKey?.grantEncryptDecrypt(role);
    const machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Tells why images of ${name} failed`,
      role: role.withoutPolicyUpdates(),
      definitionBody: sfn.DefinitionBody.fromChainable(report(this, parts)),
    });
    const start = (input: { [key: string]: string }) =>
      new targets.SfnStateMachine(machine, { input: events.RuleTargetInput.fromObject(input) });
    new events.Rule(this, 'Failed', {
      description: `Tells of failures of the image ${name}`,
      eventPattern: imageBecomes(arns, 'FAILED', 'CANCELLED'),
      targets: [start({ images: events.EventField.fromPath('$.resources') })],
    });
    new events.Rule(this, 'Disabled', {
      description: `Tells that the pipeline ${name} is disabled`,
      eventPattern: {
        source: ['aws.imagebuilder'],
        detailType: ['EC2 Image Builder Image Pipeline Automatically Disabled'],
        resources: [arns.pipeline],
      },
      targets: [start({ failures: events.EventField.fromPath('$.detail.consecutive-failures') })],
    });
    new events.Rule(this, 'Broken', {
      description: `Tells that what builds or promotes the image ${name} failed`,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: machines.map(({ stateMachineArn }) => stateMachineArn) },
      },
      targets: [
        start({ execution: events.EventField.fromPath('$.detail.executionArn'), status: events.EventField.fromPath('$.detail.status') }),
      ],
    });
  }
}

function report(scope: Construct, { name, logGroup, topic, arns }: Omit<ReportParts, 'machines'>): sfn.IChainable {
  const publish = (id: string, subject: string, message: string) =>
    call(scope, id, {
      service: 'sns',
      action: 'publish',
      parameters: { TopicArn: topic.topicArn, Subject: subject, Message: message },
    });
  const read = call(scope, 'ReadReason', {
    service: 'imagebuilder',
    action: 'getImage',
    parameters: { ImageBuildVersionArn: sfn.JsonPath.stringAt('$.images[0]') },
    answer: { select: { 'state.$': '$.Image.State' }, at: '$.read' },
  });
  const where = `Its logs are in the log group ${logGroup.logGroupName} of ${Aws.REGION}.`;
  const image = sfn.JsonPath.stringAt('$.images[0]');
  const reason = sfn.JsonPath.stringAt('$.read.state.Reason');
  const told = publish('TellReason', `Image ${name} failed`.slice(0, 100), sfn.JsonPath.format(`{} failed: {} ${where}`, image, reason));
  const untold = publish('TellFailure', `Image ${name} failed`.slice(0, 100), sfn.JsonPath.format(`{} failed. ${where}`, image));
  const disabled = publish(
    'TellDisabled',
    `Pipeline ${name} is disabled`.slice(0, 100),
    sfn.JsonPath.format(
      `After {} failed builds in a row the pipeline ${arns.pipeline} builds no more on its schedule. Enable it when the cause is gone.`,
      sfn.JsonPath.stringAt('$.failures'),
    ),
  );
  const broken = publish(
    'TellBroken',
    `Image ${name}: an execution failed`.slice(0, 100),
    sfn.JsonPath.format(
      'The execution {} ended as {}. An image may not be built, not be promoted, or its volumes be left. Start it again when the cause is gone.',
      sfn.JsonPath.stringAt('$.execution'),
      sfn.JsonPath.stringAt('$.status'),
    ),
  );
  read.addCatch(untold, { resultPath: sfn.JsonPath.DISCARD });
  read.next(new sfn.Choice(scope, 'Reason?').when(sfn.Condition.isPresent('$.read.state.Reason'), told).otherwise(untold));
  return new sfn.Choice(scope, 'Which?')
    .when(sfn.Condition.isPresent('$.failures'), disabled)
    .when(sfn.Condition.isPresent('$.execution'), broken)
    .otherwise(read);
}
