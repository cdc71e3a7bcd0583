import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { onlyResource, resourcesOf, synthesize } from '../../synthesized';

const SERVICE = 'AWS::ECS::Service';

describe('the service', () => {
  const { template, stack, atlantis } = synthesize();
  const service = onlyResource(template, SERVICE);

  test('one task runs', () => {
    expect(service.Properties.DesiredCount).toBe(1);
  });

  test('the old task stops before the new one starts, so that two never write to one data directory', () => {
    expect(service.Properties.DeploymentConfiguration).toMatchObject({ MinimumHealthyPercent: 0, MaximumPercent: 100 });
  });

  test('tasks are not moved between zones while they run', () => {
    expect(service.Properties.AvailabilityZoneRebalancing).toBe('DISABLED');
  });

  test('a deployment whose task does not become healthy is rolled back', () => {
    expect(service.Properties.DeploymentConfiguration.DeploymentCircuitBreaker).toEqual({ Enable: true, Rollback: true });
  });

  test('a start may wait for a lock on the file system before the load balancer counts it as unhealthy', () => {
    expect(service.Properties.HealthCheckGracePeriodSeconds).toBe(240);
  });

  test('its launch type is Fargate, without a capacity provider that could be Spot', () => {
    expect(service.Properties.LaunchType).toBe('FARGATE');
    expect(service.Properties).not.toHaveProperty('CapacityProviderStrategy');
  });

  test('its tags are passed on to the task', () => {
    expect(service.Properties.PropagateTags).toBe('SERVICE');
  });

  test('nobody can open a shell in the task', () => {
    expect(service.Properties).not.toHaveProperty('EnableExecuteCommand');
  });

  test('the server, and not the container that sets it up, is in the target group', () => {
    expect(service.Properties.LoadBalancers).toEqual([
      { ContainerName: 'atlantis', ContainerPort: 4141, TargetGroupArn: stack.resolve(atlantis.targetGroup.targetGroupArn) },
    ]);
  });

  test('it is made after the listener rules, without which the target group has no load balancer', () => {
    const rules = Object.keys(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::ListenerRule'));
    expect(rules).toHaveLength(2);
    expect(service.DependsOn).toEqual(expect.arrayContaining(rules));
  });

  test('it is made after the permissions of the task', () => {
    const policies = Object.entries(resourcesOf(template, 'AWS::IAM::Policy')).filter(([id]) => id.includes('TaskRole'));
    expect(service.DependsOn).toEqual(expect.arrayContaining(policies.map(([id]) => id)));
  });

  test('its security group lets the load balancer in on 4141, and nobody else', () => {
    const task = stack.resolve(atlantis.taskSecurityGroup.securityGroupId);
    const [id] = task['Fn::GetAtt'];
    expect(service.Properties.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups).toEqual([task]);
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')[id].Properties).not.toHaveProperty('SecurityGroupIngress');
    const rules = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).map((rule) => rule.Properties);
    expect(rules.filter((rule) => rule.GroupId['Fn::GetAtt'][0] === id)).toEqual([
      expect.objectContaining({
        SourceSecurityGroupId: stack.resolve(atlantis.loadBalancerSecurityGroup.securityGroupId),
        IpProtocol: 'tcp',
        FromPort: 4141,
        ToPort: 4141,
      }),
    ]);
  });
});

describe('the cluster', () => {
  const { template, stack, atlantis } = synthesize();
  const cluster = onlyResource(template, 'AWS::ECS::Cluster');

  test('AtlantisOnFargateProps.cluster left out: one is made, with Container Insights', () => {
    expect(cluster.Properties.ClusterSettings).toEqual([{ Name: 'containerInsights', Value: 'enabled' }]);
    expect(stack.resolve(atlantis.cluster.clusterName)).toEqual({ Ref: cluster.id });
    expect(onlyResource(template, SERVICE).Properties.Cluster).toEqual({ Ref: cluster.id });
  });

  test('Fargate and Fargate Spot are its providers, and neither is the default of a service', () => {
    expect(onlyResource(template, 'AWS::ECS::ClusterCapacityProviderAssociations').Properties).toEqual({
      Cluster: { Ref: cluster.id },
      CapacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      DefaultCapacityProviderStrategy: [],
    });
  });

  test('a cluster that is given is used, and none is made', () => {
    const { template: shared, atlantis: server } = synthesize((scope) => ({
      cluster: ecs.Cluster.fromClusterAttributes(scope, 'Given', {
        clusterName: 'shared',
        vpc: ec2.Vpc.fromVpcAttributes(scope, 'Vpc', {
          vpcId: 'vpc-1',
          availabilityZones: ['a', 'b'],
          publicSubnetIds: ['s1', 's2'],
          privateSubnetIds: ['s3', 's4'],
        }),
        securityGroups: [],
      }),
    }));
    expect(server.cluster.clusterName).toBe('shared');
    shared.resourceCountIs('AWS::ECS::Cluster', 0);
    shared.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
    expect(onlyResource(shared, SERVICE).Properties.Cluster).toBe('shared');
  });

  test('on a cluster whose default is Spot, the server still runs on Fargate', () => {
    const { template: spot } = synthesize((scope) => {
      const cluster = new ecs.Cluster(scope, 'Spotty', { enableFargateCapacityProviders: true });
      cluster.addDefaultCapacityProviderStrategy([{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]);
      return { cluster };
    });
    expect(onlyResource(spot, SERVICE).Properties).toMatchObject({ LaunchType: 'FARGATE' });
    expect(onlyResource(spot, SERVICE).Properties).not.toHaveProperty('CapacityProviderStrategy');
  });
});
