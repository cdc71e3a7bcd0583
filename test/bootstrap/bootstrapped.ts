import { App, type Environment, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SecureTerraformBootstrap, type SecureTerraformBootstrapProps } from '../../src';
import { ACCOUNT, REGION } from '../synthesized';

export interface Bootstrapped {
  readonly stack: Stack;
  readonly bootstrap: SecureTerraformBootstrap;
  readonly template: Template;
}

type Given = (stack: Stack) => SecureTerraformBootstrapProps;

function newStack(env: Environment): Stack {
  const app = new App({ context: { 'aws:cdk:disable-stack-trace': true }, treeMetadata: false, analyticsReporting: false });
  return new Stack(app, 'Stack', { env });
}

/** A bootstrap with the props that a test gives. */
export function bootstrapped(given: Given = () => ({}), env: Environment = { account: ACCOUNT, region: REGION }): Bootstrapped {
  const stack = newStack(env);
  const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', given(stack));
  return { stack, bootstrap, template: Template.fromStack(stack) };
}

/** What is thrown when a bootstrap is made with the props that a test gives. */
export function refusalOfBootstrap(given: Given): string {
  const stack = newStack({ account: ACCOUNT, region: REGION });
  const props = given(stack);
  try {
    new SecureTerraformBootstrap(stack, 'Bootstrap', props);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the props were accepted');
}
