import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import type { ImageComponent } from '../../src';
import type { ComponentConfig } from '../../src/ami/private/component-config';
import { Problems } from '../../src/validation/problems';
import { deployed } from '../fargate/resolved';
import { onlyResource, type Resource } from '../synthesized';

export interface Bound {
  readonly stack: Stack;
  readonly config: ComponentConfig;
  /** Of the component that was made. */
  readonly resource: () => Resource;
  // biome-ignore lint/suspicious/noExplicitAny: documents have no types
  readonly document: () => any;
}

/** A component in a stack of its own. */
export function bound(make: (stack: Stack) => ImageComponent): Bound {
  const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1' } });
  const component = make(stack);
  const problems = new Problems();
  const scope = new Construct(stack, 'Part');
  component._validate(scope, 'component', problems);
  problems.throwIfAny();
  const config = component._bind(scope);
  const resource = () => onlyResource(Template.fromStack(stack), 'AWS::ImageBuilder::Component');
  return { stack, config, resource, document: () => JSON.parse(deployed(Template.fromStack(stack), resource().Properties.Data)) };
}

export const versionOf = (component: ImageComponent): string => bound(() => component).resource().Properties.Version;

export function refusalOfComponent(component: ImageComponent): string {
  try {
    bound(() => component);
  } catch (problem) {
    return (problem as Error).message;
  }
  return 'taken';
}
