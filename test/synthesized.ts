import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import {
  AtlantisDomain,
  AtlantisIngress,
  AtlantisOnFargate,
  type AtlantisOnFargateProps,
  type LoadBalancerIngressProps,
  VcsProvider,
} from '../src';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';

/** A stack in a region with three zones. */
export function newStack(): Stack {
  const context = {
    [`availability-zones:account=${ACCOUNT}:region=${REGION}`]: ['a', 'b', 'c'].map((zone) => `${REGION}${zone}`),
    'aws:cdk:disable-stack-trace': true,
  };
  const app = new App({ context, treeMetadata: false, analyticsReporting: false });
  return new Stack(app, 'Stack', { env: { account: ACCOUNT, region: REGION } });
}

export function secretNamed(scope: Construct, name: string): secretsmanager.ISecret {
  const arn = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${name}-AbCdEf`;
  return once(scope, `Given${name}`, (id) => secretsmanager.Secret.fromSecretCompleteArn(scope, id, arn));
}

export function zoneNamed(scope: Construct, zoneName: string): route53.IHostedZone {
  const attributes = { hostedZoneId: 'Z0123456789', zoneName };
  return once(scope, `Zone${zoneName}`, (id) => route53.HostedZone.fromHostedZoneAttributes(scope, id, attributes));
}

export function certificateOf(scope: Construct): acm.ICertificate {
  const arn = `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/0123`;
  return once(scope, 'GivenCertificate', (id) => acm.Certificate.fromCertificateArn(scope, id, arn));
}

function once<T>(scope: Construct, id: string, make: (id: string) => T): T {
  return (scope.node.tryFindChild(id) as T | undefined) ?? make(id);
}

/** The required props only. */
export function requiredProps(scope: Construct): AtlantisOnFargateProps {
  return {
    vcs: [VcsProvider.githubApp({ slug: 'acme-atlantis', credentials: secretNamed(scope, 'app') })],
    repoAllowlist: ['github.com/acme/*'],
    ingress: loadBalancer(scope),
  };
}

export function loadBalancer(scope: Construct, props: Partial<LoadBalancerIngressProps> = {}): AtlantisIngress {
  return AtlantisIngress.loadBalancer({ domain: AtlantisDomain.hosted({ zone: zoneNamed(scope, 'example.com') }), ...props });
}

export interface Synthesized {
  readonly stack: Stack;
  readonly atlantis: AtlantisOnFargate;
  readonly template: Template;
}

/** An Atlantis server with the required props, and those that a test gives. */
export function synthesize(given: (stack: Stack) => Partial<AtlantisOnFargateProps> = () => ({})): Synthesized {
  const stack = newStack();
  const atlantis = new AtlantisOnFargate(stack, 'Atlantis', { ...requiredProps(stack), ...given(stack) });
  return { stack, atlantis, template: Template.fromStack(stack) };
}

/** What is thrown when an Atlantis server is made with the required props and those that a test gives. */
export function refusalOf(given: (stack: Stack) => Partial<AtlantisOnFargateProps>): string {
  const stack = newStack();
  const props = { ...requiredProps(stack), ...given(stack) };
  try {
    new AtlantisOnFargate(stack, 'Atlantis', props);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the props were accepted');
}

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  readonly Properties: any;
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Resources of a type, by their logical ids. */
export function resourcesOf(template: Template, type: string): { [logicalId: string]: Resource } {
  return template.findResources(type) as { [logicalId: string]: Resource };
}

/** The only resource of a type. */
export function onlyResource(template: Template, type: string): Resource & { readonly id: string } {
  const found = Object.entries(resourcesOf(template, type));
  if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}`);
  return { id: found[0][0], ...found[0][1] };
}

export type ContainerName = 'setup' | 'atlantis';

// biome-ignore lint/suspicious/noExplicitAny: templates have no types
export function containerOf(template: Template, name: ContainerName): any {
  const containers = onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
  return containers.find((container: { Name: string }) => container.Name === name);
}

/** The server's environment. */
export function environmentOf(template: Template): { [name: string]: unknown } {
  const variables: { Name: string; Value: unknown }[] = containerOf(template, 'atlantis').Environment;
  return Object.fromEntries(variables.map(({ Name, Value }) => [Name, Value]));
}
