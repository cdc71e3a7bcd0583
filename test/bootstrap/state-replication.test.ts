import { type App, Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { StateEncryption, StateLocks, StateObjectLock, type StateReplicaBuckets, StateReplication, StateStorage } from '../../src';
import { deployed, policiesOf } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION, resourcesOf } from '../synthesized';
import { isAllowed } from './simulated';
import { mayUseKey, newStorageStack, refusalOf, Stored, stored } from './storage-stack';

const OTHER = 'eu-west-1';
const replicated = (replication: StateReplication, encryption?: StateEncryption) =>
  stored(() => ({ storage: StateStorage.managed({ replication, encryption }) }));
const replicaOf = (storage: Stored) => storage.stack.node.findChild('Replica') as Stack;

/** The requests of S3 while it copies, as its role. */
function copies(storage: Stored) {
  const [id] = Object.entries(resourcesOf(storage.template, 'AWS::IAM::Role')).find(
    ([, role]) => role.Properties.Description === 'S3, while it copies Terraform states',
  ) ?? [''];
  const policies = policiesOf(storage.template, id);
  return (action: string, resource: string, context: { [key: string]: string | string[] } = {}) =>
    action.startsWith('kms:')
      ? mayUseKey(policies, action.replace('kms:', ''), resource, context)
      : isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/terraform/${id}`, action, resource, context, policies });
}

describe('StateReplication.toRegion', () => {
  const storage = replicated(StateReplication.toRegion(OTHER));
  const { bucket, bootstrapBucket } = storage.config;
  const replica = replicaOf(storage);
  const template = Template.fromStack(replica);
  const names = Object.values(resourcesOf(template, 'AWS::S3::Bucket')).map(({ Properties }) => Properties.BucketName as string);

  test('the copies are in a stack of that region, which is deployed first', () => {
    expect([replica.region, replica.account]).toEqual([OTHER, ACCOUNT]);
    expect(storage.stack.dependencies).toEqual([replica]);
    expect(template.toJSON().Description).toBe(`Copies of the Terraform states of terraform in ${REGION}`);
  });

  test('both buckets of the copies have a name that is known before they exist', () => {
    expect(new Set(names).size).toBe(2);
    expect(names.every((name) => typeof name === 'string')).toBe(true);
  });

  test('they are versioned, encrypted with a key of that region, never public, and retained with their policies', () => {
    const key = onlyResource(template, 'AWS::KMS::Key');
    expect(key.Properties.EnableKeyRotation).toBe(true);
    for (const { Properties, DeletionPolicy } of Object.values(resourcesOf(template, 'AWS::S3::Bucket'))) {
      expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      const [{ ServerSideEncryptionByDefault }] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
      expect(ServerSideEncryptionByDefault.KMSMasterKeyID).toEqual({ 'Fn::GetAtt': [key.id, 'Arn'] });
      expect(Properties.PublicAccessBlockConfiguration.RestrictPublicBuckets).toBe(true);
      expect(DeletionPolicy).toBe('Retain');
    }
    for (const each of [...Object.values(resourcesOf(template, 'AWS::S3::BucketPolicy')), key]) expect(each.DeletionPolicy).toBe('Retain');
  });

  test('their policies refuse what those of the originals do', () => {
    const sids = Object.values(resourcesOf(template, 'AWS::S3::BucketPolicy')).map(({ Properties }) =>
      Properties.PolicyDocument.Statement.map(({ Sid }: { Sid: string }) => Sid),
    );
    const ofOriginal = storage.bucketPolicy(bucket).Statement.map(({ Sid }: { Sid: string }) => Sid);
    expect(sids).toEqual([ofOriginal, ofOriginal]);
  });

  test('each bucket is copied to one of its own, deletions too, and what is encrypted as well', () => {
    for (const each of [bucket, bootstrapBucket]) {
      const { Rules } = storage.bucket(each).Properties.ReplicationConfiguration;
      expect(Rules).toHaveLength(1);
      expect(Rules[0]).toMatchObject({
        Status: 'Enabled',
        Filter: { Prefix: '' },
        DeleteMarkerReplication: { Status: 'Enabled' },
        SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
      });
      expect(deployed(storage.template, Rules[0].Destination.EncryptionConfiguration)).toEqual({
        ReplicaKmsKeyID: `arn:aws:kms:${OTHER}:${ACCOUNT}:alias/terraform-state-replica`,
      });
    }
    const targets = [bucket, bootstrapBucket].map((each) => {
      const [rule] = storage.bucket(each).Properties.ReplicationConfiguration.Rules;
      return deployed(storage.template, rule.Destination.Bucket);
    });
    expect(targets.sort()).toEqual(names.map((name) => `arn:aws:s3:::${name}`).sort());
  });

  test('the alias is that of the key', () => {
    const { AliasName, TargetKeyId } = onlyResource(template, 'AWS::KMS::Alias').Properties;
    expect(AliasName).toBe('alias/terraform-state-replica');
    expect(TargetKeyId['Fn::GetAtt'][0]).toBe(onlyResource(template, 'AWS::KMS::Key').id);
  });

  test('the boundary is told of the copies, and of the alias of their key', () => {
    const resolved = (values: object[] | string[]) => deployed(storage.template, storage.stack.resolve(values));
    expect(resolved(storage.config.protectedBuckets)).toEqual(expect.arrayContaining(names.map((name) => `arn:aws:s3:::${name}`)));
    expect(resolved(storage.config.protectedAliases)).toEqual([
      { name: 'alias/terraform-state-replica', arn: `arn:aws:kms:${OTHER}:${ACCOUNT}:alias/terraform-state-replica` },
    ]);
  });

  describe('the role of S3', () => {
    const may = copies(storage);
    const source = `${storage.bucketArn(bucket)}/x`;
    const target = `arn:aws:s3:::${names[0]}/x`;
    const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${onlyResource(storage.template, 'AWS::KMS::Key').id}`;
    const contexts = (arn: string) => ({ 'kms:EncryptionContext:aws:s3:arn': arn });

    test('only S3 can assume it', () => {
      const role = Object.values(resourcesOf(storage.template, 'AWS::IAM::Role'))[0].Properties;
      expect(role.AssumeRolePolicyDocument.Statement).toEqual([
        { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 's3.amazonaws.com' } },
      ]);
      expect(role.Path).toBe('/terraform/');
    });

    test('it reads versions of the originals and writes copies, and not the other way round', async () => {
      expect(await may('s3:GetObjectVersionForReplication', source)).toBe(true);
      expect(await may('s3:ReplicateObject', target)).toBe(true);
      expect(await may('s3:ReplicateDelete', target)).toBe(true);
      expect(await may('s3:GetObjectVersionForReplication', target)).toBe(false);
      expect(await may('s3:ReplicateObject', source)).toBe(false);
      expect(await may('s3:DeleteObjectVersion', source)).toBe(false);
      expect(await may('s3:PutObject', target)).toBe(false);
    });

    test('it decrypts the originals through S3, whether with a bucket key or without', async () => {
      const via = { 'kms:ViaService': `s3.${REGION}.amazonaws.com` };
      expect(await may('kms:Decrypt', key, { ...via, ...contexts(storage.bucketArn(bucket)) })).toBe(true);
      expect(await may('kms:Decrypt', key, { ...via, ...contexts(source) })).toBe(true);
      expect(await may('kms:Decrypt', key, { ...via, ...contexts('arn:aws:s3:::another') })).toBe(false);
      expect(await may('kms:Decrypt', key, contexts(source))).toBe(false);
    });

    test('it encrypts the copies with the key of that alias, and with no other of the region', async () => {
      const other = `arn:aws:kms:${OTHER}:${ACCOUNT}:key/any`;
      const via = { 'kms:ViaService': `s3.${OTHER}.amazonaws.com`, ...contexts(`arn:aws:s3:::${names[0]}`) };
      expect(await may('kms:Encrypt', other, { ...via, 'kms:ResourceAliases': ['alias/terraform-state-replica'] })).toBe(true);
      expect(await may('kms:Encrypt', other, { ...via, 'kms:ResourceAliases': ['alias/another'] })).toBe(false);
      expect(await may('kms:Encrypt', other, via)).toBe(false);
    });
  });

  test('without a key for the states there is none for the copies', () => {
    const plain = replicated(StateReplication.toRegion(OTHER), StateEncryption.s3Managed());
    expect(resourcesOf(Template.fromStack(replicaOf(plain)), 'AWS::KMS::Key')).toEqual({});
    const [rule] = plain.bucket(plain.config.bucket).Properties.ReplicationConfiguration.Rules;
    expect(rule.Destination).not.toHaveProperty('EncryptionConfiguration');
    expect(rule).not.toHaveProperty('SourceSelectionCriteria');
  });

  test('copies of locked versions are locked as long, since S3 takes no others', () => {
    const objectLock = StateObjectLock.governance(Duration.days(30));
    const locked = stored(() => ({ storage: StateStorage.managed({ objectLock, replication: StateReplication.toRegion(OTHER) }) }));
    for (const { Properties } of Object.values(resourcesOf(Template.fromStack(replicaOf(locked)), 'AWS::S3::Bucket')))
      expect(Properties.ObjectLockConfiguration.Rule.DefaultRetention).toEqual({ Days: 30, Mode: 'GOVERNANCE' });
  });

  test('the app synthesizes both stacks', () => {
    const assembly = (storage.stack.node.root as App).synth();
    expect(assembly.stacks.map(({ environment }) => environment.region).sort()).toEqual([REGION, OTHER].sort());
  });

  test.each([
    [{}, OTHER, '[Stack] storage.replication: to a region needs the account and the region of this stack: give the stack an env'],
    [
      { account: ACCOUNT, region: OTHER },
      OTHER,
      `[Stack] storage.replication: must be to another region than that of the stack, got '${OTHER}'`,
    ],
    [undefined, 'Ireland', "[Stack] storage.replication: must be to the name of a region, such as eu-west-1, got 'Ireland'"],
  ])('in %j to %s is refused', (env, region, message) => {
    const storage = StateStorage.managed({ replication: StateReplication.toRegion(region) });
    expect(refusalOf(() => new Stored(newStorageStack(env), storage, StateLocks.lockfile()))).toBe(message);
  });
});

