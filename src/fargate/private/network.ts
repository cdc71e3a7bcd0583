import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import { selectSubnets } from '../../validation/subnets';

export interface Network {
  readonly vpc: ec2.IVpc;
  readonly taskSubnets: ec2.SubnetSelection;
}

interface GivenNetwork {
  readonly vpc?: ec2.IVpc;
  readonly cluster?: ecs.ICluster;
  readonly taskSubnets?: ec2.SubnetSelection;
}

export function checkNetwork(scope: Construct, { vpc, cluster, taskSubnets }: GivenNetwork, problems: Problems): void {
  if (vpc && cluster && differ(vpc, cluster.vpc)) {
    problems.add(scope, 'vpc', 'got a VPC that is not the one of the given cluster; leave out `vpc`, or give a cluster in it');
  }
  const network = vpc ?? cluster?.vpc;
  if (network && !Token.isUnresolved(network.availabilityZones) && network.availabilityZones.length < 2) {
    problems.add(
      scope,
      'vpc',
      `got a VPC in ${network.availabilityZones.length} zone; a load balancer needs two: give a VPC in two or more`,
    );
  }
  if (!network) {
    if (!taskSubnets) return;
    problems.add(scope, 'taskSubnets', 'got subnets without a VPC; give `vpc` too, so that the load balancer is in the same one');
  } else if (!taskSubnets) {
    if (network.privateSubnets.length > 0) return;
    problems.add(scope, 'vpc', 'got a VPC without private subnets that have a way out; give `taskSubnets`, or a VPC with a NAT gateway');
  } else {
    const selected = selectSubnets(scope, 'taskSubnets', network, taskSubnets, problems);
    if (!selected?.hasPublic) return;
    const wanted = 'give private ones with a NAT gateway';
    problems.add(scope, 'taskSubnets', `got public subnets, out of which a task without a public address has no way; ${wanted}`);
  }
}

function differ(one: ec2.IVpc, other: ec2.IVpc): boolean {
  if (one === other || Token.isUnresolved(one.vpcId) || Token.isUnresolved(other.vpcId)) return false;
  return one.vpcId !== other.vpcId;
}

export function makeNetwork(scope: Construct, given?: ec2.IVpc, taskSubnets?: ec2.SubnetSelection): Network {
  const vpc = given ?? makeVpc(scope);
  return { vpc, taskSubnets: taskSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } };
}

function makeVpc(scope: Construct): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: PUBLIC_AND_PRIVATE,
    // it would take a Lambda function with the right to change security groups; nothing is ever put into that group
    restrictDefaultSecurityGroup: false,
  });
}

const PUBLIC_AND_PRIVATE: ec2.SubnetConfiguration[] = [
  // nothing is started here with a public address by default: the load balancer and the NAT gateway ask for theirs
  { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 24 },
  { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
];
