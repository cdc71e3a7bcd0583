import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { containerOf, loadBalancer, onlyResource, resourcesOf, synthesize } from '../synthesized';
import { reaches, rulesOf } from './rules';

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';

describe('the load balancer', () => {
  const { template } = synthesize();
  const balancer = onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
  const attribute = (name: string) =>
    balancer.Properties.LoadBalancerAttributes.find((entry: { Key: string }) => entry.Key === name)?.Value;

  test('requests with invalid headers lose them', () => {
    expect(attribute('routing.http.drop_invalid_header_fields.enabled')).toBe('true');
  });

  test('a page that follows a silent job for an hour is not cut off', () => {
    expect(attribute('idle_timeout.timeout_seconds')).toBe('3600');
  });

  test('it is an application load balancer that faces the internet', () => {
    expect(balancer.Properties).toMatchObject({ Type: 'application', Scheme: 'internet-facing' });
  });

  test('LoadBalancerIngressProps.subnets left out: it is in the public subnets', () => {
    const subnets = resourcesOf(template, 'AWS::EC2::Subnet');
    const kinds = balancer.Properties.Subnets.map(
      ({ Ref }: { Ref: string }) => subnets[Ref].Properties.Tags.find((tag: { Key: string }) => tag.Key === 'aws-cdk:subnet-type').Value,
    );
    expect(kinds).toEqual(['Public', 'Public']);
  });

  test('it is in the given subnets', () => {
    const { template: given } = synthesize((scope) => {
      const vpc = ec2.Vpc.fromVpcAttributes(scope, 'Given', {
        vpcId: 'vpc-1',
        availabilityZones: ['eu-central-1a', 'eu-central-1b'],
        publicSubnetIds: ['subnet-pub1', 'subnet-pub2'],
        privateSubnetIds: ['subnet-priv1', 'subnet-priv2'],
      });
      return { vpc, ingress: loadBalancer(scope, { subnets: { subnets: vpc.privateSubnets } }) };
    });
    expect(onlyResource(given, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties.Subnets).toEqual(['subnet-priv1', 'subnet-priv2']);
  });
});

describe('the listeners', () => {
  const { template } = synthesize();

  test('HTTP is redirected to HTTPS for good, and nothing else is done with it', () => {
    template.hasResourceProperties(LISTENER, {
      Port: 80,
      Protocol: 'HTTP',
      DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }],
    });
    const https = Object.entries(resourcesOf(template, LISTENER)).find(([, listener]) => listener.Properties.Port === 443)?.[0];
    for (const rule of Object.values(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::ListenerRule'))) {
      expect(rule.Properties.ListenerArn).toEqual({ Ref: https });
    }
  });

  test('HTTPS has a policy with TLS 1.3 that refuses what is older than TLS 1.2', () => {
    const https = Object.values(resourcesOf(template, LISTENER)).find((listener) => listener.Properties.Port === 443);
    expect(https?.Properties.Protocol).toBe('HTTPS');
    expect(https?.Properties.SslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-1-[23]-/);
  });

  test('what no rule opens is answered with 403', () => {
    template.hasResourceProperties(LISTENER, {
      Port: 443,
      DefaultActions: [
        { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '403', ContentType: 'text/plain', MessageBody: 'closed' } },
      ],
    });
  });

  test('there are two, and no rule but for the health check and the webhook', () => {
    template.resourceCountIs(LISTENER, 2);
    expect(rulesOf(template)).toEqual([
      { priority: 1, paths: ['/healthz'], methods: ['GET'], cidrs: undefined, action: 'forward', values: 2 },
      { priority: 2, paths: ['/events'], methods: ['POST'], cidrs: undefined, action: 'forward', values: 2 },
    ]);
  });

  test.each([
    ['POST', '/events'],
    ['GET', '/healthz'],
  ])('%s %s reaches the server from everywhere', (method, path) => {
    expect(reaches(template, method, path)).toBe(true);
  });

  test.each([
    ['GET', '/'],
    ['GET', '/events'],
    ['DELETE', '/events'],
    ['POST', '/healthz'],
    ['POST', '/events/'],
    ['GET', '/readyz'],
    ['GET', '/status'],
    ['GET', '/locks'],
    ['DELETE', '/locks'],
    ['GET', '/api/locks'],
    ['POST', '/api/plan'],
    ['POST', '/api/apply'],
    ['GET', '/metrics'],
    ['GET', '/debug/pprof/'],
    ['GET', '/github-app/setup'],
  ])('%s %s does not reach the server', (method, path) => {
    expect(reaches(template, method, path)).toBe(false);
  });
});

describe('the target group', () => {
  const { template } = synthesize();
  const group = onlyResource(template, 'AWS::ElasticLoadBalancingV2::TargetGroup');

  test('the health check asks /healthz for 200, since /readyz fails when only the database blinks', () => {
    expect(group.Properties).toMatchObject({
      HealthCheckPath: '/healthz',
      Matcher: { HttpCode: '200' },
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 5,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 3,
    });
  });

  test('a target is let go after 10 seconds', () => {
    expect(group.Properties.TargetGroupAttributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '10' });
  });

  test('targets are addresses, on the port that the server listens on', () => {
    expect(group.Properties).toMatchObject({ TargetType: 'ip', Port: 4141, Protocol: 'HTTP' });
    expect(containerOf(template, 'atlantis').PortMappings).toEqual([{ ContainerPort: 4141, Protocol: 'tcp' }]);
  });
});

describe('the security group of the load balancer', () => {
  const { template, stack, atlantis } = synthesize();
  const id = stack.resolve(atlantis.loadBalancerSecurityGroup.securityGroupId)['Fn::GetAtt'][0];
  const group = resourcesOf(template, 'AWS::EC2::SecurityGroup')[id].Properties;

  test('only 443 and 80 are opened', () => {
    expect(group.SecurityGroupIngress.map((rule: { FromPort: number; ToPort: number }) => [rule.FromPort, rule.ToPort])).toEqual([
      [443, 443],
      [80, 80],
    ]);
    const separate = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
    expect(separate.filter((rule) => JSON.stringify(rule.Properties.GroupId).includes(id))).toEqual([]);
  });

  test('it may send to the port of the task only', () => {
    expect(group.SecurityGroupEgress).toBeUndefined();
    const sent = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupEgress'));
    expect(sent.map((rule) => rule.Properties)).toEqual([
      expect.objectContaining({
        GroupId: { 'Fn::GetAtt': [id, 'GroupId'] },
        DestinationSecurityGroupId: stack.resolve(atlantis.taskSecurityGroup.securityGroupId),
        FromPort: 4141,
        ToPort: 4141,
      }),
    ]);
  });
});
