import { Duration, Size } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as kms from 'aws-cdk-lib/aws-kms';
import { type DailyBackupOptions, type ImageVolumes, VolumeBackup } from '../../src';
import { blockDeviceMappings } from '../../src/ami/private/pipeline/block-devices';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { definitionOf, deployed, KEY_POLICY, NAME, only, piped, policiesOfRole, refusalOf, stackIn } from './pipeline-stack';
import { run } from './states';

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/own`;
const DATA = { deviceName: '/dev/sdf', sizeGib: 50 };
const mapped = (volumes?: ImageVolumes) => blockDeviceMappings({ volumes }, '/dev/xvda', [DATA]);

describe('the volumes of an image', () => {
  test('are encrypted, and of type gp3', () => {
    for (const { ebs } of mapped()) expect(ebs).toMatchObject({ encrypted: true, volumeType: 'gp3' });
  });

  test('ImageVolumes.rootSize left out: the root volume has 16 GiB', () => {
    expect(mapped()[0]).toMatchObject({ deviceName: '/dev/xvda', ebs: { volumeSize: 16 } });
    expect(mapped({ rootSize: Size.gibibytes(30) })[0]).toMatchObject({ ebs: { volumeSize: 30 } });
  });

  test('ImageVolumes.key left out: the key that AWS keeps encrypts them', () => {
    for (const { ebs } of mapped()) expect(ebs).toMatchObject({ kmsKeyId: undefined });
    expect(JSON.stringify(policiesOfRole(piped().template, 'ExecutionRole'))).not.toContain('kms:');
  });

  test('a key of your own encrypts them, and Image Builder may use it through EC2 only', async () => {
    const key = kms.Key.fromKeyArn(stackIn(), 'Key', KEY);
    for (const { ebs } of mapped({ key })) expect(ebs).toMatchObject({ kmsKeyId: KEY });
    const { template } = piped(() => ({ volumes: { key } }));
    const policies = policiesOfRole(template, 'ExecutionRole');
    const uses = (action: string, context: { [key: string]: string }) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/x`, action, resource: KEY, context, policies, resourcePolicy: KEY_POLICY });
    const viaEc2 = { 'kms:ViaService': `ec2.${REGION}.amazonaws.com` };
    expect(await uses('kms:GenerateDataKeyWithoutPlaintext', viaEc2)).toBe(true);
    expect(await uses('kms:GenerateDataKeyWithoutPlaintext', {})).toBe(false);
    expect(await uses('kms:CreateGrant', { ...viaEc2, 'kms:GrantIsForAWSResource': 'true' })).toBe(true);
    expect(await uses('kms:CreateGrant', viaEc2)).toBe(false);
  });

  test('a data volume outlives its machine, the root volume does not', () => {
    expect(mapped().map(({ ebs }) => (ebs as { deleteOnTermination: boolean }).deleteOnTermination)).toEqual([true, false]);
    expect(mapped()[1]).toMatchObject({ deviceName: '/dev/sdf', ebs: { volumeSize: 50 } });
  });

  test('a root volume that is too small, or no whole number of GiB, is refused', () => {
    expect(refusalOf(() => ({ volumes: { rootSize: Size.gibibytes(7) } }))).toContain(
      'volumes.rootSize: got 7 GiB; give whole GiB, from 8 to 16384',
    );
    expect(refusalOf(() => ({ volumes: { rootSize: Size.mebibytes(8704) } }))).toContain('got 8.5 GiB; give whole GiB, from 8 to 16384');
  });
});

