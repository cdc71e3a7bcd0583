import { App, Aspects, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import type { IConstruct } from 'constructs';
import {
  AtlantisImage,
  AtlantisLogLevel,
  AtlantisOnFargate,
  type AtlantisOnFargateProps,
  AtlantisVersion,
  type IAtlantis,
  RepoConfig,
  VcsProvider,
  WebAccess,
  WebhookSources,
} from '../../src';
import {
  containerOf,
  environmentOf,
  loadBalancer,
  newStack,
  onlyResource,
  refusalOf,
  requiredProps,
  resourcesOf,
  secretNamed,
  synthesize,
} from '../synthesized';
import { policiesOf } from './resolved';

describe('what can be read from the construct', () => {
  const { template, stack, atlantis } = synthesize();
  const idOf = (type: string): string => onlyResource(template, type).id;
  const idLike = (type: string, part: string): string => Object.keys(resourcesOf(template, type)).find((id) => id.includes(part)) ?? '';
  const attribute = (id: string, name: string) => ({ 'Fn::GetAtt': [id, name] });
  const SECURITY_GROUP = 'AWS::EC2::SecurityGroup';
  const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';

  const OUTPUTS: [string, () => unknown, () => unknown][] = [
    ['the name of the cluster, which is its id', () => atlantis.cluster.clusterName, () => ({ Ref: idOf('AWS::ECS::Cluster') })],
    ['the ARN of the cluster', () => atlantis.cluster.clusterArn, () => attribute(idOf('AWS::ECS::Cluster'), 'Arn')],
    ['the name of the service', () => atlantis.service.serviceName, () => attribute(idOf('AWS::ECS::Service'), 'Name')],
    ['the ARN of the task definition', () => atlantis.taskDefinition.taskDefinitionArn, () => ({ Ref: idOf('AWS::ECS::TaskDefinition') })],
    [
      'the revision of the task definition',
      () => atlantis.taskDefinitionRevision,
      () => ({ 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: idOf('AWS::ECS::TaskDefinition') }] }] }),
    ],
    ['the DNS name of the load balancer', () => atlantis.loadBalancer.loadBalancerDnsName, () => attribute(idOf(BALANCER), 'DNSName')],
    [
      'the zone of the load balancer',
      () => atlantis.loadBalancer.loadBalancerCanonicalHostedZoneId,
      () => attribute(idOf(BALANCER), 'CanonicalHostedZoneID'),
    ],
    [
      'the ARN of the target group',
      () => atlantis.targetGroup.targetGroupArn,
      () => ({ Ref: idOf('AWS::ElasticLoadBalancingV2::TargetGroup') }),
    ],
    [
      'the security group of the load balancer',
      () => atlantis.loadBalancerSecurityGroup.securityGroupId,
      () => attribute(idLike(SECURITY_GROUP, 'LoadBalancer'), 'GroupId'),
    ],
    [
      'the security group of the task',
      () => atlantis.taskSecurityGroup.securityGroupId,
      () => attribute(idLike(SECURITY_GROUP, 'Task'), 'GroupId'),
    ],
    [
      'the ARN of the execution role',
      () => atlantis.executionRole.roleArn,
      () => onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.ExecutionRoleArn,
    ],
    [
      'the ARN of the task role',
      () => atlantis.taskRole.roleArn,
      () => onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.TaskRoleArn,
    ],
    ['the id of the file system', () => atlantis.fileSystem?.fileSystemId, () => ({ Ref: idOf('AWS::EFS::FileSystem') })],
    [
      'the DNS name of the file system',
      () => atlantis.fileSystemDnsName,
      () => ({ 'Fn::Join': ['', [{ Ref: idOf('AWS::EFS::FileSystem') }, '.efs.eu-central-1.', { Ref: 'AWS::URLSuffix' }]] }),
    ],
    ['the id of the access point', () => atlantis.accessPoint?.accessPointId, () => ({ Ref: idOf('AWS::EFS::AccessPoint') })],
    ['the name of the log group', () => atlantis.logGroup.logGroupName, () => ({ Ref: idOf('AWS::Logs::LogGroup') })],
    ['the ARN of the log group', () => atlantis.logGroup.logGroupArn, () => attribute(idOf('AWS::Logs::LogGroup'), 'Arn')],
    ['the ARN of the webhook secret', () => atlantis.webhookSecrets[0].secretArn, () => ({ Ref: idOf('AWS::SecretsManager::Secret') })],
    ['the id of the VPC', () => atlantis.vpc.vpcId, () => ({ Ref: idOf('AWS::EC2::VPC') })],
    ['the address', () => atlantis.url, () => 'https://atlantis.example.com'],
  ];

  test.each(OUTPUTS)('%s', (_title, read, expected) => {
    expect(stack.resolve(read())).toEqual(expected());
  });
});

