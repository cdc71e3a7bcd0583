import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { contentVersion } from '../content-version';
import { call } from './calls';
import type { ImageArns } from './image-arns';
import { machineRole } from './machine-role';
import type { FindingLimits } from './scan-config';

/** Longer than Image Builder waits for findings, so that it is the scan that is late and not the gate. */
const SCAN_HOURS = 3;

/**
 * A workflow of the test stage, after the one of AWS that has the image scanned and tested. Image Builder distributes after the test stage
 * only, so what this stops goes nowhere. A workflow can run a state machine, but knows no numbers to compare.
 */
export class ScanGate extends Construct {
  public readonly workflowArn: string;
  public readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, name: string, arns: ImageArns, limits: FindingLimits) {
    super(scope, id);
    this.machine = new sfn.StateMachine(this, 'Machine', {
      comment: `Fails images of ${name} with too many findings`,
      role: machineRole(this, 'Role', `Reads the findings of the image ${name}`, permissions(arns)).withoutPolicyUpdates(),
      timeout: Duration.hours(SCAN_HOURS),
      definitionBody: sfn.DefinitionBody.fromChainable(judge(this, limits)),
    });
    const data = JSON.stringify(this.document(name, arns));
    const workflow = new imagebuilder.CfnWorkflow(this, 'Workflow', {
      name: `${name}-gate`,
      version: contentVersion(Stack.of(this), data),
      type: 'TEST',
      description: 'Fails an image with too many findings',
      data,
    });
    this.workflowArn = workflow.attrArn;
  }

  private document(name: string, arns: ImageArns) {
    const build = '{{ $.imagebuilder.imageVersionNumber }}/{{ $.imagebuilder.imageBuildNumber }}';
    return {
      name: `${name}-gate`,
      description: 'Fails an image with too many findings',
      schemaVersion: '1.0',
      steps: [
        {
          name: 'Gate',
          action: 'ExecuteStateMachine',
          timeoutSeconds: Duration.hours(SCAN_HOURS).toSeconds() + 600,
          onFailure: 'Abort',
          inputs: {
            stateMachineArn: this.machine.stateMachineArn,
            input: JSON.stringify({ imageBuildVersionArn: `${arns.prefix}${build}` }),
          },
        },
      ],
    };
  }
}

function permissions(arns: ImageArns): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({ sid: 'ReadTheScan', actions: ['imagebuilder:GetImage'], resources: [`${arns.prefix}*`] }),
    // counts only; AWS does not say what the resource is of a request that asks by a filter
    new iam.PolicyStatement({ sid: 'CountFindings', actions: ['imagebuilder:ListImageScanFindingAggregations'], resources: ['*'] }),
  ];
}

function judge(scope: Construct, limits: FindingLimits): sfn.IChainable {
  const image = sfn.JsonPath.stringAt('$.imageBuildVersionArn');
  const read = call(scope, 'ReadScan', {
    service: 'imagebuilder',
    action: 'getImage',
    parameters: { ImageBuildVersionArn: image },
    // all of it: an image that is not scanned yet has no state that could be selected
    answer: { at: '$.read' },
    retry: { maxAttempts: 5 },
  });
  const count = call(scope, 'CountFindings', {
    service: 'imagebuilder',
    action: 'listImageScanFindingAggregations',
    parameters: { Filter: { Name: 'imageBuildVersionArn', Values: sfn.JsonPath.array(image) } },
    answer: { at: '$.findings' },
    retry: { maxAttempts: 5 },
  });
  const status = '$.read.Image.ScanState.Status';
  const is = (state: string) => sfn.Condition.and(sfn.Condition.isPresent(status), sfn.Condition.stringEquals(status, state));
  const again = new sfn.Wait(scope, 'WaitForScan', { time: sfn.WaitTime.duration(Duration.minutes(1)) }).next(read);
  const unscanned = new sfn.Fail(scope, 'NotScanned', {
    error: 'NotScanned',
    cause: 'Amazon Inspector did not scan the image. Is it enabled for EC2 in this account and region?',
  });
  return read.next(
    new sfn.Choice(scope, 'Scanned?')
      .when(is('COMPLETED'), count.next(withinLimits(scope, limits)))
      .when(sfn.Condition.or(is('FAILED'), is('ABANDONED'), is('TIMED_OUT')), unscanned)
      .otherwise(again),
  );
}

/** An image without any finding is in no aggregation, and passes. */
function withinLimits(scope: Construct, { critical, high, medium }: FindingLimits): sfn.IChainable {
  const limits: [string, number | undefined][] = [
    ['Critical', critical],
    ['High', high],
    ['Medium', medium],
  ];
  const choice = new sfn.Choice(scope, 'WithinLimits?');
  for (const [severity, limit] of limits) {
    if (limit === undefined) continue;
    const counted = `$.findings.Responses[0].ImageAggregation.SeverityCounts.${severity}`;
    const tooMany = new sfn.Fail(scope, `TooMany${severity}`, {
      error: 'TooManyFindings',
      cause: `More than ${limit} findings of ${severity.toLowerCase()} severity; Amazon Inspector names them`,
    });
    choice.when(sfn.Condition.and(sfn.Condition.isPresent(counted), sfn.Condition.numberGreaterThan(counted, limit)), tooMany);
  }
  return choice.otherwise(new sfn.Succeed(scope, 'Passed'));
}
