import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import { ImageDistribution, ImageDistributionRole, type ImageDistributionRoleProps } from '../../src';
import type { RegionOptions } from '../../src/ami/image-distribution-options';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION } from '../synthesized';
import { CANDIDATE, deployed, NAME, only, piped, policiesOfRole, refusalOf, stackIn } from './pipeline-stack';

const OTHER = '222233334444';
const UNIT = `arn:aws:organizations::${ACCOUNT}:ou/o-abc/ou-abc-def`;
const ORGANIZATION = `arn:aws:organizations::${ACCOUNT}:organization/o-abc`;

function distributed(options?: RegionOptions, region = 'eu-west-1') {
  const { template } = piped((stack) => ({
    volumes: { key: kms.Key.fromKeyArn(stack, 'Given', `arn:aws:kms:${REGION}:${ACCOUNT}:key/own`) },
    distribution: options ? [ImageDistribution.region(region, options)] : undefined,
  }));
  const { Distributions } = only(template, 'AWS::ImageBuilder::DistributionConfiguration').Properties;
  const found = Distributions.find(({ Region }: { Region: string }) => Region === region) ?? Distributions[0];
  return { template, all: Distributions, region: deployed(template, found), ami: deployed(template, found).AmiDistributionConfiguration };
}

const keyIn = (region: string) => kms.Key.fromKeyArn(stackIn(region), 'Key', `arn:aws:kms:${region}:${ACCOUNT}:key/there`);

describe('without a distribution', () => {
  test('the image is in the region of the stack only, with its candidate parameter', () => {
    const { all, region } = distributed();
    expect(all).toHaveLength(1);
    expect(region.Region).toBe(REGION);
    expect(region.SsmParameterConfigurations).toEqual([{ ParameterName: CANDIDATE, DataType: 'aws:ec2:image' }]);
  });
});

