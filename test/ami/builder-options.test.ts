import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { BuilderOptions } from '../../src';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, resourcesOf } from '../synthesized';
import { deployed, KEY_POLICY, NAME, only, piped, policiesOfRole, refusalOf } from './pipeline-stack';

const built = (builder?: (stack: import('aws-cdk-lib').Stack) => BuilderOptions, given = {}) =>
  piped((stack) => ({ builder: builder?.(stack) }), given).template;

const infrastructureOf = (template: ReturnType<typeof built>) =>
  only(template, 'AWS::ImageBuilder::InfrastructureConfiguration').Properties;

describe('the machines that build images', () => {
  test('demand IMDSv2, answer no further than to themselves, and have no key pair', () => {
    const infrastructure = infrastructureOf(built());
    expect(infrastructure.InstanceMetadataOptions).toEqual({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
    expect(infrastructure.KeyPair).toBeUndefined();
  });

  test('are tagged as what they are', () => {
    expect(infrastructureOf(built()).ResourceTags).toEqual({ 'cdk-atlantis:builder': NAME });
  });

  test('BuilderOptions.vpc left out: one is made in one zone, with one NAT gateway', () => {
    const template = built();
    expect(Object.keys(resourcesOf(template, 'AWS::EC2::NatGateway'))).toHaveLength(1);
    const subnets = Object.keys(resourcesOf(template, 'AWS::EC2::Subnet'));
    expect(subnets).toHaveLength(2);
    expect(infrastructureOf(template).SubnetId.Ref).toContain('Private');
  });

  test('BuilderOptions.subnets left out: a private subnet with a way out is taken', () => {
    const template = built((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc') }));
    expect(infrastructureOf(template).SubnetId.Ref).toContain('VpcPrivateSubnet1');
  });

  test('subnets that are given are taken', () => {
    const template = built((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc'), subnets: { subnetType: ec2.SubnetType.PUBLIC } }));
    expect(infrastructureOf(template).SubnetId.Ref).toContain('VpcPublicSubnet1');
  });

  test('BuilderOptions.securityGroups left out: one lets nothing in, and out what goes to ports 80 and 443', () => {
    const { Properties } = only(built(), 'AWS::EC2::SecurityGroup');
    expect(Properties.SecurityGroupIngress).toBeUndefined();
    expect(Properties.SecurityGroupEgress.map(({ FromPort, ToPort }: { FromPort: number; ToPort: number }) => [FromPort, ToPort])).toEqual([
      [443, 443],
      [80, 80],
    ]);
  });

  test('security groups that are given are taken', () => {
    const template = built((stack) => ({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Given', 'sg-1')] }));
    expect(infrastructureOf(template).SecurityGroupIds).toEqual(['sg-1']);
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')).toEqual({});
  });

  test('BuilderOptions.instanceTypes left out: they fit the architecture', () => {
    expect(infrastructureOf(built()).InstanceTypes).toEqual(['m7g.large', 'm6g.large']);
    const architecture = ec2.InstanceArchitecture.X86_64;
    expect(infrastructureOf(built(undefined, { architecture })).InstanceTypes).toEqual(['m7i.large', 'm6i.large']);
  });

  test('BuilderOptions.terminateInstanceOnFailure left out: they are terminated', () => {
    expect(infrastructureOf(built()).TerminateInstanceOnFailure).toBe(true);
    expect(infrastructureOf(built(() => ({ terminateInstanceOnFailure: false }))).TerminateInstanceOnFailure).toBe(false);
  });

  test('BuilderOptions.tags left out: they have the tag of this library only', () => {
    expect(Object.keys(infrastructureOf(built()).ResourceTags)).toEqual(['cdk-atlantis:builder']);
    expect(infrastructureOf(built(() => ({ tags: { team: 'platform' } }))).ResourceTags).toMatchObject({ team: 'platform' });
  });

  test('BuilderOptions.statements left out: their role has what Image Builder needs only', () => {
    expect(policiesOfRole(built(), 'BuilderRole')).toHaveLength(1);
  });

  test('BuilderOptions.managedPolicies left out: their role has none', () => {
    expect(only(built(), 'AWS::IAM::Role', 'BuilderRole').Properties.ManagedPolicyArns).toBeUndefined();
  });

  test('BuilderOptions.permissionsBoundary left out: nothing bounds the roles', () => {
    for (const role of Object.values(resourcesOf(built(), 'AWS::IAM::Role'))) expect(role.Properties.PermissionsBoundary).toBeUndefined();
  });

  test('a boundary bounds the roles of machines and of Image Builder', () => {
    const template = built((stack) => ({ permissionsBoundary: iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary') }));
    for (const part of ['BuilderRole', 'ExecutionRole', 'LifecycleRole']) {
      expect(deployed(template, only(template, 'AWS::IAM::Role', part).Properties.PermissionsBoundary)).toContain('policy/boundary');
    }
  });

  test('statements and managed policies are given to their role', () => {
    const template = built(() => ({
      statements: [new iam.PolicyStatement({ sid: 'Fetch', actions: ['s3:GetObject'], resources: ['arn:aws:s3:::mine/*'] })],
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')],
    }));
    expect(JSON.stringify(policiesOfRole(template, 'BuilderRole'))).toContain('arn:aws:s3:::mine/*');
    expect(only(template, 'AWS::IAM::Role', 'BuilderRole').Properties.ManagedPolicyArns).toHaveLength(1);
  });
});

describe('the logs of builds', () => {
  test('BuilderOptions.logs left out: they are in CloudWatch only', () => {
    expect(infrastructureOf(built()).Logging).toBeUndefined();
    const names = Object.values(resourcesOf(built(), 'AWS::Logs::LogGroup')).map(({ Properties }) => Properties.LogGroupName);
    expect(names).toEqual([`/aws/imagebuilder/${NAME}`, `/aws/imagebuilder/pipeline/${NAME}`]);
  });

  test('BuildLogs.retention left out: they are kept for three months', () => {
    for (const { Properties } of Object.values(resourcesOf(built(), 'AWS::Logs::LogGroup'))) expect(Properties.RetentionInDays).toBe(90);
  });

  test('BuildLogs.removalPolicy left out: they go with the stack', () => {
    for (const group of Object.values(resourcesOf(built(), 'AWS::Logs::LogGroup'))) expect(group.DeletionPolicy).toBe('Delete');
  });

  test('how long they are kept can be chosen', () => {
    const template = built(() => ({ logs: { retention: logs.RetentionDays.ONE_YEAR, removalPolicy: RemovalPolicy.RETAIN } }));
    for (const group of Object.values(resourcesOf(template, 'AWS::Logs::LogGroup'))) {
      expect([group.Properties.RetentionInDays, group.DeletionPolicy]).toEqual([365, 'Retain']);
    }
  });

  test('BuildLogs.bucket left out: no bucket gets them', () => {
    expect(infrastructureOf(built(() => ({ logs: {} }))).Logging).toBeUndefined();
  });

  test('BuildLogs.prefix left out: the keys in the bucket start with the name of the image', async () => {
    const template = built((stack) => ({ logs: { bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'logs') } }));
    expect(infrastructureOf(template).Logging).toEqual({ S3Logs: { S3BucketName: 'logs', S3KeyPrefix: NAME } });
    const policies = policiesOfRole(template, 'BuilderRole');
    const principal = `arn:aws:iam::${ACCOUNT}:role/builder`;
    const allowed = (resource: string) => isAllowed({ principal, action: 's3:PutObject', resource, policies }, ACCOUNT);
    expect(await allowed(`arn:aws:s3:::logs/${NAME}/log`)).toBe(true);
    expect(await allowed('arn:aws:s3:::logs/other/log')).toBe(false);
  });
});

describe('the role of the machines', () => {
  const policies = policiesOfRole(built(), 'BuilderRole');
  const allowed = (action: string, resource: string, context: { [key: string]: string | string[] } = {}) =>
    isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/builder`, action, resource, context, policies });

  test('is that of EC2 only', () => {
    const { AssumeRolePolicyDocument } = only(built(), 'AWS::IAM::Role', 'BuilderRole').Properties;
    expect(AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Service: 'ec2.amazonaws.com' });
  });

  test('can be reached by Systems Manager', async () => {
    expect(await allowed('ssm:UpdateInstanceInformation', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-1`)).toBe(true);
    expect(await allowed('ssmmessages:OpenControlChannel', '*')).toBe(true);
    expect(await allowed('ec2messages:GetMessages', '*')).toBe(true);
  });

  test('reads no parameters and no secrets', async () => {
    expect(await allowed('ssm:GetParameter', `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/secret`)).toBe(false);
    expect(await allowed('ssm:GetParameters', `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/secret`)).toBe(false);
    expect(await allowed('secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:s`)).toBe(false);
  });

  test('reads components, of the account and of AWS', async () => {
    for (const account of [ACCOUNT, 'aws']) {
      expect(await allowed('imagebuilder:GetComponent', `arn:aws:imagebuilder:${REGION}:${account}:component/update-linux/1.0.2/1`)).toBe(
        true,
      );
    }
    expect(await allowed('imagebuilder:DeleteComponent', `arn:aws:imagebuilder:${REGION}:${ACCOUNT}:component/mine/1.0.0/1`)).toBe(false);
  });

  test("fetches Image Builder's executor, and from no other bucket", async () => {
    expect(await allowed('s3:GetObject', `arn:aws:s3:::ec2imagebuilder-toe-${REGION}-prod/awstoe`)).toBe(true);
    expect(await allowed('s3:GetObject', 'arn:aws:s3:::mine/file')).toBe(false);
  });

  test('decrypts what Image Builder asks for, and nothing else', async () => {
    const key = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`;
    const asked = { 'kms:EncryptionContextKeys': ['aws:imagebuilder:arn'], 'aws:CalledVia': ['imagebuilder.amazonaws.com'] };
    const decrypts = (context: { [key: string]: string[] }) =>
      isAllowed({
        principal: `arn:aws:iam::${ACCOUNT}:role/builder`,
        action: 'kms:Decrypt',
        resource: key,
        context,
        policies,
        resourcePolicy: KEY_POLICY,
      });
    expect(await decrypts(asked)).toBe(true);
    expect(await decrypts({})).toBe(false);
  });

  test('writes its own logs only', async () => {
    const group = (name: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:log-stream:1`;
    expect(await allowed('logs:PutLogEvents', group(`/aws/imagebuilder/${NAME}`))).toBe(true);
    expect(await allowed('logs:PutLogEvents', group('/aws/imagebuilder/other'))).toBe(false);
  });

  test('touches no instances, images or volumes', async () => {
    expect(await allowed('ec2:TerminateInstances', `arn:aws:ec2:${REGION}:${ACCOUNT}:instance/i-1`)).toBe(false);
    expect(await allowed('ec2:CreateSnapshot', `arn:aws:ec2:${REGION}:${ACCOUNT}:volume/vol-1`)).toBe(false);
  });
});

describe('a builder is refused', () => {
  const refused = (builder: (stack: import('aws-cdk-lib').Stack) => BuilderOptions) => refusalOf((stack) => ({ builder: builder(stack) }));
  const withSubnets = (configuration: ec2.SubnetConfiguration, subnetType: ec2.SubnetType) =>
    refused((stack) => ({
      vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration: [configuration] }),
      subnets: { subnetType },
    }));

  test('with subnets but without a VPC', () => {
    expect(refused(() => ({ subnets: {} }))).toContain('builder.subnets: got subnets without a VPC; give `vpc` too');
  });

  test('in a VPC without a private way out', () => {
    const subnetConfiguration = [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }];
    const message = refused((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc', { natGateways: 0, subnetConfiguration }) }));
    expect(message).toContain('builder.vpc: got a VPC without private subnets that have a way out');
    expect(message).toContain('give `subnets`, or a VPC with a NAT gateway');
  });

  test('in isolated subnets', () => {
    const type = ec2.SubnetType.PRIVATE_ISOLATED;
    const message = withSubnets({ name: 'Isolated', subnetType: type }, type);
    expect(message).toContain(
      'builder.subnets: got isolated subnets, out of which the builder has no way to what it downloads; give private',
    );
    expect(message).toContain('give private ones with a NAT gateway');
  });

  test('in public subnets that give out no addresses', () => {
    const type = ec2.SubnetType.PUBLIC;
    const message = withSubnets({ name: 'Public', subnetType: type, mapPublicIpOnLaunch: false }, type);
    expect(message).toContain(
      'builder.subnets: got public subnets that give out no public addresses, so the builder has no way out; give private',
    );
  });

  test('in subnets that the VPC does not have', () => {
    const message = refused((stack) => ({ vpc: new ec2.Vpc(stack, 'Vpc'), subnets: { subnetGroupName: 'Other' } }));
    expect(message).toContain('builder.subnets: got subnets that the VPC does not have');
  });

  test('with empty lists', () => {
    const message = refused(() => ({ securityGroups: [], instanceTypes: [] }));
    expect(message).toContain('builder.securityGroups: got an empty list; give one at least, or leave it out and one is made');
    expect(message).toContain('builder.instanceTypes: got an empty list; give a type at least, or leave it out');
  });

  test('of another architecture', () => {
    const message = refused(() => ({ instanceTypes: [new ec2.InstanceType('m7i.large'), new ec2.InstanceType('m7g.large')] }));
    expect(message).toContain('builder.instanceTypes: got m7i.large, but the base is arm64; give types of that architecture');
    expect(message).not.toContain('m7g.large, but');
  });

  test('with tags that are set by themselves', () => {
    const message = refused(() => ({ tags: { Name: 'x', 'aws:x': 'x', team: 'x' } }));
    expect(message).toContain('builder.tags: got "Name", which is set by itself; give another key');
    expect(message).toContain('builder.tags: got "aws:x", which is set by itself');
    expect(message).not.toContain('"team"');
  });

  test('with a prefix but without a bucket', () => {
    expect(refused(() => ({ logs: { prefix: 'x' } }))).toContain('builder.logs.prefix: got a prefix without a bucket; give `bucket` too');
  });
});
