import type { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { ExecutionParts } from './execution-parts';

/** What Image Builder does with an image once it is tested: copies, permissions, parameters, licences and launch templates. */
export function distributes(stack: Stack, parts: ExecutionParts): iam.PolicyStatement[] {
  const regions = parts.regions.map(({ region }) => region);
  const open = (resource: string) => regions.map((region) => `arn:${stack.partition}:ec2:${region}::${resource}/*`);
  const parameters = regions.map((region) => parameter(stack, region, stack.account, parts.candidateParameterName));
  const made = { StringEquals: { 'ec2:ResourceTag/CreatedBy': 'EC2 Image Builder' } };
  return [
    new iam.PolicyStatement({ sid: 'CopyImages', actions: ['ec2:CopyImage'], resources: [...open('image'), ...open('snapshot')] }),
    new iam.PolicyStatement({
      sid: 'ShareImages',
      actions: ['ec2:DeregisterImage', 'ec2:ModifyImageAttribute'],
      resources: open('image'),
      conditions: made,
    }),
    new iam.PolicyStatement({
      sid: 'ShareSnapshots',
      actions: ['ec2:ModifySnapshotAttribute'],
      resources: open('snapshot'),
      conditions: made,
    }),
    new iam.PolicyStatement({ sid: 'WriteTheCandidate', actions: ['ssm:GetParameter', 'ssm:PutParameter'], resources: parameters }),
    ...base(stack, parts.parentImage),
    ...encrypts(parts),
    ...others(stack, parts),
  ];
}

const parameter = (stack: Stack, region: string, account: string, name: string) =>
  `arn:${stack.partition}:ssm:${region}:${account}:parameter${name}`;

/** The base is named by a parameter, which is read when a build starts: one of a publisher, or one of this account. */
function base(stack: Stack, parentImage: string): iam.PolicyStatement[] {
  if (!parentImage.startsWith('ssm:')) return [];
  const name = parentImage.slice('ssm:'.length);
  const account = name.startsWith('/aws/service/') ? '' : stack.account;
  return [
    new iam.PolicyStatement({
      sid: 'FindTheBase',
      actions: ['ssm:GetParameter'],
      resources: [parameter(stack, stack.region, account, name)],
    }),
  ];
}

function encrypts({ keyArns }: ExecutionParts): iam.PolicyStatement[] {
  if (keyArns.length === 0) return [];
  // in China the name of the service ends in `.cn`
  const viaEc2 = { StringLike: { 'kms:ViaService': 'ec2.*.amazonaws.com*' } };
  return [
    new iam.PolicyStatement({
      sid: 'EncryptImages',
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: [...keyArns],
      conditions: viaEc2,
    }),
    new iam.PolicyStatement({
      sid: 'LetEbsEncryptImages',
      actions: ['kms:CreateGrant'],
      resources: [...keyArns],
      conditions: { ...viaEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

function others(stack: Stack, { regions }: ExecutionParts): iam.PolicyStatement[] {
  const accounts = [...new Set(regions.flatMap(({ options }) => options.copyTo ?? []))];
  const templates = regions.flatMap(({ region, options }) =>
    (options.launchTemplates ?? [])
      .filter(({ account }) => account === undefined)
      .map(({ launchTemplateId }) => `arn:${stack.partition}:ec2:${region}:${stack.account}:launch-template/${launchTemplateId}`),
  );
  const licences = [...new Set(regions.flatMap(({ options }) => options.licenseConfigurations ?? []))];
  return [
    accounts.length > 0 &&
      new iam.PolicyStatement({
        sid: 'CopyToAccounts',
        actions: ['sts:AssumeRole'],
        resources: accounts.map((account) => `arn:${stack.partition}:iam::${account}:role/EC2ImageBuilderDistributionCrossAccountRole`),
      }),
    templates.length > 0 &&
      new iam.PolicyStatement({
        sid: 'ReplaceImagesOfTemplates',
        actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
        resources: templates,
      }),
    licences.length > 0 &&
      new iam.PolicyStatement({
        sid: 'AssociateLicences',
        actions: ['license-manager:UpdateLicenseSpecificationsForResource'],
        resources: licences,
      }),
  ].filter((statement) => statement instanceof iam.PolicyStatement);
}
