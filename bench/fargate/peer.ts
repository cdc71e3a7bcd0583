import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import { FileSystem } from 'aws-cdk-lib/aws-efs';

/** What the CDK itself offers that comes closest: a pattern of its own, with a file system. */
const stack = new Stack(new App(), 'Peer');
const taskDefinition = new FargateTaskDefinition(stack, 'Task', { cpu: 1024, memoryLimitMiB: 2048 });
const container = taskDefinition.addContainer('atlantis', {
  image: ContainerImage.fromRegistry('ghcr.io/runatlantis/atlantis:v0.47.1'),
  portMappings: [{ containerPort: 4141 }],
});
const pattern = new ApplicationLoadBalancedFargateService(stack, 'Service', { taskDefinition });
const fileSystem = new FileSystem(stack, 'FileSystem', { vpc: pattern.cluster.vpc });
fileSystem.connections.allowDefaultPortFrom(pattern.service);
taskDefinition.addVolume({ name: 'data', efsVolumeConfiguration: { fileSystemId: fileSystem.fileSystemId } });
container.addMountPoints({ sourceVolume: 'data', containerPath: '/atlantis-data', readOnly: false });
