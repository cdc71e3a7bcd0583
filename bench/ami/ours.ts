import { App, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisAmi, ImageLevel, RuntimeTool, VcsProvider } from '../../src';

/** All three levels with their defaults, in a VPC that is there. */
const stack = new Stack(new App(), 'Ami', { env: { account: '123456789012', region: 'us-east-1' } });
const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['us-east-1a'],
  privateSubnetIds: ['subnet-0123456789abcdef0'],
  privateSubnetRouteTableIds: ['rtb-0123456789abcdef0'],
});
const credentials = Secret.fromSecretNameV2(stack, 'Github', 'atlantis/github');
new AtlantisAmi(stack, 'Ami', {
  builder: { vpc },
  levels: [
    ImageLevel.common(),
    ImageLevel.runtime({ tools: [RuntimeTool.terraform('1.14.9')] }),
    ImageLevel.atlantis({ vcs: [VcsProvider.github({ user: 'atlantis', credentials })], repoAllowlist: ['github.com/acme/*'] }),
  ],
});
