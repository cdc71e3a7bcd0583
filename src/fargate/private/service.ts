import { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct, IDependable } from 'constructs';
import type { IngressConfig } from '../../ingress/private/config';
import { LOCK_WAIT_SECONDS, SERVER_PORT } from './container';
import type { Network } from './network';

export interface ServiceParts {
  readonly cluster: ecs.ICluster;
  readonly taskDefinition: ecs.FargateTaskDefinition;
  readonly network: Network;
  readonly securityGroup: ec2.ISecurityGroup;
  readonly ingress: IngressConfig;
  /** What must exist before a task can start. */
  readonly after: readonly IDependable[];
}

export function makeCluster(scope: Construct, vpc: ec2.IVpc): ecs.Cluster {
  return new ecs.Cluster(scope, 'Cluster', {
    vpc,
    // for the tasks of others; the server itself never runs on Spot, which gives two minutes before a kill
    enableFargateCapacityProviders: true,
    containerInsightsV2: ecs.ContainerInsights.ENABLED,
  });
}

export function makeService(scope: Construct, parts: ServiceParts): ecs.FargateService {
  const { vpc, taskSubnets } = parts.network;
  const service = new ecs.FargateService(scope, 'Service', {
    cluster: parts.cluster,
    taskDefinition: parts.taskDefinition,
    vpcSubnets: taskSubnets,
    securityGroups: [parts.securityGroup],
    assignPublicIp: false,
    desiredCount: 1,
    // two servers must never write to one data directory
    minHealthyPercent: 0,
    maxHealthyPercent: 100,
    availabilityZoneRebalancing: ecs.AvailabilityZoneRebalancing.DISABLED,
    circuitBreaker: { enable: true, rollback: true },
    healthCheckGracePeriod: Duration.seconds(LOCK_WAIT_SECONDS + 60),
    propagateTags: ecs.PropagatedTagSource.SERVICE,
  });
  parts.ingress.targetGroup.addTarget(service.loadBalancerTarget({ containerName: 'atlantis', containerPort: SERVER_PORT }));
  service.node.addDependency(vpc.selectSubnets(taskSubnets).internetConnectivityEstablished, ...parts.after);
  return service;
}
