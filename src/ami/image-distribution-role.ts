import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { Problems } from '../validation/problems';

/** Which images an account takes, and from whom. */
export interface ImageDistributionRoleProps {
  /** The account whose pipelines may copy images into this one. */
  readonly sourceAccount: string;

  /**
   * The keys of the source account that encrypt its images, in their regions.
   *
   * @default - images that are not encrypted by a key of the source account
   */
  readonly sourceKeys?: kms.IKey[];

  /**
   * The keys of this account that its copies are encrypted by.
   *
   * @default - none
   */
  readonly keys?: kms.IKey[];

  /**
   * The launch templates of this account that follow the images, by their ids.
   *
   * @default - none
   */
  readonly launchTemplateIds?: string[];
}

/**
 * The role by which Image Builder copies images into an account, in a stack of that account. Its name is fixed, so there is one of an account
 * for all pipelines and regions.
 *
 * Throws when the source account is none.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html
 */
export class ImageDistributionRole extends Construct {
  /** The role. */
  public readonly role: iam.Role;

  /**
   * @param scope a stack of the account that takes images
   * @param id unique in the scope
   * @param props from whom
   */
  constructor(scope: Construct, id: string, props: ImageDistributionRoleProps) {
    super(scope, id);
    const problems = new Problems();
    if (!Token.isUnresolved(props.sourceAccount) && !/^\d{12}$/.test(props.sourceAccount)) {
      problems.add(this, 'sourceAccount', `got "${props.sourceAccount}"; give the twelve digits of an account`);
    }
    problems.throwIfAny();
    this.role = new iam.Role(this, 'Role', {
      roleName: 'EC2ImageBuilderDistributionCrossAccountRole',
      description: `Copies images of ${props.sourceAccount} into this account`,
      assumedBy: new iam.AccountPrincipal(props.sourceAccount),
      inlinePolicies: {
        Distribute: new iam.PolicyDocument({
          statements: [...copies(Stack.of(this)), ...encrypts(props), ...launches(Stack.of(this), props)],
        }),
      },
    });
  }
}

function copies({ partition, account }: Stack): iam.PolicyStatement[] {
  const images = `arn:${partition}:ec2:*::image/*`;
  return [
    new iam.PolicyStatement({
      sid: 'CopyImages',
      actions: ['ec2:CopyImage', 'ec2:CreateTags', 'ec2:ModifyImageAttribute'],
      resources: [images, `arn:${partition}:ec2:*::snapshot/*`],
    }),
    // it has no resource-level permission
    new iam.PolicyStatement({ sid: 'FindImages', actions: ['ec2:DescribeImages'], resources: ['*'] }),
    new iam.PolicyStatement({
      sid: 'WriteCandidates',
      actions: ['ssm:PutParameter'],
      resources: [`arn:${partition}:ssm:*:${account}:parameter/imagebuilder/*/candidate`],
    }),
  ];
}

function encrypts({ sourceKeys = [], keys = [] }: ImageDistributionRoleProps): iam.PolicyStatement[] {
  const resources = [...sourceKeys, ...keys].map((key) => key.keyArn);
  if (resources.length === 0) return [];
  return [
    new iam.PolicyStatement({
      sid: 'EncryptCopies',
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources,
    }),
    new iam.PolicyStatement({
      sid: 'LetEbsEncryptCopies',
      actions: ['kms:CreateGrant'],
      resources,
      conditions: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ];
}

function launches({ partition, account }: Stack, { launchTemplateIds = [] }: ImageDistributionRoleProps): iam.PolicyStatement[] {
  if (launchTemplateIds.length === 0) return [];
  return [
    new iam.PolicyStatement({
      sid: 'ReplaceImagesOfTemplates',
      actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:ModifyLaunchTemplate'],
      resources: launchTemplateIds.map((id) => `arn:${partition}:ec2:*:${account}:launch-template/${id}`),
    }),
    // they have no resource-level permission
    new iam.PolicyStatement({
      sid: 'FindTemplates',
      actions: ['ec2:DescribeLaunchTemplates', 'ec2:DescribeLaunchTemplateVersions'],
      resources: ['*'],
    }),
  ];
}
