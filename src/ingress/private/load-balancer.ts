import { Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { DomainConfig, IngressConfig, IngressContext } from './config';
import { addRules, UI_PATHS } from './listener-rules';

export interface LoadBalancerParts extends IngressContext {
  readonly subnets?: ec2.SubnetSelection;
  readonly domain: DomainConfig;
  readonly uiCidrs: readonly string[];
  readonly webhookCidrs?: readonly string[];
}

export function makeLoadBalancer(scope: Construct, parts: LoadBalancerParts): IngressConfig {
  const { vpc, domain } = parts;
  const securityGroup = new ec2.SecurityGroup(scope, 'LoadBalancerSecurityGroup', {
    vpc,
    description: 'Atlantis load balancer: web in, the server out',
    allowAllOutbound: false,
  });
  const loadBalancer = new elbv2.ApplicationLoadBalancer(scope, 'LoadBalancer', {
    vpc,
    vpcSubnets: parts.subnets,
    internetFacing: true,
    securityGroup,
    dropInvalidHeaderFields: true,
    // a page that follows a job is silent for as long as Terraform is
    idleTimeout: Duration.hours(1),
  });
  const targetGroup = makeTargetGroup(scope, parts);
  openPorts(securityGroup, parts);
  addOpenings(makeListener(loadBalancer, domain), targetGroup, parts);
  domain.pointAt(loadBalancer);
  const name = domain.domainName ?? loadBalancer.loadBalancerDnsName;
  return { url: `${domain.certificate ? 'https' : 'http'}://${name}`, loadBalancer, targetGroup, securityGroup };
}

function makeTargetGroup(scope: Construct, { vpc, containerPort }: LoadBalancerParts): elbv2.ApplicationTargetGroup {
  return new elbv2.ApplicationTargetGroup(scope, 'TargetGroup', {
    vpc,
    port: containerPort,
    protocol: elbv2.ApplicationProtocol.HTTP,
    targetType: elbv2.TargetType.IP,
    // answers take milliseconds; a longer delay only prolongs the gap of a deployment
    deregistrationDelay: Duration.seconds(10),
    healthCheck: {
      path: '/healthz',
      healthyHttpCodes: '200',
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

function openPorts(securityGroup: ec2.SecurityGroup, { domain, uiCidrs, webhookCidrs }: LoadBalancerParts): void {
  const peers = webhookCidrs ? [...new Set([...webhookCidrs, ...uiCidrs])].map(ec2.Peer.ipv4) : [ec2.Peer.anyIpv4()];
  for (const peer of peers) {
    if (domain.certificate) securityGroup.addIngressRule(peer, ec2.Port.tcp(443), 'HTTPS');
    securityGroup.addIngressRule(peer, ec2.Port.tcp(80), domain.certificate ? 'HTTP, to be redirected' : 'HTTP');
  }
}

function makeListener(loadBalancer: elbv2.ApplicationLoadBalancer, { certificate }: DomainConfig): elbv2.ApplicationListener {
  const defaultAction = elbv2.ListenerAction.fixedResponse(403, { contentType: 'text/plain', messageBody: 'closed' });
  if (!certificate) {
    return loadBalancer.addListener('Http', { port: 80, protocol: elbv2.ApplicationProtocol.HTTP, open: false, defaultAction });
  }
  loadBalancer.addListener('Http', {
    port: 80,
    protocol: elbv2.ApplicationProtocol.HTTP,
    open: false,
    defaultAction: elbv2.ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
  });
  return loadBalancer.addListener('Https', {
    port: 443,
    protocol: elbv2.ApplicationProtocol.HTTPS,
    open: false,
    certificates: [certificate],
    sslPolicy: elbv2.SslPolicy.RECOMMENDED_TLS,
    defaultAction,
  });
}

function addOpenings(listener: elbv2.ApplicationListener, targetGroup: elbv2.ApplicationTargetGroup, parts: LoadBalancerParts): void {
  let priority = addRules(listener, 'Health', 1, { paths: ['/healthz'], method: 'GET' }, targetGroup);
  priority = addRules(listener, 'Events', priority, { paths: ['/events'], method: 'POST', cidrs: parts.webhookCidrs }, targetGroup);
  if (parts.uiCidrs.length > 0) addRules(listener, 'Ui', priority, { paths: UI_PATHS, cidrs: parts.uiCidrs }, targetGroup);
}