describe('data volumes that building left behind', () => {
  const { template } = piped(() => ({}), { dataVolume: true });

  test('are deleted when a build has ended, and those of no other machine', () => {
    const deleted: string[] = [];
    run(definitionOf(template, 'LeftVolumes'), {}, (name, parameters) => {
      if (name === 'ec2:deleteVolume') return deleted.push(parameters.VolumeId);
      expect(name).toBe('ec2:describeVolumes');
      expect(parameters.Filters).toEqual([
        { Name: 'tag:cdk-atlantis:builder', Values: [NAME] },
        { Name: 'status', Values: ['available'] },
      ]);
      return { Volumes: [{ VolumeId: 'vol-1' }, { VolumeId: 'vol-2' }] };
    });
    expect(deleted).toEqual(['vol-1', 'vol-2']);
    const rule = only(template, 'AWS::Events::Rule', 'LeftVolumes').Properties;
    expect(rule.EventPattern.detail.state.status).toEqual(['AVAILABLE', 'FAILED', 'CANCELLED']);
  });

  test('the role cannot delete the volume of a machine that is in use', async () => {
    const policies = policiesOfRole(template, 'LeftVolumesRole');
    const deletes = (context: { [key: string]: string }) =>
      isAllowed({
        principal: `arn:aws:iam::${ACCOUNT}:role/x`,
        action: 'ec2:DeleteVolume',
        resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:volume/vol-1`,
        context,
        policies,
      });
    expect(await deletes({ 'aws:ResourceTag/cdk-atlantis:builder': NAME })).toBe(true);
    expect(await deletes({ 'aws:ResourceTag/cdk-atlantis:data': NAME })).toBe(false);
  });

  test('without a data volume there is nothing to delete', () => {
    expect(JSON.stringify(piped().template.toJSON())).not.toContain('ec2:DeleteVolume');
  });
});

describe('backups of data volumes', () => {
  const backed = (volumes?: ImageVolumes) => piped(() => ({ volumes }), { dataVolume: true }).template;
  const ruleOf = (options: DailyBackupOptions) =>
    only(backed({ backup: VolumeBackup.daily(options) }), 'AWS::Backup::BackupPlan').Properties.BackupPlan.BackupPlanRule[0];

  test('ImageVolumes.backup left out: there is one every day', () => {
    const { ListOfTags, Resources } = only(backed(), 'AWS::Backup::BackupSelection').Properties.BackupSelection;
    expect(ListOfTags).toEqual([{ ConditionKey: 'cdk-atlantis:data', ConditionType: 'STRINGEQUALS', ConditionValue: NAME }]);
    expect(Resources).toBeUndefined();
    const { pipeline } = piped(() => ({}), { dataVolume: true });
    expect(pipeline.dataVolumeTag).toEqual({ key: 'cdk-atlantis:data', value: NAME });
  });

  test('DailyBackupOptions.keep left out: a backup is kept for 35 days', () => {
    expect(ruleOf({}).Lifecycle).toEqual({ DeleteAfterDays: 35 });
    expect(ruleOf({ keep: Duration.days(7) }).Lifecycle).toEqual({ DeleteAfterDays: 7 });
  });

  test('DailyBackupOptions.hour left out: it starts at 3 in the night', () => {
    expect(ruleOf({}).ScheduleExpression).toBe('cron(0 3 * * ? *)');
    expect(ruleOf({ hour: 22 }).ScheduleExpression).toBe('cron(0 22 * * ? *)');
  });

  test('DailyBackupOptions.vault left out: a vault is made, which outlives the stack', () => {
    expect(only(backed(), 'AWS::Backup::BackupVault').DeletionPolicy).toBe('Retain');
  });

  test('a vault that is given is used', () => {
    const { template } = piped(
      (stack) => ({ volumes: { backup: VolumeBackup.daily({ vault: backup.BackupVault.fromBackupVaultName(stack, 'Vault', 'mine') }) } }),
      { dataVolume: true },
    );
    expect(resourcesOf(template, 'AWS::Backup::BackupVault')).toEqual({});
    const { BackupPlanRule } = deployed(template, only(template, 'AWS::Backup::BackupPlan').Properties.BackupPlan);
    expect(BackupPlanRule[0].TargetBackupVault).toBe('mine');
  });

  test('there are none if none are asked for, nor without a data volume', () => {
    expect(resourcesOf(backed({ backup: VolumeBackup.none() }), 'AWS::Backup::BackupPlan')).toEqual({});
    expect(resourcesOf(piped().template, 'AWS::Backup::BackupPlan')).toEqual({});
  });

  test('times that AWS Backup does not take are refused', () => {
    const message = refusalOf(() => ({ volumes: { backup: VolumeBackup.daily({ keep: Duration.hours(36), hour: 24 }) } }));
    expect(message).toContain('volumes.backup.keep: got 1.5 days; give whole days, one at least');
    expect(message).toContain('volumes.backup.hour: got 24; give an hour of the day, 0 to 23');
  });
});