describe('ImageDistribution.region', () => {
  test('the image goes there, and stays in the region of the stack', () => {
    const { all } = distributed({});
    expect(all.map(({ Region }: { Region: string }) => Region)).toEqual([REGION, 'eu-west-1']);
    for (const { SsmParameterConfigurations } of all) expect(SsmParameterConfigurations[0].ParameterName).toBe(CANDIDATE);
  });

  test('RegionOptions.accounts left out: only this account may start machines from it', () => {
    expect(distributed({}).ami.LaunchPermissionConfiguration).toBeUndefined();
  });

  test('accounts may start machines from it', () => {
    const { ami } = distributed({ accounts: [OTHER] }, REGION);
    expect(ami.LaunchPermissionConfiguration).toEqual({ UserIds: [OTHER] });
    expect(ami.TargetAccountIds).toBeUndefined();
  });

  test('RegionOptions.organizations left out: no organization may', () => {
    expect(distributed({ accounts: [OTHER] }, REGION).ami.LaunchPermissionConfiguration.OrganizationArns).toBeUndefined();
  });

  test('RegionOptions.organizationalUnits left out: no organizational unit may', () => {
    const { ami } = distributed({ organizations: [ORGANIZATION] }, REGION);
    expect(ami.LaunchPermissionConfiguration).toEqual({ OrganizationArns: [ORGANIZATION] });
  });

  test('organizational units may', () => {
    const { ami } = distributed({ organizationalUnits: [UNIT] }, REGION);
    expect(ami.LaunchPermissionConfiguration).toEqual({ OrganizationalUnitArns: [UNIT] });
  });

  test('RegionOptions.copyTo left out: no account gets a copy', () => {
    expect(distributed({}).ami.TargetAccountIds).toBeUndefined();
  });

  test('accounts get a copy and the parameter, beside this account', () => {
    const { ami, region } = distributed({ copyTo: [OTHER] }, REGION);
    expect(ami.TargetAccountIds).toEqual([ACCOUNT, OTHER]);
    expect(region.SsmParameterConfigurations).toEqual([
      { ParameterName: CANDIDATE, DataType: 'aws:ec2:image' },
      { ParameterName: CANDIDATE, DataType: 'aws:ec2:image', AmiAccountId: OTHER },
    ]);
  });

  test('RegionOptions.key left out: no key is named for the copy', () => {
    expect(distributed({}).ami.KmsKeyId).toBeUndefined();
  });

  test('the copy is encrypted by the key of its region', () => {
    expect(distributed({ key: keyIn('eu-west-1'), accounts: [OTHER] }).ami.KmsKeyId).toBe(`arn:aws:kms:eu-west-1:${ACCOUNT}:key/there`);
  });

  test('RegionOptions.tags left out: an image has the tags of this library only', () => {
    expect(Object.keys(distributed({}).ami.AmiTags)).toEqual(['cdk-atlantis:image', 'cdk-atlantis:recipe-version']);
    expect(distributed({ tags: { team: 'platform' } }).ami.AmiTags).toMatchObject({ team: 'platform', 'cdk-atlantis:image': NAME });
  });

  test('RegionOptions.amiName left out: an AMI is called as the image, with the date', () => {
    expect(distributed({}).ami.Name).toBe(`${NAME}-{{ imagebuilder:buildDate }}`);
    expect(distributed({ amiName: 'atlantis server' }).ami.Name).toBe('atlantis server-{{ imagebuilder:buildDate }}');
  });

  test('RegionOptions.licenseConfigurations left out: no licence is associated', () => {
    expect(distributed({}).region.LicenseConfigurationArns).toBeUndefined();
    const arn = `arn:aws:license-manager:eu-west-1:${ACCOUNT}:license-configuration:lic-1`;
    const { template, region } = distributed({ licenseConfigurations: [arn] });
    expect(region.LicenseConfigurationArns).toEqual([arn]);
    expect(JSON.stringify(policiesOfRole(template, 'ExecutionRole'))).toContain(arn);
  });

  test('RegionOptions.launchTemplates left out: no launch template follows each image', () => {
    expect(distributed({}).region.LaunchTemplateConfigurations).toBeUndefined();
  });

  test('DistributedLaunchTemplate.setDefault left out: the new version becomes the default version', () => {
    const { region } = distributed({ launchTemplates: [{ launchTemplateId: 'lt-1' }] });
    expect(region.LaunchTemplateConfigurations).toEqual([{ LaunchTemplateId: 'lt-1', SetDefaultVersion: true }]);
  });

  test('DistributedLaunchTemplate.account left out: the template is of this account, and Image Builder may write it', async () => {
    const { template } = distributed({ launchTemplates: [{ launchTemplateId: 'lt-1' }] });
    const policies = policiesOfRole(template, 'ExecutionRole');
    const allowed = (resource: string) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/x`, action: 'ec2:CreateLaunchTemplateVersion', resource, policies });
    expect(await allowed(`arn:aws:ec2:eu-west-1:${ACCOUNT}:launch-template/lt-1`)).toBe(true);
    expect(await allowed(`arn:aws:ec2:eu-west-1:${ACCOUNT}:launch-template/lt-2`)).toBe(false);
  });

  test('a template of an account that gets a copy is written there', () => {
    const launchTemplates = [{ launchTemplateId: 'lt-1', account: OTHER, setDefault: false }];
    const { region } = distributed({ copyTo: [OTHER], launchTemplates, key: keyIn('eu-west-1') });
    expect(region.LaunchTemplateConfigurations).toEqual([{ LaunchTemplateId: 'lt-1', AccountId: OTHER, SetDefaultVersion: false }]);
  });
});

describe('a key of the same app', () => {
  function policyOf(options: RegionOptions) {
    const { template } = piped((stack) => ({
      distribution: [ImageDistribution.region(REGION, { ...options, key: new kms.Key(stack, 'Key') })],
    }));
    return deployed(template, only(template, 'AWS::KMS::Key').Properties.KeyPolicy);
  }
  const uses = (resourcePolicy: object, principal: string, action: string, context: { [key: string]: string } = {}) =>
    isAllowed(
      {
        principal,
        action,
        resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`,
        context,
        policies: [{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] }],
        resourcePolicy,
      },
      ACCOUNT,
    );
  const reader = `arn:aws:iam::${OTHER}:role/launcher`;
  const grant = { 'kms:GrantIsForAWSResource': 'true' };

  test('lets the accounts read the image, and EBS for them', async () => {
    for (const options of [{ accounts: [OTHER] }, { copyTo: [OTHER] }]) {
      const policy = policyOf(options);
      expect(await uses(policy, reader, 'kms:Decrypt')).toBe(true);
      expect(await uses(policy, reader, 'kms:CreateGrant', grant)).toBe(true);
      expect(await uses(policy, reader, 'kms:CreateGrant')).toBe(false);
      expect(await uses(policy, reader, 'kms:ScheduleKeyDeletion')).toBe(false);
      expect(await uses(policy, 'arn:aws:iam::333344445555:role/other', 'kms:Decrypt')).toBe(false);
    }
  });

  test('lets the organization read the image, and no other', async () => {
    const policy = policyOf({ organizations: [ORGANIZATION], organizationalUnits: [UNIT] });
    expect(await uses(policy, reader, 'kms:Decrypt', { 'aws:PrincipalOrgID': 'o-abc' })).toBe(true);
    expect(await uses(policy, reader, 'kms:Decrypt', { 'aws:PrincipalOrgID': 'o-other' })).toBe(false);
  });

  test('has each sid once, also as the key of two images', () => {
    const stack = stackIn();
    const key = new kms.Key(stack, 'Key');
    const sids = policyOf({ accounts: [OTHER], organizations: [ORGANIZATION] })
      .Statement.map(({ Sid }: { Sid?: string }) => Sid)
      .filter((sid: string | undefined) => sid);
    expect(new Set(sids).size).toBe(sids.length);
    expect(sids.length).toBe(4);
    expect(key.keyArn).toBeDefined();
  });

  test('a key of the volumes is shared as well', () => {
    const { template } = piped((stack) => ({
      volumes: { key: new kms.Key(stack, 'Key') },
      distribution: [ImageDistribution.region(REGION, { accounts: [OTHER] })],
    }));
    expect(JSON.stringify(only(template, 'AWS::KMS::Key').Properties.KeyPolicy)).toContain(OTHER);
  });
});

