import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CfnImageRecipe } from 'aws-cdk-lib/aws-imagebuilder';
import { checkPipeline } from '../../src/ami/private/pipeline/check-pipeline';
import { ImagePipeline } from '../../src/ami/private/pipeline/image-pipeline';
import type { PipelineChoices } from '../../src/ami/private/pipeline/pipeline-config';
import { Problems } from '../../src/validation/problems';
import { ACCOUNT, REGION, type Resource, resourcesOf } from '../synthesized';

export const NAME = 'golden';
export const VERSION = '1.2.3';
export const IMAGE_ARN = `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:image/${NAME}/${VERSION}/7`;
export const CANDIDATE = `/imagebuilder/${NAME}/candidate`;
export const PROMOTED = `/images/${NAME}/promoted`;

/** A stack in a region with three zones. */
export function stackIn(region: string = REGION): Stack {
  const context = {
    [`availability-zones:account=${ACCOUNT}:region=${region}`]: ['a', 'b', 'c'].map((zone) => `${region}${zone}`),
    'aws:cdk:disable-stack-trace': true,
  };
  const app = new App({ context, treeMetadata: false, analyticsReporting: false });
  return new Stack(app, 'Stack', { env: { account: ACCOUNT, region } });
}

/** The usual policy of a key: policies of its account decide. */
export const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
};

export interface Piped {
  readonly stack: Stack;
  readonly pipeline: ImagePipeline;
  readonly template: Template;
}

interface Circumstances {
  readonly architecture?: ec2.InstanceArchitecture;
  readonly dataVolume?: boolean;
  readonly parentImage?: string;
  readonly region?: string;
}

/** A pipeline with the choices that a test makes. */
export function piped(choices: (stack: Stack) => PipelineChoices = () => ({}), given: Circumstances = {}): Piped {
  const { architecture = ec2.InstanceArchitecture.ARM_64, dataVolume = false, parentImage = 'ssm:/aws/service/base' } = given;
  const stack = stackIn(given.region);
  const recipe = new CfnImageRecipe(stack, 'Recipe', { name: NAME, version: VERSION, parentImage, components: [] });
  const chosen = choices(stack);
  const problems = new Problems();
  checkPipeline(stack, chosen, architecture, problems);
  problems.throwIfAny();
  const pipeline = new ImagePipeline(stack, 'Pipeline', { name: NAME, recipe, architecture, choices: chosen, dataVolume });
  return { stack, pipeline, template: Template.fromStack(stack) };
}

/** What is thrown for the choices that a test makes. */
export function refusalOf(choices: (stack: Stack) => PipelineChoices, stack: Stack = stackIn()): string {
  const problems = new Problems();
  checkPipeline(stack, choices(stack), ec2.InstanceArchitecture.ARM_64, problems);
  try {
    problems.throwIfAny();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the choices were accepted');
}

const PSEUDO: { readonly [name: string]: string } = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/Stack/1`,
  'AWS::NoValue': '',
};

const ARNS: { readonly [type: string]: (id: string) => string } = {
  'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
  'AWS::SNS::Topic': (id) => `arn:aws:sns:${REGION}:${ACCOUNT}:${id}`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::StepFunctions::StateMachine': (id) => `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${id}`,
};

/** A value of the template as it is after deployment, with the logical ids as physical ones. */
// biome-ignore lint/suspicious/noExplicitAny: templates have no types
export function deployed(template: Template, value: any): any {
  if (Array.isArray(value)) return value.map((entry) => deployed(template, entry));
  if (typeof value !== 'object' || value === null) return value;
  if ('Fn::Join' in value) return deployed(template, value['Fn::Join'][1]).join(value['Fn::Join'][0]);
  if ('Ref' in value) return PSEUDO[value.Ref] ?? referenced(template, value.Ref);
  if ('Fn::GetAtt' in value) return attribute(template, value['Fn::GetAtt'][0], value['Fn::GetAtt'][1]);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, deployed(template, entry)]));
}

function referenced(template: Template, id: string): string {
  const { Type: type, Properties: properties } = template.toJSON().Resources[id];
  if (type === 'AWS::Logs::LogGroup') return properties.LogGroupName;
  return type === 'AWS::SNS::Topic' || type === 'AWS::StepFunctions::StateMachine' ? ARNS[type](id) : id;
}

function attribute(template: Template, id: string, name: string): string {
  const { Type: type, Properties: properties } = template.toJSON().Resources[id];
  if (name === 'Name') return id;
  if (type === 'AWS::Logs::LogGroup') return `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${properties.LogGroupName}:*`;
  return ARNS[type]?.(id) ?? id;
}

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
export function only(template: Template, type: string, part = ''): Resource & { readonly id: string; readonly Properties: any } {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.includes(part));
  if (found.length !== 1) throw new Error(`${found.length} of type ${type} with "${part}": ${found.map(([id]) => id)}`);
  return { id: found[0][0], ...found[0][1] };
}

/** All policies of a role, in the role and beside it. */
export function policiesOfRole(template: Template, part: string): object[] {
  const { id, Properties } = only(template, 'AWS::IAM::Role', part);
  const own = (Properties.Policies ?? []).map(({ PolicyDocument }: { PolicyDocument: object }) => PolicyDocument);
  const attached = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .filter((policy) => policy.Properties.Roles.some((role: { Ref: string }) => role.Ref === id))
    .map((policy) => policy.Properties.PolicyDocument);
  return [...own, ...attached].map((document) => deployed(template, document));
}

/** The definition of a state machine. */
// biome-ignore lint/suspicious/noExplicitAny: definitions have no types
export function definitionOf(template: Template, part: string): any {
  return JSON.parse(deployed(template, only(template, 'AWS::StepFunctions::StateMachine', part).Properties.DefinitionString));
}
