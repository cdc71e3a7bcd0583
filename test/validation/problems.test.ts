import { App, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Problems } from '../../src/validation/problems';

describe('Problems', () => {
  const scope = new Construct(new Stack(new App(), 'Stack'), 'Server');

  test('nothing is thrown when nothing was found', () => {
    expect(() => new Problems().throwIfAny()).not.toThrow();
  });

  test('one problem is one line with the construct path and the property', () => {
    const problems = new Problems();
    problems.add(scope, 'cpu', 'got 300; give one of 256, 512');
    expect(() => problems.throwIfAny()).toThrow(new Error('[Stack/Server] cpu: got 300; give one of 256, 512'));
  });

  test('several problems are counted and thrown together', () => {
    const problems = new Problems();
    problems.add(scope, 'cpu', 'got 300');
    problems.add(scope.node.scope as Construct, 'memoryLimitMiB', 'got 1');
    expect(() => problems.throwIfAny()).toThrow(
      new Error('2 problems:\n  - [Stack/Server] cpu: got 300\n  - [Stack] memoryLimitMiB: got 1'),
    );
  });
});