describe('a distribution is refused', () => {
  const refused = (options: RegionOptions, region = REGION) =>
    refusalOf(() => ({ distribution: [ImageDistribution.region(region, options)] }));

  test('that shares what is encrypted by the key of AWS', () => {
    for (const options of [
      { accounts: [OTHER] },
      { copyTo: [OTHER] },
      { organizations: [ORGANIZATION] },
      { organizationalUnits: [UNIT] },
    ]) {
      expect(refused(options)).toContain(
        `distribution (${REGION}): other accounts cannot read what is encrypted by the key that AWS keeps for EBS; give \`volumes.key\``,
      );
    }
    expect(refused({ accounts: [OTHER] }, 'eu-west-1')).toContain('give `key`, a key of that region');
  });

  test('with a key of another region', () => {
    const message = refused({ key: keyIn('us-east-1') }, 'eu-west-1');
    expect(message).toContain(
      'distribution (eu-west-1).key: got a key of us-east-1; keys are for their region only, give one of eu-west-1',
    );
  });

  test('that names a region twice', () => {
    const message = refusalOf(() => ({ distribution: [ImageDistribution.region(REGION), ImageDistribution.region(REGION)] }));
    expect(message).toContain(`distribution (${REGION}): got this region twice; say all of it at one place`);
  });

  test('of a stack whose region is not known', () => {
    const stack = new Stack(new App(), 'Stack');
    const message = refusalOf(() => ({ distribution: [ImageDistribution.region('eu-west-1')] }), stack);
    expect(message).toContain("the stack's region is not known, so that it cannot be told from others; give the stack an `env`");
  });

  test('with values that Image Builder does not take', () => {
    const message = refused(
      {
        accounts: ['me'],
        copyTo: ['1'],
        organizations: ['o-abc'],
        organizationalUnits: ['ou-abc'],
        amiName: '-',
        tags: { CreatedBy: 'me', 'cdk-atlantis:x': 'y' },
        launchTemplates: [{ launchTemplateId: 'template' }, { launchTemplateId: 'lt-1', account: OTHER }],
      },
      'Ireland',
    );
    expect(message).toContain('distribution (Ireland).region: got "Ireland"; give a region, as in eu-west-1');
    expect(message).toContain('.accounts: got "me"; give the twelve digits of an account');
    expect(message).toContain('.copyTo: got "1"; give the twelve digits of an account');
    expect(message).toContain('.organizations: got "o-abc"; give the ARN of an organization');
    expect(message).toContain('.organizationalUnits: got "ou-abc"; give the ARN of an organizational unit');
    expect(message).toContain('.tags: got "CreatedBy"; give a key that is not set by itself');
    expect(message).toContain('.tags: got "cdk-atlantis:x"; give a key that is not set by itself');
    expect(message).toContain('.launchTemplates: got "template"; give the id of a launch template, as in lt-0123456789abcdef0');
    expect(message).toContain('.launchTemplates: got one of 222233334444, which gets no copy here; add it to `copyTo`');
    expect(refused({ amiName: 'a/b' })).toContain('.amiName: got "a/b"; give letters, digits, spaces, dots and dashes, 90 at most');
  });
});

