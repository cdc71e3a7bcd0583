import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';

interface Call {
  readonly service: string;
  readonly action: string;
  readonly parameters: { readonly [name: string]: unknown };
  /** What of the answer is kept, and where. */
  readonly answer?: { readonly select?: { readonly [name: string]: unknown }; readonly at: string };
  /** How long it is tried again; what fails once and for all fails that much later. */
  readonly retry?: sfn.RetryProps;
}

/** A call of an AWS service. What it needs is in the role of the machine, which a step adds nothing to. */
export function call(scope: Construct, id: string, { service, action, parameters, answer, retry }: Call): tasks.CallAwsService {
  const task = new tasks.CallAwsService(scope, id, {
    service,
    action,
    parameters: { ...parameters },
    iamResources: ['*'],
    resultSelector: answer?.select && { ...answer.select },
    resultPath: answer?.at ?? sfn.JsonPath.DISCARD,
  });
  task.addRetry({ errors: [sfn.Errors.TASKS_FAILED], maxAttempts: 3, ...retry });
  return task;
}
