import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { BuilderOptions } from '../../builder-options';
import type { BuildLogGroups } from './build-logs';

/**
 * What the machine may do that images are made on: what AWS's EC2InstanceProfileForImageBuilder and AmazonSSMManagedInstanceCore allow it for
 * an AMI, without what is for containers, for disk images and for patches, and without `ssm:GetParameter`, by which it could read every
 * parameter of the account.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/EC2InstanceProfileForImageBuilder.html
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSSMManagedInstanceCore.html
 */
export function makeBuilderRole(scope: Construct, name: string, builder: BuilderOptions, groups: BuildLogGroups): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, 'BuilderRole', {
    description: `Builds the image ${name}`,
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    managedPolicies: builder.managedPolicies,
    permissionsBoundary: builder.permissionsBoundary,
    inlinePolicies: {
      Build: new iam.PolicyDocument({ statements: [...reachable(stack), ...buildable(stack), writesLogs(groups)] }),
    },
  });
  for (const statement of builder.statements ?? []) role.addToPolicy(statement);
  const { bucket, prefix } = builder.logs ?? {};
  bucket?.grantPut(role, `${prefix ?? name}/*`);
  return role;
}

function reachable(stack: Stack): iam.PolicyStatement[] {
  const own = (service: string, resource: string) => stack.formatArn({ service, resource, resourceName: '*' });
  const instances = own('ec2', 'instance');
  return [
    // the agent's talk with Systems Manager, where IAM knows no resources
    new iam.PolicyStatement({
      sid: 'BeReached',
      actions: [
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({ sid: 'RegisterItself', actions: ['ssm:UpdateInstanceInformation'], resources: [instances] }),
    // the list of packages that Image Builder keeps of an image, and that Amazon Inspector scans
    new iam.PolicyStatement({
      sid: 'DoAsItIsTold',
      actions: [
        'ssm:DescribeAssociation',
        'ssm:DescribeDocument',
        'ssm:GetDocument',
        'ssm:ListInstanceAssociations',
        'ssm:PutComplianceItems',
        'ssm:UpdateAssociationStatus',
        'ssm:UpdateInstanceAssociationStatus',
      ],
      resources: [
        instances,
        own('ssm', 'association'),
        own('ssm', 'document'),
        stack.formatArn({ service: 'ssm', account: '', resource: 'document', resourceName: '*' }),
      ],
    }),
    // they have no resource-level permission
    new iam.PolicyStatement({
      sid: 'TellWhatIsInstalled',
      actions: ['ssm:GetManifest', 'ssm:ListAssociations', 'ssm:PutConfigurePackageResult', 'ssm:PutInventory'],
      resources: ['*'],
    }),
  ];
}

function buildable(stack: Stack): iam.PolicyStatement[] {
  const component = (account: string) => stack.formatArn({ service: 'imagebuilder', account, resource: 'component', resourceName: '*' });
  return [
    new iam.PolicyStatement({
      sid: 'ReadComponents',
      actions: ['imagebuilder:GetComponent'],
      resources: [component(stack.account), component('aws')],
    }),
    // components that are encrypted by a key of the account
    new iam.PolicyStatement({
      sid: 'DecryptComponents',
      actions: ['kms:Decrypt'],
      resources: [stack.formatArn({ service: 'kms', resource: 'key', resourceName: '*' })],
      conditions: {
        'ForAnyValue:StringEquals': {
          'kms:EncryptionContextKeys': 'aws:imagebuilder:arn',
          'aws:CalledVia': ['imagebuilder.amazonaws.com'],
        },
      },
    }),
    // Image Builder's own buckets: the program that executes components, and what AWS's components fetch
    new iam.PolicyStatement({
      sid: 'FetchTheExecutor',
      actions: ['s3:GetObject'],
      resources: [`arn:${stack.partition}:s3:::ec2imagebuilder*/*`],
    }),
  ];
}

function writesLogs({ image }: BuildLogGroups): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'WriteLogs',
    actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [image.logGroupArn],
  });
}
