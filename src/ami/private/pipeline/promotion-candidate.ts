import { Duration } from 'aws-cdk-lib';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { call } from './calls';
import type { PromotedParameters } from './promotion-config';

/**
 * Reads the candidate. Systems Manager looks whether there is such an image before it shows a new value, so that just after a build the
 * parameter may still name the image before: then it is read again until it names one of this build.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html
 */
export function chooseCandidate(
  scope: Construct,
  { candidateParameterName, imagePrefix }: PromotedParameters,
  then: sfn.IChainable,
): sfn.IChainable {
  const use = new sfn.Pass(scope, 'UseCandidate', { inputPath: '$.candidate.imageId', resultPath: '$.imageId' });
  use.next(then);
  const read = call(scope, 'ReadCandidate', {
    service: 'ssm',
    action: 'getParameter',
    parameters: { Name: candidateParameterName },
    answer: { select: { 'imageId.$': '$.Parameter.Value' }, at: '$.candidate' },
    retry: { interval: Duration.seconds(10), backoffRate: 1, maxAttempts: 6 },
  });
  read.addCatch(
    new sfn.Fail(scope, 'NoCandidate', {
      error: 'NoCandidate',
      cause: `There is no image yet: the parameter ${candidateParameterName} cannot be read`,
    }),
  );
  if (!imagePrefix) return read.next(use);
  read.next(new sfn.Choice(scope, 'AfterBuild?').when(sfn.Condition.isPresent('$.images'), compare(scope, read, use)).otherwise(use));
  const build = call(scope, 'ReadBuild', {
    service: 'imagebuilder',
    action: 'getImage',
    parameters: { ImageBuildVersionArn: sfn.JsonPath.stringAt('$.images[0]') },
    answer: { select: { 'images.$': '$.Image.OutputResources.Amis[*].Image', tries: 0 }, at: '$.build' },
  });
  build.next(read);
  return new sfn.Choice(scope, 'Built?').when(sfn.Condition.isPresent('$.images'), build).otherwise(read);
}

function compare(scope: Construct, read: sfn.INextable & sfn.IChainable, use: sfn.IChainable): sfn.IChainable {
  const again = new sfn.Wait(scope, 'WaitForCandidate', { time: sfn.WaitTime.duration(Duration.seconds(10)) });
  again.next(read);
  const count = new sfn.Pass(scope, 'CountTries', {
    parameters: { 'images.$': '$.build.images', 'tries.$': 'States.MathAdd($.build.tries, 1)' },
    resultPath: '$.build',
  });
  // the build after this one is promoted by its own event
  const superseded = new sfn.Succeed(scope, 'Superseded');
  count.next(new sfn.Choice(scope, 'Late?').when(sfn.Condition.numberGreaterThan('$.build.tries', 12), superseded).otherwise(again));
  return new sfn.Pass(scope, 'IsOfBuild', {
    parameters: { 'imageId.$': '$.candidate.imageId', 'is.$': 'States.ArrayContains($.build.images, $.candidate.imageId)' },
    resultPath: '$.candidate',
  }).next(new sfn.Choice(scope, 'OfBuild?').when(sfn.Condition.booleanEquals('$.candidate.is', true), use).otherwise(count));
}
