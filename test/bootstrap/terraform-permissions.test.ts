import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { StateLocks, StateStorage, TerraformPermissions } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { bootstrapped, refusalOfBootstrap } from './bootstrapped';
import { isAllowed } from './simulated';
import { mayUseKey } from './storage-stack';

const readOnly = ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess');

describe('given policies', () => {
  const { template } = bootstrapped(() => ({
    permissions: TerraformPermissions.policies([readOnly]),
    locks: StateLocks.dynamoDb(),
  }));
  const roles = Object.values(resourcesOf(template, 'AWS::IAM::Role'));
  const policies = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.PolicyName === 'states')
    .map(({ Properties }) => deployed(template, Properties.PolicyDocument));
  const arns = JSON.stringify(policies);
  const bucket = /"(arn:aws:s3:::[^"/*]+)"/.exec(arns)?.[1];
  const key = /"(arn:aws:kms:[^"]+)"/.exec(arns)?.[1] ?? '';
  const mayUse = (action: string, context: { [key: string]: string } = {}) => mayUseKey(policies, action, key, context);
  const may = (action: string, resource: string) =>
    isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/terraform/terraform`, action, resource, policies });

  test('are what the role has, and no more', () => {
    const [{ Properties }] = roles.filter(({ Properties: { RoleName } }) => RoleName === 'terraform');
    expect(JSON.stringify(Properties.ManagedPolicyArns)).toContain(':policy/ReadOnlyAccess');
    expect(JSON.stringify(Properties.ManagedPolicyArns)).not.toContain('AdministratorAccess');
  });

  test.each<[string, string]>([
    ['s3:ListBucket', `${bucket}`],
    ['s3:GetObject', `${bucket}/network/prod/terraform.tfstate`],
    ['s3:PutObject', `${bucket}/network/prod/terraform.tfstate.tflock`],
    ['s3:DeleteObject', `${bucket}/network/prod/terraform.tfstate.tflock`],
    ['dynamodb:PutItem', /"(arn:aws:dynamodb:[^"]+)"/.exec(arns)?.[1] ?? ''],
  ])('leave the states to be used: %s of %s', async (action, resource) => {
    expect(await may(action, resource)).toBe(true);
  });

  const viaS3 = { 'kms:ViaService': `s3.${REGION}.amazonaws.com`, 'kms:EncryptionContext:aws:s3:arn': `${bucket}` };

  test.each(['Decrypt', 'GenerateDataKey'])('leave the key to be used through S3, for the states alone: kms:%s', async (action) => {
    expect(await mayUse(action, viaS3)).toBe(true);
    expect(await mayUse(action)).toBe(false);
    expect(await mayUse(action, { ...viaS3, 'kms:ViaService': `ssm.${REGION}.amazonaws.com` })).toBe(false);
    expect(await mayUse(action, { ...viaS3, 'kms:ViaService': 's3.us-east-1.amazonaws.com' })).toBe(false);
    expect(await mayUse(action, { ...viaS3, 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::another' })).toBe(false);
  });

  test('leave the key to be used for nothing else', async () => {
    for (const action of ['Encrypt', 'CreateGrant', 'PutKeyPolicy']) expect(await mayUse(action, viaS3)).toBe(false);
  });

  test.each<[string, string]>([
    ['s3:DeleteObjectVersion', `${bucket}/network/prod/terraform.tfstate`],
    ['s3:PutBucketPolicy', `${bucket}`],
    ['s3:GetObject', 'arn:aws:s3:::another/object'],
    ['dynamodb:DeleteTable', /"(arn:aws:dynamodb:[^"]+)"/.exec(arns)?.[1] ?? ''],
  ])('leave nothing else: %s of %s', async (action, resource) => {
    expect(await may(action, resource)).toBe(false);
  });
});

test('of buckets that exist, the key can be used for objects that were written without a bucket key', async () => {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/0123`;
  const { template } = bootstrapped((stack) => ({
    permissions: TerraformPermissions.policies([readOnly]),
    storage: StateStorage.existing({
      bucket: Bucket.fromBucketName(stack, 'States', 'acme-states'),
      key: Key.fromKeyArn(stack, 'StatesKey', arn),
    }),
  }));
  const [{ Properties }] = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).filter(
    (each) => each.Properties.PolicyName === 'states',
  );
  const may = (context: string) =>
    mayUseKey([deployed(template, Properties.PolicyDocument)], 'Decrypt', arn, {
      'kms:ViaService': `s3.${REGION}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': context,
    });
  expect(await may('arn:aws:s3:::acme-states')).toBe(true);
  expect(await may('arn:aws:s3:::acme-states/network/prod/terraform.tfstate')).toBe(true);
  expect(await may('arn:aws:s3:::another/network/prod/terraform.tfstate')).toBe(false);
});

test('given policies leave a table to be used whose key is given', () => {
  const { template } = bootstrapped((stack) => ({
    permissions: TerraformPermissions.policies([readOnly]),
    locks: StateLocks.dynamoDb({ encryptionKey: new Key(stack, 'LockKey') }),
  }));
  const [policy] = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).filter(({ Properties }) => Properties.PolicyName === 'states');
  expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
    expect.objectContaining({
      Sid: 'UseLockKey',
      Action: ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'],
      Condition: { StringLike: { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com*' } },
    }),
  );
});

test.each<[string, TerraformPermissions, string]>([
  ['none', TerraformPermissions.policies([]), 'permissions: got no policy, so Terraform could do nothing; give at least one'],
  [
    '21',
    TerraformPermissions.policies(Array.from({ length: 21 }, () => readOnly)),
    'permissions: got 21 policies; a role takes 20 at most, so put several into one',
  ],
])('a list of policies is refused with %s', (_, permissions, message) => {
  expect(refusalOfBootstrap(() => ({ permissions }))).toBe(`[Stack/Bootstrap] ${message}`);
});
