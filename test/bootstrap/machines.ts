import { runUnsafeSimulation } from '@cloud-copilot/iam-simulate';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Names } from '../../src/bootstrap/private/names';
import { Problems } from '../../src/validation/problems';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';

/** A partition with a region of it, and the ending of its addresses. */
export const PARTITIONS = [
  { partition: 'aws', region: 'eu-central-1', suffix: 'amazonaws.com' },
  { partition: 'aws-cn', region: 'cn-north-1', suffix: 'amazonaws.com.cn' },
  { partition: 'aws-us-gov', region: 'us-gov-west-1', suffix: 'amazonaws.com' },
] as const;

export type Place = (typeof PARTITIONS)[number];

export const HOME: Place = PARTITIONS[0];

/** A stack with what the parts of a bootstrap are given by it. */
export class MachineStack {
  readonly stack: Stack;
  readonly names: Names;
  readonly problems = new Problems();

  constructor(
    readonly place: Place = HOME,
    prefix = 'terraform',
  ) {
    const app = new App({ context: { 'aws:cdk:disable-stack-trace': true }, treeMetadata: false, analyticsReporting: false });
    this.stack = new Stack(app, 'Stack', { env: { account: ACCOUNT, region: place.region } });
    this.names = new Names(this.stack, prefix);
  }

  get template(): Template {
    return Template.fromStack(this.stack);
  }

  public bucketNamed(name: string): s3.IBucket {
    return s3.Bucket.fromBucketName(this.stack, `Given ${name}`, name);
  }

  /** A value of the template as it is after deployment, with the logical ids as physical ones. */
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  public deployed(value: any): any {
    if (Array.isArray(value)) return value.map((entry) => this.deployed(entry));
    if (typeof value !== 'object' || value === null) return value;
    if ('Ref' in value) return this.referenced(value.Ref);
    if ('Fn::GetAtt' in value) return this.attribute(value['Fn::GetAtt']);
    if ('Fn::Join' in value) return this.deployed(value['Fn::Join'][1]).join(value['Fn::Join'][0]);
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.deployed(entry)]));
  }

  private referenced(id: string): string {
    const { partition, region, suffix } = this.place;
    const pseudo: { [name: string]: string } = {
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::AccountId': ACCOUNT,
      'AWS::URLSuffix': suffix,
    };
    if (id in pseudo) return pseudo[id];
    const { Type, Properties } = this.template.toJSON().Resources[id];
    if (Type === 'AWS::SNS::Topic') return `arn:${partition}:sns:${region}:${ACCOUNT}:${id}`;
    if (Type === 'AWS::IAM::OIDCProvider') return this.attribute([id, 'Arn']);
    return Properties?.RoleName ?? id;
  }

  private attribute([id, name]: [string, string]): string {
    const { partition, region } = this.place;
    const { Type, Properties } = this.template.toJSON().Resources[id];
    const arns: { [type: string]: string } = {
      'AWS::IAM::OIDCProvider': `arn:${partition}:iam::${ACCOUNT}:oidc-provider/${Properties?.Url?.replace('https://', '')}`,
      'AWS::IAM::Role': `arn:${partition}:iam::${ACCOUNT}:role${Properties?.Path ?? '/'}${Properties?.RoleName ?? id}`,
      'AWS::KMS::Key': `arn:${partition}:kms:${region}:${ACCOUNT}:key/${id}`,
      'AWS::Logs::LogGroup': `arn:${partition}:logs:${region}:${ACCOUNT}:log-group:${id}:*`,
      'AWS::S3::Bucket': `arn:${partition}:s3:::${id}`,
      'AWS::CloudTrail::Trail': `arn:${partition}:cloudtrail:${region}:${ACCOUNT}:trail/${Properties?.TrailName}`,
      'AWS::CloudWatch::Alarm': `arn:${partition}:cloudwatch:${region}:${ACCOUNT}:alarm:${Properties?.AlarmName}`,
    };
    if (name !== 'Arn' || !(Type in arns)) throw new Error(`${name} of ${Type} is not known here`);
    return arns[Type];
  }

  /** The policies of a role, the inline ones, as they are after deployment. */
  public policiesOf(role: iam.IRole): object[] {
    const id = this.stack.resolve((role.node.defaultChild as iam.CfnRole).ref).Ref;
    return Object.values(resourcesOf(this.template, 'AWS::IAM::Policy'))
      .filter((policy) => policy.Properties.Roles.some((entry: { Ref: string }) => entry.Ref === id))
      .map((policy) => this.deployed(policy.Properties.PolicyDocument));
  }

  public trustOf(role: iam.IRole): object {
    return this.deployed(this.propertiesOf(role).AssumeRolePolicyDocument);
  }

  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  public propertiesOf(role: iam.IRole): any {
    const id = this.stack.resolve((role.node.defaultChild as iam.CfnRole).ref).Ref;
    return this.template.toJSON().Resources[id].Properties;
  }

  /** A role of the account, with nothing. */
  public roleNamed(name: string): iam.Role {
    return new iam.Role(this.stack, name, { assumedBy: new iam.AccountRootPrincipal() });
  }
}

export interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly principal?: string;
  readonly context?: { readonly [key: string]: string };
  readonly policies?: readonly object[];
}

/** Whether IAM allows a request, with every key of its context, those of identity providers too, which the simulator has no list of. */
export function grants(asked: Asked): boolean {
  const { action, resource, principal = `arn:aws:iam::${ACCOUNT}:role/machine`, context = {}, policies = [] } = asked;
  const result = runUnsafeSimulation(
    {
      request: { principal, action, resource: { resource, accountId: ACCOUNT }, contextVariables: { ...context } },
      identityPolicies: policies.map((policy, i) => ({ name: `policy${i}`, policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  return result === 'Allowed';
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: string | string[];
  readonly Principal?: { readonly [kind: string]: string };
  readonly Condition?: object;
}

interface Conditional {
  readonly action: string;
  readonly context?: { readonly [key: string]: string };
}

/** The conditions of statements, simulated on a plain call: the simulator's way that takes every key takes no policy of a resource. */
function holds(statements: Statement[], context?: { readonly [key: string]: string }): boolean {
  const [action, resource] = ['s3:ListAllMyBuckets', '*'];
  const Statement = statements.map(({ Effect, Condition }) => ({ Effect, Condition, Action: action, Resource: resource }));
  return grants({ action, resource, context, policies: [{ Version: '2012-10-17', Statement }] });
}

const statementsOf = (policy: object, action: string): Statement[] =>
  (policy as { Statement: Statement[] }).Statement.filter(({ Action }) => [Action].flat().includes(action));

/** Whether a role's trust policy lets somebody in, by its statements for exactly this principal and action. */
export function trusts(trust: object, { action, context, principal }: Conditional & { principal: string }): boolean {
  const named = statementsOf(trust, action).filter(({ Principal }) => Object.values(Principal ?? {}).includes(principal));
  return holds(named, context);
}

/** Whether policies allow the use of a key that leaves it to the account, by their statements for exactly this key and action. */
export function usesKey(policies: object[], { action, context, key }: Conditional & { key: string }): boolean {
  const named = policies.flatMap((policy) => statementsOf(policy, action)).filter(({ Resource }) => [Resource].flat().includes(key));
  return holds(named, context);
}

export const arnIn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** What an action says when it does not throw a problem that it should have. */
export function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}