describe('AtlantisOnFargate as an IAtlantis', () => {
  test('a grant goes to the task role', () => {
    const stack = newStack();
    const atlantis: IAtlantis = new AtlantisOnFargate(stack, 'Atlantis', requiredProps(stack));
    new secretsmanager.Secret(stack, 'Provider').grantRead(atlantis);
    const template = Template.fromStack(stack);
    const [role] = Object.keys(resourcesOf(template, 'AWS::IAM::Role')).filter((id) => id.includes('TaskRole'));
    expect(JSON.stringify(policiesOf(template, role))).toContain('secretsmanager:GetSecretValue');
  });

  test('its connections are those of the task', () => {
    const stack = newStack();
    const atlantis = new AtlantisOnFargate(stack, 'Atlantis', requiredProps(stack));
    const database = new ec2.SecurityGroup(stack, 'Database', { vpc: atlantis.vpc });
    database.connections.allowFrom(atlantis, ec2.Port.tcp(5432));
    Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 5432,
      SourceSecurityGroupId: stack.resolve(atlantis.taskSecurityGroup.securityGroupId),
    });
  });
});

describe('the template', () => {
  const { template, stack } = synthesize();
  const resources = template.toJSON().Resources as { [id: string]: { Type: string; Properties: { [name: string]: unknown } } };

  test('it holds neither a custom resource nor a Lambda function', () => {
    const types = Object.values(resources).map((resource) => resource.Type);
    expect(types.filter((type) => /^Custom::|^AWS::CloudFormation::CustomResource$|^AWS::Lambda::/.test(type))).toEqual([]);
  });

  test('in an app with the feature flags of a new app it holds neither of them as well', () => {
    const stack = new Stack(new App({ context: CURRENTLY_RECOMMENDED_FLAGS }), 'Stack');
    new AtlantisOnFargate(stack, 'Atlantis', requiredProps(stack));
    const types = Object.values(Template.fromStack(stack).toJSON().Resources as typeof resources).map((resource) => resource.Type);
    expect(types.filter((type) => /^Custom::|^AWS::CloudFormation::CustomResource$|^AWS::Lambda::/.test(type))).toEqual([]);
  });

  test('nothing has a physical name', () => {
    const names = ['ClusterName', 'ServiceName', 'RoleName', 'LogGroupName', 'GroupName', 'BucketName', 'SecretName', 'ManagedPolicyName'];
    for (const { Type, Properties } of Object.values(resources)) {
      if (Type === 'AWS::Route53::RecordSet') continue;
      expect([Type, Object.keys(Properties).filter((name) => names.includes(name) || name === 'Name')]).toEqual([Type, []]);
    }
  });

  test('it has no output', () => {
    expect(template.toJSON()).not.toHaveProperty('Outputs');
  });

  test('synth warns of nothing', () => {
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue());
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });

  test('a second synth gives the same template', () => {
    expect(JSON.stringify(synthesize().template.toJSON())).toBe(JSON.stringify(template.toJSON()));
  });

  test('a stack that knows neither account nor region can be synthesized', () => {
    const anywhere = new Stack(new App(), 'Anywhere');
    new AtlantisOnFargate(anywhere, 'Atlantis', requiredProps(anywhere));
    expect(new Set(subnetZones(Template.fromStack(anywhere))).size).toBe(2);
  });

  test('everything is made under the construct', () => {
    const other = newStack();
    const props = requiredProps(other);
    const before = other.node.children.length;
    new AtlantisOnFargate(other, 'Atlantis', props);
    expect(other.node.children.slice(before).map((child) => child.node.id)).toEqual(['Atlantis']);
  });
});

