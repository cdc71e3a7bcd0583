import { Names, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as imagebuilder from 'aws-cdk-lib/aws-imagebuilder';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { RegionOptions } from '../../image-distribution-options';
import { IMAGE_TAG, RECIPE_VERSION_TAG } from './image-tags';
import type { RegionConfig } from './region-config';

export interface DistributedImage {
  readonly name: string;
  readonly recipeVersion: string;
  readonly candidateParameterName: string;
  /** What encrypts the image where it is built. */
  readonly volumeKey?: kms.IKey;
}

/** The regions that the image goes to, of which the stack's own is always one. */
export function regionsOf(scope: Construct, given: readonly RegionConfig[]): RegionConfig[] {
  const home = Stack.of(scope).region;
  return given.some(({ region }) => region === home) ? [...given] : [{ region: home, options: {} }, ...given];
}

export function makeDistribution(
  scope: Construct,
  regions: readonly RegionConfig[],
  image: DistributedImage,
): imagebuilder.CfnDistributionConfiguration {
  for (const { region, options } of regions) {
    const key = options.key ?? (region === Stack.of(scope).region ? image.volumeKey : undefined);
    if (key) share(scope, key, options);
  }
  return new imagebuilder.CfnDistributionConfiguration(scope, 'Distribution', {
    name: image.name,
    distributions: regions.map(({ region, options }) => distributionOf(Stack.of(scope).account, region, options, image)),
  });
}

function distributionOf(
  account: string,
  region: string,
  options: RegionOptions,
  { name, recipeVersion, candidateParameterName }: DistributedImage,
): imagebuilder.CfnDistributionConfiguration.DistributionProperty {
  const { accounts, organizations, organizationalUnits, copyTo = [], licenseConfigurations, launchTemplates } = options;
  const permissions = { UserIds: accounts, OrganizationArns: organizations, OrganizationalUnitArns: organizationalUnits };
  const parameter = { parameterName: candidateParameterName, dataType: 'aws:ec2:image' };
  return {
    region,
    // the type of it is unknown to the CDK, so that nothing puts its keys into CloudFormation's form
    amiDistributionConfiguration: {
      Name: `${options.amiName ?? name}-{{ imagebuilder:buildDate }}`,
      AmiTags: { ...options.tags, [IMAGE_TAG]: name, [RECIPE_VERSION_TAG]: recipeVersion },
      KmsKeyId: options.key?.keyArn,
      LaunchPermissionConfiguration: Object.values(permissions).some((list) => list?.length) ? permissions : undefined,
      // once accounts are named, this one is no target by itself, and only targets get parameters
      TargetAccountIds: copyTo.length > 0 ? [account, ...copyTo] : undefined,
    },
    ssmParameterConfigurations: [parameter, ...copyTo.map((amiAccountId) => ({ ...parameter, amiAccountId }))],
    licenseConfigurationArns: licenseConfigurations,
    launchTemplateConfigurations: launchTemplates?.map(({ launchTemplateId, account: accountId, setDefault }) => ({
      launchTemplateId,
      accountId,
      setDefaultVersion: setDefault ?? true,
    })),
  };
}

/**
 * Who starts a machine from an encrypted image reads its snapshots by the key, and lets EBS do so. Of an organizational unit the whole
 * organization may use the key, as key policies know no units by their ARN; what it may start, the image's own permissions say.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/AMIEncryption.html
 */
function share(scope: Construct, key: kms.IKey, options: RegionOptions): void {
  const { accounts = [], copyTo = [], organizations = [], organizationalUnits = [] } = options;
  const readers = [...new Set([...accounts, ...copyTo])].map((account) => new iam.AccountPrincipal(account));
  const ids = [...new Set([...organizations, ...organizationalUnits].map((arn) => arn.split('/')[1]))];
  // a key can be that of several images, and a policy has each sid once
  const suffix = Names.nodeUniqueId(scope.node).slice(-8);
  if (readers.length > 0) allow(key, `Accounts${suffix}`, readers, {});
  if (ids.length > 0) {
    allow(key, `Organizations${suffix}`, [new iam.AnyPrincipal()], { StringEquals: { 'aws:PrincipalOrgID': ids } });
  }
}

function allow(key: kms.IKey, who: string, principals: iam.IPrincipal[], conditions: { [operator: string]: unknown }): void {
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: `ReadSharedImages${who}`,
      principals,
      actions: ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      resources: ['*'],
      conditions,
    }),
  );
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: `LetEbsReadSharedImages${who}`,
      principals,
      actions: ['kms:CreateGrant'],
      resources: ['*'],
      conditions: { ...conditions, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  );
}
