import * as events from 'aws-cdk-lib/aws-events';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { Problems } from '../validation/problems';
import { ImagePromotion } from './image-promotion';
import { promotedParameterOf } from './private/pipeline/promotion-config';
import { PromotionMachine } from './private/pipeline/promotion-machine';

/** An image that a pipeline of another region or account puts here. */
export interface PromotedImageProps {
  /** The candidate's parameter, as `AtlantisAmi.candidateParameterName` of the pipeline has it. */
  readonly candidateParameterName: string;

  /**
   * Who decides that a candidate is used here.
   *
   * @default ImagePromotion.automatic()
   */
  readonly promotion?: ImagePromotion;
}

/**
 * The promotion of an image in a region that a pipeline distributes it to, or in an account that gets a copy. It is as in the pipeline's own
 * region, but follows the candidate's parameter: Image Builder writes it when the image is there, which may be before it is in all regions.
 *
 * An image that an account may only start, without a copy of its own, cannot be promoted by that account.
 *
 * Throws when the parameter is none of a candidate, or the promotion is refused.
 */
export class PromotedImage extends Construct {
  /** The parameter with the id of the image that is in use here; it is made by the first promotion. */
  public readonly promotedParameterName: string;
  /** Promotes the candidate, or the image that `imageId` of its input names. */
  public readonly promotion: sfn.IStateMachine;

  /**
   * @param scope a stack of the region and account where the image is used
   * @param id unique in the scope
   * @param props which image
   */
  constructor(scope: Construct, id: string, props: PromotedImageProps) {
    super(scope, id);
    const { candidateParameterName } = props;
    const promotion = props.promotion ?? ImagePromotion.automatic();
    const problems = new Problems();
    const name = /^\/imagebuilder\/([a-z0-9-]+)\/candidate$/.exec(candidateParameterName)?.[1];
    if (!name) {
      const wanted = 'give `candidateParameterName` of the pipeline, as in /imagebuilder/atlantis/candidate';
      problems.add(this, 'candidateParameterName', `got "${candidateParameterName}"; ${wanted}`);
    }
    promotion._validate(this, problems);
    problems.throwIfAny();

    this.promotedParameterName = promotedParameterOf(name as string);
    const parameters = { name: name as string, candidateParameterName, promotedParameterName: this.promotedParameterName };
    this.promotion = new PromotionMachine(this, 'Promotion', parameters, promotion._bind(), {
      pattern: {
        source: ['aws.ssm'],
        detailType: ['Parameter Store Change'],
        // a value that turned out to be no image is told with an exception
        detail: { name: [candidateParameterName], operation: ['Create', 'Update'], exception: events.Match.doesNotExist() },
      },
      input: {},
    }).machine;
  }
}
