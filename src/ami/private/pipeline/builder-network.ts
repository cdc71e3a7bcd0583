import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct, IDependable } from 'constructs';
import type { BuilderOptions } from '../../builder-options';

export interface BuilderNetwork {
  readonly subnetId: string;
  readonly securityGroupIds: string[];
  /** The way out. */
  readonly connected: IDependable;
}

export function makeBuilderNetwork(scope: Construct, builder: BuilderOptions): BuilderNetwork {
  const vpc = builder.vpc ?? makeVpc(scope);
  const subnet = vpc.selectSubnets(builder.subnets ?? { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS }).subnets[0];
  const groups = builder.securityGroups ?? [makeSecurityGroup(scope, vpc)];
  return {
    subnetId: subnet.subnetId,
    securityGroupIds: groups.map((group) => group.securityGroupId),
    connected: subnet.internetConnectivityEstablished,
  };
}

function makeVpc(scope: Construct): ec2.Vpc {
  return new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 1,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 24 },
      { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
    ],
    // it would take a Lambda function with the right to change security groups; nothing is ever put into that group
    restrictDefaultSecurityGroup: false,
  });
}

function makeSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', { vpc, description: 'Builds images', allowAllOutbound: false });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS, and what the image is made of');
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTP, 'Archives of packages, which are signed');
  return group;
}