function subnetZones(template: Template): string[] {
  return Object.values(resourcesOf(template, 'AWS::EC2::Subnet')).map((subnet) => JSON.stringify(subnet.Properties.AvailabilityZone));
}

describe('two servers in one stack', () => {
  const stack = newStack();
  const [one, two] = ['One', 'Two'].map((id) => new AtlantisOnFargate(stack, id, requiredProps(stack)));
  const template = Template.fromStack(stack);

  test('each has its own service, file system, load balancer, roles and secrets', () => {
    for (const type of [
      'AWS::ECS::Service',
      'AWS::EFS::FileSystem',
      'AWS::ElasticLoadBalancingV2::LoadBalancer',
      'AWS::SecretsManager::Secret',
    ]) {
      template.resourceCountIs(type, 2);
    }
    template.resourceCountIs('AWS::IAM::Role', 4);
    for (const read of [
      (server: AtlantisOnFargate) => server.taskRole.roleArn,
      (server: AtlantisOnFargate) => server.fileSystem?.fileSystemId,
      (server: AtlantisOnFargate) => server.logGroup.logGroupName,
      (server: AtlantisOnFargate) => server.loadBalancer.loadBalancerArn,
    ]) {
      expect(stack.resolve(read(one))).not.toEqual(stack.resolve(read(two)));
    }
  });

  test('they can share a VPC and a cluster', () => {
    const shared = newStack();
    const first = new AtlantisOnFargate(shared, 'One', requiredProps(shared));
    new AtlantisOnFargate(shared, 'Two', { ...requiredProps(shared), vpc: first.vpc, cluster: first.cluster });
    const together = Template.fromStack(shared);
    for (const type of ['AWS::EC2::VPC', 'AWS::ECS::Cluster']) together.resourceCountIs(type, 1);
    together.resourceCountIs('AWS::ECS::Service', 2);
  });
});

describe('several mistakes', () => {
  test('are thrown together, each with the path of the construct and the property', () => {
    const message = refusalOf((scope) => ({
      vcs: [VcsProvider.github({ user: '', credentials: secretNamed(scope, 'token') })],
      repoAllowlist: ['https://github.com/acme/*', 'gitlab.com/acme/*'],
      ingress: loadBalancer(scope, { ui: WebAccess.cidrs(['office']), sources: WebhookSources.cidrs([]) }),
      taskSubnets: { subnetGroupName: 'Tasks' },
      settings: { defaultTfVersion: 'v1', parallelPoolSize: 0 },
      cpu: 300,
    }));
    const lines = message.split('\n');
    expect(lines[0]).toBe('9 problems:');
    expect(lines.slice(1).map((line) => /^ {2}- \[Stack\/Atlantis\] ([^:]+): got /.exec(line)?.[1])).toEqual([
      'vcs[0].user',
      'repoAllowlist[0]',
      'repoAllowlist[1]',
      'ingress.ui',
      'ingress.sources',
      'taskSubnets',
      'settings.defaultTfVersion',
      'settings.parallelPoolSize',
      'cpu',
    ]);
  });

  test('are found before anything is made', () => {
    const stack = newStack();
    const props = { ...requiredProps(stack), cpu: 300 };
    expect(() => new AtlantisOnFargate(stack, 'Atlantis', props)).toThrow();
    expect(stack.node.findChild('Atlantis').node.children).toEqual([]);
  });
});

