import { Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import { selectSubnets } from '../../../validation/subnets';
import type { BuilderOptions } from '../../builder-options';
import { BUILDER_TAG } from './image-tags';

/** Image Builder sets these itself. */
const RESERVED = ['CreatedBy', 'Ec2ImageBuilderArn', 'Name', 'Tags', BUILDER_TAG];

export function checkBuilder(scope: Construct, builder: BuilderOptions, architecture: ec2.InstanceArchitecture, problems: Problems): void {
  checkSubnet(scope, builder, problems);
  if (builder.securityGroups?.length === 0) {
    problems.add(scope, 'builder.securityGroups', 'got an empty list; give one at least, or leave it out and one is made');
  }
  checkInstanceTypes(scope, builder.instanceTypes, architecture, problems);
  for (const key of Object.keys(builder.tags ?? {})) {
    if (!RESERVED.includes(key) && !key.startsWith('aws:')) continue;
    problems.add(scope, 'builder.tags', `got "${key}", which is set by itself; give another key`);
  }
  if (builder.logs?.prefix !== undefined && !builder.logs.bucket) {
    problems.add(scope, 'builder.logs.prefix', 'got a prefix without a bucket; give `bucket` too');
  }
}

function checkSubnet(scope: Construct, { vpc, subnets }: BuilderOptions, problems: Problems): void {
  if (!vpc) {
    if (subnets) problems.add(scope, 'builder.subnets', 'got subnets without a VPC; give `vpc` too');
    return;
  }
  if (!subnets) {
    if (vpc.privateSubnets.length > 0) return;
    const wanted = 'give `subnets`, or a VPC with a NAT gateway';
    problems.add(scope, 'builder.vpc', `got a VPC without private subnets that have a way out; ${wanted}`);
    return;
  }
  const subnet = selectSubnets(scope, 'builder.subnets', vpc, subnets, problems)?.subnets[0];
  if (!subnet) return;
  if (vpc.isolatedSubnets.includes(subnet)) {
    const wanted = 'give private ones with a NAT gateway';
    problems.add(scope, 'builder.subnets', `got isolated subnets, out of which the builder has no way to what it downloads; ${wanted}`);
  }
  // Image Builder cannot ask for a public address, so the subnet has to give one; of a subnet that is not of this app it is not known
  if (subnet instanceof ec2.PublicSubnet && (subnet.node.defaultChild as ec2.CfnSubnet).mapPublicIpOnLaunch !== true) {
    const wanted = 'give private ones with a NAT gateway';
    problems.add(
      scope,
      'builder.subnets',
      `got public subnets that give out no public addresses, so the builder has no way out; ${wanted}`,
    );
  }
}

function checkInstanceTypes(
  scope: Construct,
  types: ec2.InstanceType[] | undefined,
  architecture: ec2.InstanceArchitecture,
  problems: Problems,
): void {
  if (types?.length === 0) {
    problems.add(scope, 'builder.instanceTypes', 'got an empty list; give a type at least, or leave it out');
  }
  for (const type of types ?? []) {
    if (Token.isUnresolved(type.toString()) || type.architecture === architecture) continue;
    problems.add(scope, 'builder.instanceTypes', `got ${type}, but the base is ${architecture}; give types of that architecture`);
  }
}
