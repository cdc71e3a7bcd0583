import { Template } from 'aws-cdk-lib/assertions';
import { ImagePromotion, PromotedImage, type PromotedImageProps } from '../../src';
import { resourcesOf } from '../synthesized';
import { CANDIDATE, definitionOf, NAME, only, PROMOTED, stackIn } from './pipeline-stack';
import { Region } from './region';
import { run } from './states';

function made(props: Partial<PromotedImageProps> = {}) {
  const stack = stackIn('eu-west-1');
  const image = new PromotedImage(stack, 'Image', { candidateParameterName: CANDIDATE, ...props });
  return { image, template: Template.fromStack(stack) };
}

describe('PromotedImage', () => {
  test('promotes in its own region what Image Builder has put there', () => {
    const { image, template } = made();
    const region = new Region();
    region.image('ami-there');
    region.parameters[CANDIDATE] = ['ami-there'];
    run(definitionOf(template, 'Promotion'), {}, region.service);
    expect(image.promotedParameterName).toBe(PROMOTED);
    expect(region.parameters[PROMOTED]).toEqual(['ami-there']);
    expect(region.inUse).toEqual(['ami-there']);
  });

  test('PromotedImageProps.promotion left out: each new candidate is promoted', () => {
    expect(only(made().template, 'AWS::Events::Rule').Properties.EventPattern).toEqual({
      source: ['aws.ssm'],
      'detail-type': ['Parameter Store Change'],
      detail: { name: [CANDIDATE], operation: ['Create', 'Update'], exception: [{ exists: false }] },
    });
  });

  test('with a manual promotion nothing starts the machine', () => {
    expect(resourcesOf(made({ promotion: ImagePromotion.manual() }).template, 'AWS::Events::Rule')).toEqual({});
  });

  test('a parameter that is none of a candidate is refused, with what else is wrong', () => {
    const promotion = ImagePromotion.automatic({ keep: 1 });
    expect(() => made({ candidateParameterName: '/mine', promotion })).toThrow('2 problems');
    expect(() => made({ candidateParameterName: '/mine' })).toThrow(
      'candidateParameterName: got "/mine"; give `candidateParameterName` of the pipeline, as in /imagebuilder/atlantis/candidate',
    );
    expect(made().image.promotedParameterName).toContain(NAME);
  });
});
