import type { Template } from 'aws-cdk-lib/assertions';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';

const PSEUDO: { readonly [name: string]: string } = {
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT,
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Stack',
};

/** What a reference to a resource gives once it is deployed, where that is an ARN. */
const ARN: { readonly [type: string]: (id: string) => string } = {
  'AWS::SecretsManager::Secret': (id) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}-AbCdEf`,
  'AWS::Logs::LogGroup': (id) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${id}:*`,
  'AWS::EFS::FileSystem': (id) => `arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:file-system/${id}`,
  'AWS::IAM::Role': (id) => `arn:aws:iam::${ACCOUNT}:role/${id}`,
  'AWS::IAM::ManagedPolicy': (id) => `arn:aws:iam::${ACCOUNT}:policy/${id}`,
  'AWS::IAM::OIDCProvider': (id) => `arn:aws:iam::${ACCOUNT}:oidc-provider/${id}`,
  'AWS::S3::Bucket': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::DynamoDB::Table': (id) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${id}`,
  'AWS::DynamoDB::GlobalTable': (id) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${id}`,
  'AWS::CloudTrail::Trail': (id) => `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/${id}`,
  'AWS::CloudWatch::Alarm': (id) => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${id}`,
  'AWS::SNS::Topic': (id) => `arn:aws:sns:${REGION}:${ACCOUNT}:${id}`,
  'AWS::KMS::Key': (id) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
};

/** References that give an ARN by `Ref`, and not by an attribute. */
const REF_IS_ARN = ['AWS::SecretsManager::Secret', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::OIDCProvider', 'AWS::SNS::Topic'];

/** The unique id of each role, of which a test uses one. */
export const ROLE_ID = 'AROAEXAMPLEEXAMPLE123';

/** A value of a template as it is after deployment, with the logical ids as physical ones. */
// biome-ignore lint/suspicious/noExplicitAny: templates have no types
export function deployed(template: Template, value: any): any {
  if (Array.isArray(value)) return value.map((entry) => deployed(template, entry));
  if (typeof value !== 'object' || value === null) return value;
  if ('Ref' in value) return PSEUDO[value.Ref] ?? referenced(template, value.Ref);
  if ('Fn::GetAtt' in value) return attribute(template, value['Fn::GetAtt']);
  if ('Fn::Join' in value) return deployed(template, value['Fn::Join'][1]).join(value['Fn::Join'][0]);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, deployed(template, entry)]));
}

const typeOf = (template: Template, id: string): string => template.toJSON().Resources[id].Type;

function referenced(template: Template, id: string): string {
  const type = typeOf(template, id);
  return REF_IS_ARN.includes(type) ? ARN[type](id) : id;
}

function attribute(template: Template, [id, name]: [string, string]): string {
  const type = typeOf(template, id);
  if (name === 'RoleId') return ROLE_ID;
  if (name === 'TopicArn') return ARN[type](id);
  if (name !== 'Arn' || !(type in ARN)) throw new Error(`${name} of ${type} is not known here`);
  return ARN[type](id);
}

export interface PolicyDocument {
  readonly Statement: { readonly Effect: string; readonly Action: string | string[]; readonly Resource: string | string[] }[];
}

/** The policies of a role, each as it is after deployment. */
export function policiesOf(template: Template, roleId: string): PolicyDocument[] {
  return Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .filter((policy) => policy.Properties.Roles.some((role: { Ref: string }) => role.Ref === roleId))
    .map((policy) => deployed(template, policy.Properties.PolicyDocument));
}
