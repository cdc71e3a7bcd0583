import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AtlantisAmi, type AtlantisAmiProps, ImageLevel } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';

export interface Image {
  readonly ami: AtlantisAmi;
  readonly stack: Stack;
  readonly template: Template;
}

export function imageStack(): Stack {
  const context = {
    [`availability-zones:account=${ACCOUNT}:region=${REGION}`]: ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`),
    'aws:cdk:disable-stack-trace': true,
  };
  return new Stack(new App({ context, treeMetadata: false, analyticsReporting: false }), 'Stack', {
    env: { account: ACCOUNT, region: REGION },
  });
}

/** An image in a stack of its own, with the smallest level unless others are given. */
export function image(props: Partial<AtlantisAmiProps> = {}, prepare: (image: Omit<Image, 'template'>) => void = () => {}): Image {
  const stack = imageStack();
  const ami = new AtlantisAmi(stack, 'Ami', { levels: [ImageLevel.common()], ...props });
  prepare({ ami, stack });
  return { ami, stack, template: Template.fromStack(stack) };
}

export function refusalOfImage(props: Partial<AtlantisAmiProps>): string {
  try {
    image(props);
  } catch (problem) {
    return (problem as Error).message;
  }
  return 'taken';
}

/** The documents of the template in the order of the recipe; AWS's own components are left out. */
// biome-ignore lint/suspicious/noExplicitAny: documents have no types
export function documentsIn(template: Template): any[] {
  const components = resourcesOf(template, 'AWS::ImageBuilder::Component');
  const [recipe] = Object.values(resourcesOf(template, 'AWS::ImageBuilder::ImageRecipe'));
  return recipe.Properties.Components.flatMap(({ ComponentArn }: { ComponentArn: { Ref?: string } }) => {
    const component = ComponentArn.Ref === undefined ? undefined : components[ComponentArn.Ref];
    return component?.Properties.Data === undefined ? [] : [JSON.parse(deployed(template, component.Properties.Data))];
  });
}
