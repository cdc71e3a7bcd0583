import { Ec2RunnerProvider } from '@cloudsnorkel/cdk-github-runners';
import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';

/** The image builder of the runners with all its defaults, in a VPC that is there. */
const stack = new Stack(new App(), 'Peer', { env: { account: '123456789012', region: 'us-east-1' } });
const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['us-east-1a'],
  privateSubnetIds: ['subnet-0123456789abcdef0'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
});
Ec2RunnerProvider.imageBuilder(stack, 'Image', { vpc }).bindAmi();