describe('ImageDistributionRole', () => {
  function made(props: Partial<ImageDistributionRoleProps> = {}): Template {
    const stack = stackIn();
    new ImageDistributionRole(stack, 'Role', { sourceAccount: OTHER, ...props });
    return Template.fromStack(stack);
  }
  const allowed = (template: Template, action: string, resource: string, resourcePolicy?: object) =>
    isAllowed({
      principal: `arn:aws:iam::${ACCOUNT}:role/x`,
      action,
      resource,
      policies: policiesOfRole(template, 'Role'),
      resourcePolicy,
    });

  test('has the name that Image Builder asks for, and is for the source account only', () => {
    const role = deployed(made(), only(made(), 'AWS::IAM::Role').Properties);
    expect(role.RoleName).toBe('EC2ImageBuilderDistributionCrossAccountRole');
    expect(role.AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ AWS: `arn:aws:iam::${OTHER}:root` });
  });

  test('copies images and writes candidates, and nothing that is promoted', async () => {
    expect(await allowed(made(), 'ec2:CopyImage', `arn:aws:ec2:${REGION}::image/ami-1`)).toBe(true);
    const parameter = (name: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${name}`;
    expect(await allowed(made(), 'ssm:PutParameter', parameter(CANDIDATE))).toBe(true);
    expect(await allowed(made(), 'ssm:PutParameter', parameter(`/images/${NAME}/promoted`))).toBe(false);
    expect(await allowed(made(), 'ec2:DeregisterImage', `arn:aws:ec2:${REGION}::image/ami-1`)).toBe(false);
  });

  test('ImageDistributionRoleProps.sourceKeys left out: it decrypts nothing', () => {
    expect(JSON.stringify(policiesOfRole(made(), 'Role'))).not.toContain('kms:');
  });

  test('ImageDistributionRoleProps.keys left out: only the keys of the source are used', () => {
    const arn = `arn:aws:kms:${REGION}:${OTHER}:key/1`;
    expect(JSON.stringify(policiesOfRole(made({ sourceKeys: [kms.Key.fromKeyArn(stackIn(), 'Source', arn)] }), 'Role'))).toContain(
      `"Resource":"${arn}"`,
    );
  });

  test('ImageDistributionRoleProps.launchTemplateIds left out: it writes no launch template', async () => {
    const arn = `arn:aws:ec2:${REGION}:${ACCOUNT}:launch-template/lt-1`;
    expect(await allowed(made(), 'ec2:CreateLaunchTemplateVersion', arn)).toBe(false);
    expect(await allowed(made({ launchTemplateIds: ['lt-1'] }), 'ec2:CreateLaunchTemplateVersion', arn)).toBe(true);
  });

  test('a source that is no account is refused', () => {
    expect(() => made({ sourceAccount: 'me' })).toThrow('sourceAccount: got "me"; give the twelve digits of an account');
  });
});
