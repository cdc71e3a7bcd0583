import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The ARNs of what Image Builder makes, which follow from names: its own attributes would order what need not wait. */
export class ImageArns {
  private readonly stack: Stack;

  constructor(
    scope: IConstruct,
    private readonly name: string,
  ) {
    this.stack = Stack.of(scope);
  }

  public get pipeline(): string {
    return this.own('image-pipeline', this.name);
  }

  /** The builds of a version of the recipe. */
  public version(version: string): string {
    return this.own('image', `${this.name}/${version}`);
  }

  /** What the ARN of each image of this pipeline starts with. */
  public get prefix(): string {
    return this.own('image', `${this.name}/`);
  }

  public workflow(type: 'build' | 'test', name: string): string {
    return this.stack.formatArn({ service: 'imagebuilder', account: 'aws', resource: 'workflow', resourceName: `${type}/${name}/x.x.x` });
  }

  private own(resource: string, resourceName: string): string {
    return this.stack.formatArn({ service: 'imagebuilder', resource, resourceName });
  }
}
