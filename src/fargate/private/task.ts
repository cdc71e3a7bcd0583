import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { SecretFlag } from '../../server/private/provider-config';
import { flagsToEnvironment, type ServerFlags } from '../../server/private/server-flags';
import { LOCK_WAIT_SECONDS, PATHS, SERVER_GID, SERVER_PORT, SERVER_UID, VOLUMES } from './container';
import { serverScript } from './server-script';
import { secretEnvironment, setupScript } from './setup-script';

export interface TaskSize {
  readonly cpu: number;
  readonly memoryLimitMiB: number;
  readonly cpuArchitecture: ecs.CpuArchitecture;
}

/** The task definition with its volumes, the one for data left out: persistence adds that. */
export function makeTaskDefinition(scope: Construct, size: TaskSize): ecs.FargateTaskDefinition {
  const taskDefinition = new ecs.FargateTaskDefinition(scope, 'TaskDefinition', {
    cpu: size.cpu,
    memoryLimitMiB: size.memoryLimitMiB,
    runtimePlatform: { cpuArchitecture: size.cpuArchitecture, operatingSystemFamily: ecs.OperatingSystemFamily.LINUX },
    taskRole: new iam.Role(scope, 'TaskRole', {
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'What the Atlantis server, and so every plan, may do',
    }),
    executionRole: new iam.Role(scope, 'ExecutionRole', {
      assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
      description: 'Starts the Atlantis task: reads its secrets, writes its logs',
    }),
  });
  for (const name of [VOLUMES.run, VOLUMES.home, VOLUMES.tmp]) taskDefinition.addVolume({ name });
  return taskDefinition;
}

export interface ContainerParts {
  readonly image: ecs.ContainerImage;
  readonly flags: ServerFlags;
  readonly secrets: readonly SecretFlag[];
  readonly logGroup: ILogGroup;
  /** Whether the data volume has to be given to the server's user first. */
  readonly ownData: boolean;
  readonly calledAtStart: readonly string[];
  /** The command that the server looks for when it starts. */
  readonly program?: string;
}

/** Adds the init container with the secrets, and the server that waits for it. */
export function addContainers(taskDefinition: ecs.FargateTaskDefinition, parts: ContainerParts): ecs.ContainerDefinition {
  const setup = addSetup(taskDefinition, parts);
  const server = taskDefinition.addContainer('atlantis', {
    image: parts.image,
    user: `${SERVER_UID}:${SERVER_GID}`,
    readonlyRootFilesystem: true,
    entryPoint: ['/bin/sh', '-c'],
    command: [serverScript()],
    environment: { HOME: PATHS.home, ...flagsToEnvironment(parts.flags) },
    portMappings: [{ containerPort: SERVER_PORT }],
    // the longest that Fargate allows: Terraform may finish
    stopTimeout: Duration.seconds(120),
    healthCheck: {
      command: ['CMD-SHELL', `curl --fail --silent --show-error http://127.0.0.1:${SERVER_PORT}/healthz || exit 1`],
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(LOCK_WAIT_SECONDS + 60),
    },
    logging: ecs.LogDriver.awsLogs({ logGroup: parts.logGroup, streamPrefix: 'server' }),
  });
  server.addContainerDependencies({ container: setup, condition: ecs.ContainerDependencyCondition.SUCCESS });
  mount(server, [VOLUMES.run, VOLUMES.home, VOLUMES.tmp, VOLUMES.data]);
  return server;
}

function addSetup(taskDefinition: ecs.FargateTaskDefinition, parts: ContainerParts): ecs.ContainerDefinition {
  const names = secretEnvironment(parts.secrets);
  const owned = parts.ownData ? [PATHS.home, PATHS.data] : [PATHS.home];
  const setup = taskDefinition.addContainer('setup', {
    image: parts.image,
    user: '0:0',
    essential: false,
    readonlyRootFilesystem: true,
    entryPoint: ['/bin/sh', '-c'],
    command: [setupScript({ ...parts, ownVolumes: owned })],
    secrets: Object.fromEntries(parts.secrets.map((flag) => [names.get(flag), ecs.Secret.fromSecretsManager(flag.secret)])),
    logging: ecs.LogDriver.awsLogs({ logGroup: parts.logGroup, streamPrefix: 'setup' }),
  });
  mount(setup, [VOLUMES.run, VOLUMES.home, VOLUMES.tmp, ...(parts.ownData ? [VOLUMES.data] : [])]);
  return setup;
}

function mount(container: ecs.ContainerDefinition, volumes: readonly string[]): void {
  for (const [part, name] of Object.entries(VOLUMES)) {
    if (!volumes.includes(name)) continue;
    container.addMountPoints({ sourceVolume: name, containerPath: PATHS[part as keyof typeof PATHS], readOnly: false });
  }
}
