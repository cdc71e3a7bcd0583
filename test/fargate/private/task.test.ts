import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Persistence } from '../../../src';
import { type ContainerName, containerOf, environmentOf, onlyResource, synthesize } from '../../synthesized';

const TASK = 'AWS::ECS::TaskDefinition';

const mountsOf = (container: { MountPoints: { SourceVolume: string; ContainerPath: string; ReadOnly: boolean }[] }): string[] =>
  container.MountPoints.map((mount) => `${mount.SourceVolume}:${mount.ContainerPath}${mount.ReadOnly ? ':ro' : ''}`);

describe('the task definition', () => {
  const { template } = synthesize();
  const task = onlyResource(template, TASK).Properties;

  test('it is for Fargate, with an address of its own', () => {
    expect(task).toMatchObject({ RequiresCompatibilities: ['FARGATE'], NetworkMode: 'awsvpc' });
  });

  test('AtlantisOnFargateProps.cpuArchitecture left out: ARM64', () => {
    expect(task.RuntimePlatform).toEqual({ CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' });
  });

  test('x86 is a choice', () => {
    const x86 = synthesize(() => ({ cpuArchitecture: ecs.CpuArchitecture.X86_64 })).template;
    expect(onlyResource(x86, TASK).Properties.RuntimePlatform.CpuArchitecture).toBe('X86_64');
  });

  test('it has two containers, of which one sets up and one serves', () => {
    expect(task.ContainerDefinitions.map((container: { Name: string }) => container.Name)).toEqual(['setup', 'atlantis']);
  });

  test('volumes of its own hold the configuration, the home directory and temporary files', () => {
    expect(task.Volumes.slice(0, 3)).toEqual([{ Name: 'atlantis-run' }, { Name: 'atlantis-home' }, { Name: 'tmp' }]);
  });

  test('both roles can be assumed by tasks of ECS only', () => {
    template.allResourcesProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ecs-tasks.amazonaws.com' } }],
      },
    });
    template.resourceCountIs('AWS::IAM::Role', 2);
  });
});

describe('the container of the server', () => {
  const { template, stack, atlantis } = synthesize();
  const server = containerOf(template, 'atlantis');

  test("it runs as the image's user 100:1000", () => {
    expect(server.User).toBe('100:1000');
  });

  test('its root file system is read-only', () => {
    expect(server.ReadonlyRootFilesystem).toBe(true);
  });

  test('it starts through a shell script, which runs the entry point of the image', () => {
    expect(server.EntryPoint).toEqual(['/bin/sh', '-c']);
    expect(server.Command).toHaveLength(1);
    expect(server.Command[0]).toContain('exec docker-entrypoint.sh server --config');
  });

  test('Terraform has 120 seconds to finish when the task stops, the longest that Fargate gives', () => {
    expect(server.StopTimeout).toBe(120);
  });

  test('its health check asks /healthz, after the time that a lock may take', () => {
    expect(server.HealthCheck).toEqual({
      Command: ['CMD-SHELL', 'curl --fail --silent --show-error http://127.0.0.1:4141/healthz || exit 1'],
      Interval: 10,
      Timeout: 5,
      Retries: 3,
      StartPeriod: 240,
    });
  });

  test('it is essential, and starts once the set-up has succeeded', () => {
    expect(server.Essential).toBe(true);
    expect(server.DependsOn).toEqual([{ ContainerName: 'setup', Condition: 'SUCCESS' }]);
  });

  test('the data directory is a volume apart from the home directory', () => {
    expect(mountsOf(server)).toEqual([
      'atlantis-run:/atlantis-run',
      'atlantis-home:/home/atlantis',
      'tmp:/tmp',
      'atlantis-data:/atlantis-data',
    ]);
    expect(environmentOf(template)).toMatchObject({ HOME: '/home/atlantis', ATLANTIS_DATA_DIR: '/atlantis-data' });
  });

  test('it has no secret, since every plan inherits its environment', () => {
    expect(server).not.toHaveProperty('Secrets');
    expect(server).not.toHaveProperty('EnvironmentFiles');
  });

  test('its environment holds settings only, none of them a credential', () => {
    expect(Object.keys(environmentOf(template)).sort()).toEqual([
      'ATLANTIS_ATLANTIS_URL',
      'ATLANTIS_CHECKOUT_STRATEGY',
      'ATLANTIS_DATA_DIR',
      'ATLANTIS_GH_APP_SLUG',
      'ATLANTIS_PARALLEL_POOL_SIZE',
      'ATLANTIS_PORT',
      'ATLANTIS_REPO_ALLOWLIST',
      'ATLANTIS_REPO_CONFIG_JSON',
      'ATLANTIS_WEBSOCKET_CHECK_ORIGIN',
      'ATLANTIS_WRITE_GIT_CREDS',
      'HOME',
    ]);
  });

  test('it listens on the port that the load balancer sends to', () => {
    expect(environmentOf(template).ATLANTIS_PORT).toBe('4141');
  });

  test('its lines go to the log group', () => {
    expect(server.LogConfiguration).toMatchObject({
      LogDriver: 'awslogs',
      Options: { 'awslogs-group': stack.resolve(atlantis.logGroup.logGroupName), 'awslogs-stream-prefix': 'server' },
    });
  });
});

