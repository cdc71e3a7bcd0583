import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { AtlantisAmi, type AtlantisLevelOptions, ImageLevel } from '../../src';
import { policiesOf } from '../fargate/resolved';
import { ACCOUNT, REGION } from '../synthesized';
import { documentsIn, imageStack } from './synthesized-image';

export const arnOf = (name: string) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`;

export interface Level {
  readonly template: Template;
  /** The content of a file that the components write. */
  fileAt(path: string): string | undefined;
  /** The variables of a script's step. */
  variablesOf(component: string, step: string): { [name: string]: string };
  readonly components: string[];
  /** Of a role that may run the image. */
  readonly policies: object[];
}

type Options = (scope: Construct) => AtlantisLevelOptions;

/** An image with the atlantis level alone. */
export function atlantisLevel(options: Options = () => ({})): Level {
  const stack = imageStack();
  const ami = new AtlantisAmi(stack, 'Ami', { levels: [ImageLevel.atlantis(options(stack))] });
  const role = new iam.Role(stack, 'InstanceRole', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  ami.grantRun(role);
  const template = Template.fromStack(stack);
  const documents = documentsIn(template);
  const steps = documents.flatMap(({ name, phases }) =>
    phases.flatMap((phase: { steps: object[] }) => phase.steps.map((step) => ({ ...step, of: name }))),
  );
  const written = steps.filter(({ action }) => action === 'CreateFile').flatMap(({ inputs }) => inputs);
  return {
    template,
    fileAt: (path) => written.find((file) => file.path === path)?.content,
    variablesOf: (component, step) => {
      const found = steps.find(({ of, name }) => of === component && name === step);
      const lines: string[] = found.inputs.commands.filter((line: string) => line.startsWith('export '));
      return Object.fromEntries(lines.map((line) => (/^export (\w+)='(.*)'$/.exec(line) as string[]).slice(1)));
    },
    components: documents.map(({ name }) => name),
    policies: policiesOf(template, stack.getLogicalId(role.node.defaultChild as iam.CfnRole)),
  };
}

/** What an image with these options is refused with, without the path in front. */
export function refusalOfLevel(options: Options): string {
  try {
    new AtlantisAmi(imageStack(), 'Ami', { levels: [ImageLevel.atlantis(options(new Stack()))] });
  } catch (problem) {
    return (problem as Error).message.replace('[Stack/Ami] ', '');
  }
  return 'taken';
}

export const configOf = (options?: Options) => atlantisLevel(options).fileAt('/opt/atlantis/config.yaml');

// biome-ignore lint/suspicious/noExplicitAny: a file of JSON
export const secretsOf = (options?: Options): any => JSON.parse(atlantisLevel(options).fileAt('/etc/atlantis/secrets.json') ?? '');
