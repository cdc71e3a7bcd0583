import * as kms from 'aws-cdk-lib/aws-kms';
import { StateEncryption, StateStorage } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION, resourcesOf } from '../synthesized';
import { ALL, isAllowed } from './simulated';
import { BREAK_GLASS, stored } from './storage-stack';

const encryptionOf = (storage: ReturnType<typeof stored>) =>
  storage.bucket(storage.config.bucket).Properties.BucketEncryption.ServerSideEncryptionConfiguration;

describe('StateEncryption.customerManaged', () => {
  test('StateEncryption.customerManaged.key left out: a key is made, rotated and retained', () => {
    const key = onlyResource(stored().template, 'AWS::KMS::Key');
    expect(key.Properties.EnableKeyRotation).toBe(true);
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('a key that is given is used, and nothing is added to it', () => {
    const given = stored((stack) => ({
      storage: StateStorage.managed({ encryption: StateEncryption.customerManaged(new kms.Key(stack, 'Own')) }),
    }));
    const key = onlyResource(given.template, 'AWS::KMS::Key');
    expect(key.Properties.KeyPolicy.Statement).toHaveLength(1);
    expect(encryptionOf(given)[0].ServerSideEncryptionByDefault.KMSMasterKeyID).toEqual({ 'Fn::GetAtt': [key.id, 'Arn'] });
  });

  describe('the policy of the key', () => {
    const storage = stored();
    const { id, Properties } = onlyResource(storage.template, 'AWS::KMS::Key');
    const resourcePolicy = deployed(storage.template, Properties.KeyPolicy);
    const allowed = (action: string, principal: string, context: { [key: string]: string | string[] }) =>
      isAllowed({
        principal,
        action,
        resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
        context: { ...context, 'aws:PrincipalArn': principal },
        policies: [ALL],
        resourcePolicy,
      });
    const admin = `arn:aws:iam::${ACCOUNT}:role/admin`;
    const jane = { 'aws:userid': 'AROAEXAMPLE:jane' };

    test.each(['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DisableKeyRotation'])(
      '%s is refused to an administrator, and allowed to the break-glass role and CloudFormation',
      async (action) => {
        expect(await allowed(action, admin, jane)).toBe(false);
        expect(await allowed(action, BREAK_GLASS, jane)).toBe(true);
        expect(await allowed(action, admin, { 'aws:userid': 'AROAEXAMPLE:AWSCloudFormation' })).toBe(true);
        expect(await allowed(action, admin, { ...jane, 'aws:CalledVia': ['cloudformation.amazonaws.com'] })).toBe(true);
      },
    );

    test('KMS takes it, since its maker may change it later', async () => {
      expect(await allowed('kms:PutKeyPolicy', admin, jane)).toBe(true);
    });
  });
});

describe('StateEncryption.s3Managed', () => {
  const plain = stored(() => ({ storage: StateStorage.managed({ encryption: StateEncryption.s3Managed() }) }));

  test('no key is made', () => {
    expect(resourcesOf(plain.template, 'AWS::KMS::Key')).toEqual({});
    expect([plain.config.key, plain.config.protectedKeys]).toEqual([undefined, []]);
  });

  test('the buckets encrypt with a key of S3', () => {
    expect(encryptionOf(plain)).toEqual([{ BucketKeyEnabled: false, ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }]);
  });
});