describe('the container that sets up', () => {
  const { template, stack, atlantis } = synthesize();
  const setup = containerOf(template, 'setup');

  test('it is the only one that gets secrets, each as a whole', () => {
    expect(setup.Secrets).toEqual([
      { Name: 'ATLANTIS_SETUP_SECRET_1', ValueFrom: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:app-AbCdEf' },
      { Name: 'ATLANTIS_SETUP_SECRET_2', ValueFrom: stack.resolve(atlantis.webhookSecrets[0].secretArn) },
    ]);
  });

  test('it is root, to give files to the server that the server cannot change, and ends before the server starts', () => {
    expect(setup.User).toBe('0:0');
    expect(setup.Essential).toBe(false);
  });

  test('it has the same image and a read-only root file system', () => {
    expect(setup.Image).toBe(containerOf(template, 'atlantis').Image);
    expect(setup.ReadonlyRootFilesystem).toBe(true);
  });

  test('it runs a shell script', () => {
    expect(setup.EntryPoint).toEqual(['/bin/sh', '-c']);
    expect(setup.Command).toHaveLength(1);
  });

  test('the configuration is readable by its owner only, and the owner is the server', () => {
    expect(setup.Command[0]).toContain('\numask 077\n');
    expect(setup.Command[0]).toContain('\nchmod 0400 "$new"\n');
    expect(setup.Command[0]).toMatch(/\nchown -R 100:1000 \/atlantis-run\/config \/home\/atlantis\n/);
  });

  test('the binary can be run but not read, so that no plan can read the memory of the server', () => {
    expect(setup.Command[0]).toContain('\nchmod 0711 /atlantis-run/bin/atlantis\n');
  });

  test('it does not see the file system', () => {
    expect(mountsOf(setup)).toEqual(['atlantis-run:/atlantis-run', 'atlantis-home:/home/atlantis', 'tmp:/tmp']);
  });

  test('it gives the data directory to the server where that is new with each task', () => {
    const ephemeral = containerOf(synthesize(() => ({ persistence: Persistence.ephemeral() })).template, 'setup');
    expect(mountsOf(ephemeral)).toContain('atlantis-data:/atlantis-data');
    expect(ephemeral.Command[0]).toMatch(/\nchown -R 100:1000 \/atlantis-run\/config \/home\/atlantis \/atlantis-data\n/);
  });

  test('its lines go to the log group, apart from those of the server', () => {
    expect(setup.LogConfiguration.Options).toMatchObject({
      'awslogs-group': stack.resolve(atlantis.logGroup.logGroupName),
      'awslogs-stream-prefix': 'setup',
    });
  });
});

test.each<ContainerName>(['setup', 'atlantis'])('the container "%s" is not privileged', (name) => {
  const container = containerOf(synthesize().template, name);
  expect(container).not.toHaveProperty('Privileged');
  expect(container).not.toHaveProperty('LinuxParameters');
});
