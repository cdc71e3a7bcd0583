import { EmulatorApi } from '../../integ/local/emulator-api';

interface Described {
  readonly tasks: { readonly taskArn: string; readonly lastStatus: string }[];
}

/** Run in the local cloud: has it run a task whose container stays up, and then stays up itself. */
async function main(): Promise<void> {
  const api = new EmulatorApi(Number(new URL(process.env.AWS_ENDPOINT_URL ?? '').port));
  const ecs = <T>(action: string, parameters: object) => api.json<T>('ecs', `AmazonEC2ContainerServiceV20141113.${action}`, parameters);
  await ecs('CreateCluster', { clusterName: 'test' });
  await ecs('RegisterTaskDefinition', {
    family: 'test',
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu: '256',
    memory: '512',
    containerDefinitions: [
      {
        name: 'stays-up',
        image: `cdk-atlantis-relay:${process.env.CDK_ATLANTIS_RUN}`,
        command: ['7000', '7001'],
        environment: [{ name: 'RELAY_TOKEN', value: 'none' }],
        portMappings: [{ containerPort: 7001 }],
      },
    ],
  });
  const { tasks } = await ecs<Described>('RunTask', {
    cluster: 'test',
    taskDefinition: 'test',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-00000001'] } },
  });
  let status = '';
  while (status !== 'RUNNING') {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const described = await ecs<Described>('DescribeTasks', { cluster: 'test', tasks: tasks.map(({ taskArn }) => taskArn) });
    status = described.tasks[0].lastStatus;
  }
  process.stdout.write('the task is running\n');
  setInterval(() => {}, 3_600_000);
}

void main();