describe('StateReplication.toBuckets', () => {
  const targets = (stack: Stack, given: Partial<StateReplicaBuckets> = {}): StateReplicaBuckets => ({
    stateBucket: s3.Bucket.fromBucketName(stack, 'A', 'copies'),
    bootstrapBucket: s3.Bucket.fromBucketName(stack, 'B', 'bootstrap-copies'),
    region: OTHER,
    ...given,
  });
  const keyArn = `arn:aws:kms:${OTHER}:${ACCOUNT}:key/copies`;
  const keyOf = (stack: Stack) => kms.Key.fromKeyArn(stack, 'CopiesKey', keyArn);

  test('they get the copies, with their key, and nothing is made of them', async () => {
    const storage = stored((stack) => ({
      storage: StateStorage.managed({ replication: StateReplication.toBuckets(targets(stack, { key: keyOf(stack) })) }),
    }));
    const [rule] = storage.bucket(storage.config.bucket).Properties.ReplicationConfiguration.Rules;
    expect(deployed(storage.template, rule.Destination)).toEqual({
      Bucket: 'arn:aws:s3:::copies',
      EncryptionConfiguration: { ReplicaKmsKeyID: keyArn },
    });
    expect(storage.stack.node.tryFindChild('Replica')).toBeUndefined();
    const may = copies(storage);
    const context = { 'kms:ViaService': `s3.${OTHER}.amazonaws.com`, 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::copies' };
    expect(await may('kms:Encrypt', keyArn, context)).toBe(true);
    expect(await may('kms:Encrypt', keyArn.replace('copies', 'another'), context)).toBe(false);
  });

  test('StateReplicaBuckets.key left out: S3 encrypts the copies, and so must the states be', () => {
    const plain = stored((stack) => ({
      storage: StateStorage.managed({
        encryption: StateEncryption.s3Managed(),
        replication: StateReplication.toBuckets(targets(stack)),
      }),
    }));
    const [rule] = plain.bucket(plain.config.bucket).Properties.ReplicationConfiguration.Rules;
    expect(rule.Destination).not.toHaveProperty('EncryptionConfiguration');
    const refused = () =>
      stored((stack) => ({ storage: StateStorage.managed({ replication: StateReplication.toBuckets(targets(stack)) }) }));
    expect(refusalOf(refused)).toBe(
      '[Stack] storage.replication: needs the key of the copies, since S3 copies nothing that is encrypted with KMS without one',
    );
  });

  test('one bucket for both is refused', () => {
    const refused = () =>
      stored((stack) => {
        const one = s3.Bucket.fromBucketName(stack, 'One', 'one');
        const buckets = targets(stack, { stateBucket: one, bootstrapBucket: one, key: keyOf(stack) });
        return { storage: StateStorage.managed({ replication: StateReplication.toBuckets(buckets) }) };
      });
    expect(refusalOf(refused)).toBe('[Stack] storage.replication: must be to two buckets, since the same key may be in both originals');
  });
});
