import { Persistence } from '../../src';
import { onlyResource, resourcesOf, synthesize } from '../synthesized';

const FILE_SYSTEM = 'AWS::EFS::FileSystem';
const dataVolumeOf = (template: ReturnType<typeof synthesize>['template']) =>
  onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.Volumes.find((volume: { Name: string }) => volume.Name === 'atlantis-data');

describe('Persistence.efs', () => {
  const { template, stack, atlantis } = synthesize(() => ({ persistence: Persistence.efs() }));
  const fileSystem = onlyResource(template, FILE_SYSTEM);
  const accessPoint = onlyResource(template, 'AWS::EFS::AccessPoint');

  test('AtlantisOnFargateProps.persistence left out: a file system', () => {
    expect(synthesize().template.toJSON()).toEqual(template.toJSON());
  });

  test('it is encrypted', () => {
    expect(fileSystem.Properties.Encrypted).toBe(true);
  });

  test('it is backed up each day', () => {
    expect(fileSystem.Properties.BackupPolicy).toEqual({ Status: 'ENABLED' });
  });

  test('its throughput is elastic', () => {
    expect(fileSystem.Properties.ThroughputMode).toBe('elastic');
  });

  test('files that nobody read for 30 days go to infrequent access', () => {
    expect(fileSystem.Properties.LifecyclePolicies).toEqual([{ TransitionToIA: 'AFTER_30_DAYS' }]);
  });

  test('it is kept when the stack is deleted or the file system is replaced', () => {
    expect([fileSystem.DeletionPolicy, fileSystem.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  test('its access point belongs to the user of the server, and is that user for whoever mounts it', () => {
    expect(accessPoint.Properties).toMatchObject({
      FileSystemId: { Ref: fileSystem.id },
      PosixUser: { Uid: '100', Gid: '1000' },
      RootDirectory: { Path: '/atlantis', CreationInfo: { OwnerUid: '100', OwnerGid: '1000', Permissions: '0750' } },
    });
  });

  test('the task mounts it through the access point, with IAM authorization and TLS', () => {
    expect(dataVolumeOf(template)).toEqual({
      Name: 'atlantis-data',
      EFSVolumeConfiguration: {
        FilesystemId: { Ref: fileSystem.id },
        TransitEncryption: 'ENABLED',
        AuthorizationConfig: { AccessPointId: { Ref: accessPoint.id }, IAM: 'ENABLED' },
      },
    });
  });

  test('there is a mount target in each subnet of the task', () => {
    const targets = Object.values(resourcesOf(template, 'AWS::EFS::MountTarget'));
    const { Subnets } = onlyResource(template, 'AWS::ECS::Service').Properties.NetworkConfiguration.AwsvpcConfiguration;
    expect(targets.map((target) => target.Properties.SubnetId)).toEqual(Subnets);
  });

  test('the service is made after the mount targets', () => {
    const targets = Object.keys(resourcesOf(template, 'AWS::EFS::MountTarget'));
    expect(targets).toHaveLength(2);
    expect(onlyResource(template, 'AWS::ECS::Service').DependsOn).toEqual(expect.arrayContaining(targets));
  });

  describe('its security group', () => {
    const targets = Object.values(resourcesOf(template, 'AWS::EFS::MountTarget'));
    const [id] = targets[0].Properties.SecurityGroups[0]['Fn::GetAtt'];
    const group = resourcesOf(template, 'AWS::EC2::SecurityGroup')[id].Properties;

    test('is that of each mount target', () => {
      for (const target of targets) expect(target.Properties.SecurityGroups).toEqual([{ 'Fn::GetAtt': [id, 'GroupId'] }]);
    });

    test('lets the task in on 2049, and nobody else', () => {
      expect(group).not.toHaveProperty('SecurityGroupIngress');
      const rules = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).map((rule) => rule.Properties);
      expect(rules.filter((rule) => rule.GroupId['Fn::GetAtt'][0] === id)).toEqual([
        expect.objectContaining({
          SourceSecurityGroupId: stack.resolve(atlantis.taskSecurityGroup.securityGroupId),
          IpProtocol: 'tcp',
          FromPort: 2049,
          ToPort: 2049,
        }),
      ]);
    });

    test('lets nothing out', () => {
      expect(group.SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '255.255.255.255/32' })]);
      const sent = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupEgress')).map((rule) => rule.Properties.GroupId);
      expect(sent).not.toContainEqual({ 'Fn::GetAtt': [id, 'GroupId'] });
    });
  });
});

describe('Persistence.ephemeral', () => {
  const { template, atlantis } = synthesize(() => ({ persistence: Persistence.ephemeral() }));

  test('data is in a volume of the task', () => {
    expect(dataVolumeOf(template)).toEqual({ Name: 'atlantis-data' });
  });

  test('nothing of a file system is made', () => {
    for (const type of ['FileSystem', 'MountTarget', 'AccessPoint']) template.resourceCountIs(`AWS::EFS::${type}`, 0);
    expect([atlantis.fileSystem, atlantis.accessPoint, atlantis.fileSystemDnsName]).toEqual([undefined, undefined, undefined]);
    expect(JSON.stringify(template.toJSON())).not.toContain('2049');
  });

  test('one server at a time runs as well', () => {
    expect(onlyResource(template, 'AWS::ECS::Service').Properties.DeploymentConfiguration).toMatchObject({
      MinimumHealthyPercent: 0,
      MaximumPercent: 100,
    });
  });
});
