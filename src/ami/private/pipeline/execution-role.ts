import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { ExecutionParts } from './execution-parts';
import { distributes } from './execution-role-distribution';

const MADE = { 'aws:RequestTag/CreatedBy': 'EC2 Image Builder' };
const IS_OF_BUILDER = { StringEquals: { 'ec2:ResourceTag/CreatedBy': 'EC2 Image Builder' } };

/**
 * What Image Builder works with. Its own role (AWSServiceRoleForImageBuilder, or AWS's EC2ImageBuilderExecutionPolicy for a role such as this
 * one) may do all of this with everything in the account; here it is this builder, this network, this parameter and these regions, without what
 * is for Windows, containers, and disk images.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSServiceRoleForImageBuilder.html
 */
export function makeExecutionRole(scope: Construct, parts: ExecutionParts): iam.Role {
  const stack = Stack.of(scope);
  return new iam.Role(scope, 'ExecutionRole', {
    description: `Lets Image Builder make the image ${parts.name}`,
    assumedBy: new iam.ServicePrincipal('imagebuilder.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
    permissionsBoundary: parts.permissionsBoundary,
    inlinePolicies: {
      Build: new iam.PolicyDocument({
        statements: [...starts(stack, parts), ...images(stack), ...reaches(stack), ...reports(stack, parts)],
      }),
      Distribute: new iam.PolicyDocument({ statements: distributes(stack, parts) }),
    },
  });
}

function starts(stack: Stack, { builderRole, network }: ExecutionParts): iam.PolicyStatement[] {
  const own = (resource: string, resourceName: string) => stack.formatArn({ service: 'ec2', resource, resourceName });
  const open = (resource: string) => `arn:${stack.partition}:ec2:${stack.region}::${resource}/*`;
  return [
    new iam.PolicyStatement({
      sid: 'StartBuilders',
      actions: ['ec2:RunInstances'],
      resources: [
        open('image'),
        open('snapshot'),
        own('subnet', network.subnetId),
        own('network-interface', '*'),
        ...network.securityGroupIds.map((id) => own('security-group', id)),
      ],
    }),
    new iam.PolicyStatement({
      sid: 'StartMarkedBuilders',
      actions: ['ec2:RunInstances'],
      resources: [own('instance', '*'), own('volume', '*')],
      conditions: { StringEquals: MADE },
    }),
    new iam.PolicyStatement({
      sid: 'GiveBuildersTheirRole',
      actions: ['iam:PassRole'],
      resources: [builderRole.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
    }),
    new iam.PolicyStatement({
      sid: 'StopBuilders',
      actions: ['ec2:DescribeInstanceAttribute', 'ec2:StartInstances', 'ec2:StopInstances', 'ec2:TerminateInstances'],
      resources: [own('instance', '*')],
      conditions: IS_OF_BUILDER,
    }),
    // they have no resource-level permission
    new iam.PolicyStatement({
      sid: 'LookAround',
      actions: [
        'ec2:DescribeHosts',
        'ec2:DescribeImages',
        'ec2:DescribeInstanceStatus',
        'ec2:DescribeInstanceTypeOfferings',
        'ec2:DescribeInstanceTypes',
        'ec2:DescribeInstances',
        'ec2:DescribeLaunchTemplateVersions',
        'ec2:DescribeLaunchTemplates',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSnapshots',
        'ec2:DescribeSubnets',
        'ec2:DescribeTags',
        'ec2:DescribeVolumes',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
    }),
  ];
}

function images(stack: Stack): iam.PolicyStatement[] {
  const instances = stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' });
  const open = (resource: string) => `arn:${stack.partition}:ec2:*::${resource}/*`;
  return [
    new iam.PolicyStatement({
      sid: 'MakeImagesOfBuilders',
      actions: ['ec2:CreateImage'],
      resources: [instances],
      conditions: IS_OF_BUILDER,
    }),
    new iam.PolicyStatement({ sid: 'MakeImages', actions: ['ec2:CreateImage'], resources: [open('image'), open('snapshot')] }),
    // machines, volumes and snapshots get their tags when they are made, and not later
    new iam.PolicyStatement({
      sid: 'MarkWhatIsMade',
      actions: ['ec2:CreateTags'],
      resources: [
        instances,
        stack.formatArn({ service: 'ec2', resource: 'volume', resourceName: '*' }),
        stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' }),
        open('snapshot'),
      ],
      conditions: { StringEquals: { ...MADE, 'ec2:CreateAction': ['RunInstances', 'CreateImage', 'CopyImage'] } },
    }),
    new iam.PolicyStatement({
      sid: 'MarkSnapshots',
      actions: ['ec2:CreateTags'],
      resources: [open('snapshot')],
      conditions: { StringEquals: MADE },
    }),
    new iam.PolicyStatement({ sid: 'MarkImages', actions: ['ec2:CreateTags'], resources: [open('image')] }),
  ];
}

/** Builders are reached through Systems Manager. */
function reaches(stack: Stack): iam.PolicyStatement[] {
  // of AWS, whose account is written in two ways
  const document = (name: string) => stack.formatArn({ service: 'ssm', account: '*', resource: 'document', resourceName: name });
  return [
    new iam.PolicyStatement({ sid: 'RunShellScripts', actions: ['ssm:SendCommand'], resources: [document('AWS-RunShellScript')] }),
    new iam.PolicyStatement({
      sid: 'RunThemOnBuilders',
      actions: ['ssm:SendCommand'],
      resources: [stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' })],
      conditions: { StringEquals: { 'ssm:resourceTag/CreatedBy': 'EC2 Image Builder' } },
    }),
    // the list of packages, which is kept with the image
    new iam.PolicyStatement({
      sid: 'ListWhatIsInstalled',
      actions: [
        'ssm:CreateAssociation',
        'ssm:DeleteAssociation',
        'ssm:DescribeAssociationExecutions',
        'ssm:DescribeInstanceAssociationsStatus',
      ],
      resources: [
        document('AWS-GatherSoftwareInventory'),
        stack.formatArn({ service: 'ssm', resource: 'association', resourceName: '*' }),
        stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' }),
      ],
    }),
    // they have no resource-level permission
    new iam.PolicyStatement({
      sid: 'FollowCommands',
      actions: [
        'ssm:DescribeInstanceInformation',
        'ssm:GetCommandInvocation',
        'ssm:ListCommandInvocations',
        'ssm:ListCommands',
        'ssm:ListInventoryEntries',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      sid: 'LetSystemsManagerIn',
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [`arn:${stack.partition}:iam::${stack.account}:role/aws-service-role/ssm.amazonaws.com/*`],
      conditions: { StringEquals: { 'iam:AWSServiceName': 'ssm.amazonaws.com' } },
    }),
  ];
}

function reports(stack: Stack, { groups, scanning, gate, topicArn }: ExecutionParts): iam.PolicyStatement[] {
  const statements = [
    new iam.PolicyStatement({
      sid: 'WriteLogs',
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: groups.arns,
    }),
  ];
  if (scanning) {
    statements.push(
      // they have no resource-level permission
      new iam.PolicyStatement({ sid: 'ReadFindings', actions: ['inspector2:ListCoverage', 'inspector2:ListFindings'], resources: ['*'] }),
      new iam.PolicyStatement({
        sid: 'FollowTheScan',
        actions: ['events:DeleteRule', 'events:DescribeRule', 'events:PutRule', 'events:PutTargets', 'events:RemoveTargets'],
        resources: [stack.formatArn({ service: 'events', resource: 'rule', resourceName: 'ImageBuilder-*' })],
      }),
    );
  }
  if (gate) {
    const executions = stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${gate.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    statements.push(
      new iam.PolicyStatement({ sid: 'RunTheGate', actions: ['states:StartExecution'], resources: [gate.stateMachineArn] }),
      new iam.PolicyStatement({ sid: 'FollowTheGate', actions: ['states:DescribeExecution'], resources: [executions] }),
    );
  }
  if (topicArn) statements.push(new iam.PolicyStatement({ sid: 'TellOfBuilds', actions: ['sns:Publish'], resources: [topicArn] }));
  return statements;
}
