import { Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Persistence } from '../../../src';
import { onlyResource, refusalOf, resourcesOf, synthesize } from '../../synthesized';

const SERVICE = 'AWS::ECS::Service';

const given = (scope: Stack, vpcId = 'vpc-1') =>
  ec2.Vpc.fromVpcAttributes(scope, vpcId, {
    vpcId,
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    publicSubnetIds: ['subnet-public1', 'subnet-public2'],
    privateSubnetIds: ['subnet-private1', 'subnet-private2'],
    isolatedSubnetIds: ['subnet-isolated1', 'subnet-isolated2'],
  });

describe('a VPC that is made', () => {
  const { template, atlantis, stack } = synthesize();
  const service = onlyResource(template, SERVICE);
  const subnets = resourcesOf(template, 'AWS::EC2::Subnet');
  const kindOf = (id: string) =>
    subnets[id].Properties.Tags.find((tag: { Key: string }) => tag.Key === 'aws-cdk:subnet-type').Value as string;

  test('AtlantisOnFargateProps.vpc left out: one is made, with public and private subnets in two zones and one NAT gateway', () => {
    expect(stack.resolve(atlantis.vpc.vpcId)).toEqual({ Ref: onlyResource(template, 'AWS::EC2::VPC').id });
    expect(Object.keys(subnets).map(kindOf).sort()).toEqual(['Private', 'Private', 'Public', 'Public']);
    expect(new Set(Object.values(subnets).map((subnet) => subnet.Properties.AvailabilityZone)).size).toBe(2);
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  test('no subnet gives out public addresses by itself', () => {
    expect(Object.values(subnets).map((subnet) => subnet.Properties.MapPublicIpOnLaunch)).toEqual([false, false, false, false]);
  });

  test('AtlantisOnFargateProps.taskSubnets left out: the task is in the private subnets, without a public address', () => {
    const { Subnets, AssignPublicIp } = service.Properties.NetworkConfiguration.AwsvpcConfiguration;
    expect(Subnets.map(({ Ref }: { Ref: string }) => kindOf(Ref))).toEqual(['Private', 'Private']);
    expect(AssignPublicIp).toBe('DISABLED');
  });

  test('the service is made after the routes that lead out', () => {
    const routes = Object.entries(resourcesOf(template, 'AWS::EC2::Route'))
      .filter(([, route]) => route.Properties.NatGatewayId)
      .map(([id]) => id);
    expect(routes).toHaveLength(2);
    expect(service.DependsOn).toEqual(expect.arrayContaining(routes));
  });

  test('the service of a server without a file system, too, is made after the routes that lead out', () => {
    const ephemeral = synthesize(() => ({ persistence: Persistence.ephemeral() })).template;
    const routes = Object.entries(resourcesOf(ephemeral, 'AWS::EC2::Route')).filter(([, route]) => route.Properties.NatGatewayId);
    expect(onlyResource(ephemeral, SERVICE).DependsOn).toEqual(expect.arrayContaining(routes.map(([id]) => id)));
  });
});

describe('a VPC that is given', () => {
  const { template, atlantis } = synthesize((scope) => ({ vpc: given(scope) }));

  test('it is used for everything, and nothing of a network is made', () => {
    expect(atlantis.vpc.vpcId).toBe('vpc-1');
    for (const type of ['VPC', 'Subnet', 'NatGateway', 'InternetGateway', 'Route', 'EIP']) template.resourceCountIs(`AWS::EC2::${type}`, 0);
    for (const type of ['AWS::EC2::SecurityGroup', 'AWS::ElasticLoadBalancingV2::TargetGroup']) {
      template.allResourcesProperties(type, { VpcId: 'vpc-1' });
    }
  });

  test('the load balancer is in its public subnets, the task and its mount targets in its private ones', () => {
    expect(onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.Subnets).toEqual([
      'subnet-public1',
      'subnet-public2',
    ]);
    expect(onlyResource(template, SERVICE).Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual([
      'subnet-private1',
      'subnet-private2',
    ]);
    const targets = Object.values(resourcesOf(template, 'AWS::EFS::MountTarget'));
    expect(targets.map((target) => target.Properties.SubnetId)).toEqual(['subnet-private1', 'subnet-private2']);
  });

  test('with subnets for the task, the task and its mount targets are in these', () => {
    const { template: chosen } = synthesize((scope) => ({
      vpc: given(scope),
      taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    }));
    const isolated = ['subnet-isolated1', 'subnet-isolated2'];
    expect(onlyResource(chosen, SERVICE).Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual(isolated);
    expect(Object.values(resourcesOf(chosen, 'AWS::EFS::MountTarget')).map((target) => target.Properties.SubnetId)).toEqual(isolated);
  });

  test('the service is made after the routes of a VPC that the same stack makes', () => {
    const { template: shared } = synthesize((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared', { maxAzs: 2 }) }));
    const routes = Object.entries(resourcesOf(shared, 'AWS::EC2::Route')).filter(([, route]) => route.Properties.NatGatewayId);
    expect(routes).toHaveLength(2);
    expect(onlyResource(shared, SERVICE).DependsOn).toEqual(expect.arrayContaining(routes.map(([id]) => id)));
  });

  test('public subnets for the task are refused, since it has no public address', () => {
    const taskSubnets = { subnetType: ec2.SubnetType.PUBLIC };
    expect(refusalOf((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared'), taskSubnets }))).toBe(
      '[Stack/Atlantis] taskSubnets: got public subnets, out of which a task without a public address has no way; give private ones with a NAT gateway',
    );
  });

  test('a VPC without private subnets is refused', () => {
    const subnetConfiguration = [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC }];
    expect(refusalOf((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared', { subnetConfiguration }) }))).toBe(
      '[Stack/Atlantis] vpc: got a VPC without private subnets that have a way out; give `taskSubnets`, or a VPC with a NAT gateway',
    );
  });

  test('subnets that the VPC does not have are refused, beside whatever else is wrong', () => {
    const taskSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    expect(refusalOf((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared'), taskSubnets, repoAllowlist: [] }))).toMatch(
      /^2 problems:\n.*repoAllowlist: got no entry.*\n.*\[Stack\/Atlantis\] taskSubnets: got subnets that the VPC does not have; give some that it has. The CDK says: .*Isolated/s,
    );
  });

  test('a VPC without public subnets is refused, since the load balancer would be in them', () => {
    const subnetConfiguration = [{ name: 'Private', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }];
    const taskSubnets = { subnetType: ec2.SubnetType.PRIVATE_ISOLATED };
    expect(refusalOf((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared', { subnetConfiguration }), taskSubnets }))).toBe(
      '[Stack/Atlantis] vpc: got a VPC without public subnets, in which the load balancer would be; give `ingress.subnets`, or another VPC',
    );
  });

  test('a VPC in one zone is refused, since a load balancer needs two', () => {
    expect(refusalOf((scope) => ({ vpc: new ec2.Vpc(scope, 'Shared', { maxAzs: 1 }) }))).toBe(
      '[Stack/Atlantis] vpc: got a VPC in 1 zone; a load balancer needs two: give a VPC in two or more',
    );
  });

  test('subnets without a VPC are refused', () => {
    expect(refusalOf(() => ({ taskSubnets: { subnetGroupName: 'Tasks' } }))).toBe(
      '[Stack/Atlantis] taskSubnets: got subnets without a VPC; give `vpc` too, so that the load balancer is in the same one',
    );
  });
});

describe('a cluster that is given', () => {
  const clusterIn = (scope: Stack, vpc: ec2.IVpc) =>
    ecs.Cluster.fromClusterAttributes(scope, 'Given', { clusterName: 'shared', vpc, securityGroups: [] });

  test('its VPC is used where none is given', () => {
    const { template, atlantis } = synthesize((scope) => ({ cluster: clusterIn(scope, given(scope)) }));
    expect(atlantis.vpc.vpcId).toBe('vpc-1');
    template.resourceCountIs('AWS::EC2::VPC', 0);
  });

  test('subnets can be given without the VPC, since the cluster has one', () => {
    const { template } = synthesize((scope) => ({
      cluster: clusterIn(scope, given(scope)),
      taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
    }));
    expect(onlyResource(template, SERVICE).Properties.NetworkConfiguration.AwsvpcConfiguration.Subnets).toEqual([
      'subnet-isolated1',
      'subnet-isolated2',
    ]);
  });

  test('the same VPC may be given with it, also when it was imported twice', () => {
    expect(() =>
      synthesize((scope) => ({ vpc: given(scope), cluster: clusterIn(scope, given(new Stack(scope, 'Nested'))) })),
    ).not.toThrow();
  });

  test('another VPC is refused', () => {
    expect(refusalOf((scope) => ({ vpc: given(scope, 'vpc-2'), cluster: clusterIn(scope, given(scope)) }))).toBe(
      '[Stack/Atlantis] vpc: got a VPC that is not the one of the given cluster; leave out `vpc`, or give a cluster in it',
    );
  });
});
