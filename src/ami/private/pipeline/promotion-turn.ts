import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { call } from './calls';

/**
 * Lets the promotions go one after the other, the oldest first: one that takes an image out of use must not do so while another one puts it
 * to use.
 */
export function waitForTurn(scope: Construct, then: sfn.IChainable): sfn.IChainable {
  const list = call(scope, 'RunningPromotions', {
    service: 'sfn',
    action: 'listExecutions',
    parameters: { StateMachineArn: sfn.JsonPath.stateMachineId, StatusFilter: 'RUNNING' },
    answer: { select: { 'executions.$': '$.Executions[*].ExecutionArn' }, at: '$.running' },
  });
  // the newest is first
  const oldest = 'States.ArrayGetItem($.running.executions, States.MathAdd(States.ArrayLength($.running.executions), -1))';
  const compare = new sfn.Pass(scope, 'OldestPromotion', {
    parameters: { 'oldest.$': oldest, self: sfn.JsonPath.executionId },
    resultPath: '$.turn',
  });
  // the list is behind by a moment
  const wait = new sfn.Wait(scope, 'Wait', { time: sfn.WaitTime.duration(Duration.seconds(5)) });
  compare.next(
    new sfn.Choice(scope, 'MyTurn?').when(sfn.Condition.stringEqualsJsonPath('$.turn.oldest', '$.turn.self'), then).otherwise(wait),
  );
  list.next(new sfn.Choice(scope, 'Listed?').when(sfn.Condition.isPresent('$.running.executions[0]'), compare).otherwise(wait));
  return wait.next(list);
}
