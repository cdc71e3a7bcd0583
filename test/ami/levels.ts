import { App, Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { type ImageLevel, ImageOs } from '../../src';
import type { ImageContext } from '../../src/ami/private/level-config';
import { Problems } from '../../src/validation/problems';
import { bound } from './parts';

const CONTEXT: ImageContext = { os: ImageOs.DEBIAN_12, architecture: InstanceArchitecture.X86_64 };

/** The components' documents by their names. */
// biome-ignore lint/suspicious/noExplicitAny: documents have no types
export function documentsOfLevel(level: ImageLevel, context: Partial<ImageContext> = {}): { readonly [name: string]: any } {
  const stack = new Stack(new App(), 'Level');
  const all = { ...CONTEXT, ...context };
  const problems = new Problems();
  level._validate(stack, all, 'levels', problems);
  problems.throwIfAny();
  const { components } = level._bind(new Construct(stack, 'Part'), all);
  return Object.fromEntries(components.map((component) => [component.name, bound(() => component).document()]));
}

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
export function stepsOf(document: any, phase: 'build' | 'validate' | 'test'): any[] {
  return document.phases.find(({ name }: { name: string }) => name === phase)?.steps ?? [];
}

/** The files that the build of a level writes, by their paths. */
export function filesOfLevel(level: ImageLevel, context: Partial<ImageContext> = {}): { readonly [path: string]: string } {
  const steps = Object.values(documentsOfLevel(level, context)).flatMap((document) => stepsOf(document, 'build'));
  const created = steps.filter(({ action }) => action === 'CreateFile').flatMap(({ inputs }) => inputs);
  return Object.fromEntries(created.map(({ path, content }) => [path, content]));
}

/** What the scripts of a phase find in their environment. */
// biome-ignore lint/suspicious/noExplicitAny: documents have no types
export function valuesOf(document: any, phase: 'build' | 'validate' | 'test', step: string): { readonly [variable: string]: string } {
  const { inputs } = stepsOf(document, phase).find(({ name }) => name === step);
  const exports = (inputs.commands as string[]).flatMap((command) => [...command.matchAll(/^export (\w+)='(.*)'$/g)]);
  return Object.fromEntries(exports.map(([, variable, value]) => [variable, value]));
}

export function refusalOfLevel(level: ImageLevel): string {
  try {
    documentsOfLevel(level);
  } catch (problem) {
    return (problem as Error).message;
  }
  return 'taken';
}