describe('what is stateful', () => {
  const VARIANTS: [string, (scope: Stack) => Partial<AtlantisOnFargateProps>][] = [
    ['cpuArchitecture', () => ({ cpuArchitecture: ecs.CpuArchitecture.X86_64 })],
    ['cpu and memoryLimitMiB', () => ({ cpu: 2048, memoryLimitMiB: 8192 })],
    ['image', () => ({ image: AtlantisImage.upstream(AtlantisVersion.of('0.48.0')) })],
    ['ingress', (scope) => ({ ingress: loadBalancer(scope, { ui: WebAccess.cidrs(['203.0.113.0/24']) }) })],
    [
      'logEncryptionKey',
      (scope) => ({ logEncryptionKey: kms.Key.fromKeyArn(scope, 'Key', 'arn:aws:kms:eu-central-1:111122223333:key/0') }),
    ],
    ['logRetention', () => ({ logRetention: logs.RetentionDays.ONE_YEAR })],
    ['repoAllowlist', () => ({ repoAllowlist: ['github.com/other/*'] })],
    ['repoConfig', () => ({ repoConfig: RepoConfig.lockedDown() })],
    ['settings', () => ({ settings: { logLevel: AtlantisLogLevel.DEBUG } })],
    ['vcs', (scope) => ({ vcs: [VcsProvider.github({ user: 'a', credentials: secretNamed(scope, 'token') })] })],
    ['vpc', (scope) => ({ vpc: new ec2.Vpc(scope, 'Shared') })],
    ['cluster', (scope) => ({ cluster: new ecs.Cluster(scope, 'Shared') })],
    [
      'taskSubnets',
      (scope) => ({ vpc: new ec2.Vpc(scope, 'Shared'), taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, onePerAz: true } }),
    ],
  ];
  const original = synthesize().template;

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-efs-filesystem.html, "Update requires: Replacement" */
  const immutable = ({ id, Properties }: ReturnType<typeof onlyResource>) => ({
    id,
    encrypted: Properties.Encrypted,
    key: Properties.KmsKeyId,
    performanceMode: Properties.PerformanceMode,
    zone: Properties.AvailabilityZoneName,
  });

  test.each(VARIANTS)('the file system and the log group are the same ones whatever is given as %s', (_names, given) => {
    const changed = synthesize(given).template;
    expect(immutable(onlyResource(changed, 'AWS::EFS::FileSystem'))).toEqual(immutable(onlyResource(original, 'AWS::EFS::FileSystem')));
    expect(onlyResource(changed, 'AWS::EFS::AccessPoint').Properties).toEqual(onlyResource(original, 'AWS::EFS::AccessPoint').Properties);
    const group = onlyResource(changed, 'AWS::Logs::LogGroup');
    expect([group.id, group.Properties.LogGroupName]).toEqual([onlyResource(original, 'AWS::Logs::LogGroup').id, undefined]);
  });

  test('each resource that is kept is one of these two, so that a deletion leaves nothing else', () => {
    const kept = Object.values(original.toJSON().Resources as { [id: string]: { Type: string; DeletionPolicy?: string } });
    expect(
      kept
        .filter((resource) => resource.DeletionPolicy === 'Retain')
        .map((resource) => resource.Type)
        .sort(),
    ).toEqual(['AWS::EFS::FileSystem', 'AWS::Logs::LogGroup']);
  });
});

test('AtlantisOnFargateProps.repoConfig left out: locked down', () => {
  const [without, given] = [synthesize(), synthesize(() => ({ repoConfig: RepoConfig.lockedDown() }))].map(({ template }) =>
    environmentOf(template),
  );
  expect(without.ATLANTIS_REPO_CONFIG_JSON).toBe(given.ATLANTIS_REPO_CONFIG_JSON);
  expect(without.ATLANTIS_CHECKOUT_STRATEGY).toBe('merge');
});

test('one image is given to both containers', () => {
  const { template } = synthesize(() => ({ image: AtlantisImage.upstream(AtlantisVersion.of('0.48.0')) }));
  expect([containerOf(template, 'setup').Image, containerOf(template, 'atlantis').Image]).toEqual([
    'ghcr.io/runatlantis/atlantis:v0.48.0',
    'ghcr.io/runatlantis/atlantis:v0.48.0',
  ]);
});

test('an aspect of the user can change what no prop offers', () => {
  const stack = newStack();
  const atlantis = new AtlantisOnFargate(stack, 'Atlantis', requiredProps(stack));
  Aspects.of(atlantis).add({
    visit(node: IConstruct) {
      if (node instanceof logs.CfnLogGroup) node.retentionInDays = Duration.days(7).toDays();
    },
  });
  expect(onlyResource(Template.fromStack(stack), 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(7);
});
