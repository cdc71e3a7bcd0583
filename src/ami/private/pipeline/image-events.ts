import type * as events from 'aws-cdk-lib/aws-events';
import { Match } from 'aws-cdk-lib/aws-events';
import type { ImageArns } from './image-arns';

/** Images of this pipeline that come into one of these states. */
export function imageBecomes(arns: ImageArns, ...states: string[]): events.EventPattern {
  return {
    source: ['aws.imagebuilder'],
    detailType: ['EC2 Image Builder Image State Change'],
    resources: Match.prefix(arns.prefix),
    detail: { state: { status: states } },
  };
}
