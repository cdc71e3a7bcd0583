import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUN_LABEL } from '../docker';
import { waitFor } from '../forge-client';
import { environmentFor, type LocalCloud } from '../local-cloud';
import { Failure, note, step } from '../progress';
import { command } from '../setup/command';
import { ATLANTIS_IMAGE } from '../setup/images';

const ROOT = join(__dirname, '..', '..', '..');
const BIN = join(ROOT, 'node_modules', '.bin');

/** The outputs of the example's stack. */
export interface Deployment {
  readonly WebhookUrl: string;
  readonly WebhookSecretArn: string;
  readonly ClusterName: string;
  readonly ServiceName: string;
}

/** Deploys an app with the pinned CDK command line, as a user would, and returns its stack's outputs. */
export async function deployExample<Outputs = Deployment>(cloud: LocalCloud, app: string, stack: string): Promise<Outputs> {
  return step(`cdk deploy (${app})`, async () => {
    const outputs = join(cloud.directory, 'outputs.json');
    const work = join(cloud.directory, 'cdk.out');
    await command(
      join(BIN, 'cdk'),
      [
        ...['deploy', stack, '--app', `${join(BIN, 'tsx')} ${app}`, '--output', work],
        ...['--require-approval', 'never', '--progress', 'events', '--outputs-file', outputs],
      ],
      { cwd: ROOT, onlyEnv: environmentFor(cloud), heartbeat: () => 'still deploying' },
    );
    return JSON.parse(readFileSync(outputs, 'utf8'))[stack];
  });
}

/** The value of a secret, which is JSON. */
export async function secretValue(cloud: LocalCloud, secret: string): Promise<Record<string, string>> {
  const { SecretString } = await cloud.api.json<{ SecretString: string }>('secretsmanager', 'secretsmanager.GetSecretValue', {
    SecretId: secret,
  });
  return JSON.parse(SecretString);
}

interface TaskDefinition {
  readonly taskDefinition: { readonly runtimePlatform?: { readonly cpuArchitecture?: string } };
}

/** Says which processor was asked for and which one it is: the containers run on this machine's. */
async function noteArchitectures(cloud: LocalCloud, deployment: Deployment): Promise<void> {
  const ecs = 'AmazonEC2ContainerServiceV20141113';
  const { services } = await cloud.api.json<{ services: { taskDefinition: string }[] }>('ecs', `${ecs}.DescribeServices`, {
    cluster: deployment.ClusterName,
    services: [deployment.ServiceName],
  });
  const { taskDefinition } = await cloud.api.json<TaskDefinition>('ecs', `${ecs}.DescribeTaskDefinition`, {
    taskDefinition: services[0].taskDefinition,
  });
  const run = await cloud.docker.run(['image', 'inspect', '--format', '{{.Architecture}}', ATLANTIS_IMAGE]);
  note(`the task asks for ${taskDefinition.runtimePlatform?.cpuArchitecture ?? 'X86_64'}, what runs here is ${run.trim()}`);
}

/** Waits until the server answers through the deployed listener. */
export async function awaitHealth(cloud: LocalCloud, deployment: Deployment): Promise<void> {
  const url = new URL('/healthz', deployment.WebhookUrl).toString();
  await step(`waiting for ${url}`, async () => {
    let answer = 'nothing yet';
    const healthy = async () => {
      const response = await cloud.fetch(url).catch((problem: Error) => new Response(problem.message, { status: 599 }));
      answer = `${response.status} ${await response.text()}`;
      return response.status === 200 && /"status":\s*"ok"/.test(answer) ? true : undefined;
    };
    await waitFor('the health of the server', 60, healthy).catch((problem: Error) => {
      throw new Failure(`${problem.message}; the last answer was ${answer}`, { cause: problem });
    });
    await noteArchitectures(cloud, deployment);
  });
}

/** The containers of Atlantis in this run, also those that have stopped, the newest first. */
export async function serverContainers(cloud: LocalCloud, ...filters: string[]): Promise<string[]> {
  const labels = [`label=${RUN_LABEL}=${cloud.run}`, `ancestor=${ATLANTIS_IMAGE}`, ...filters];
  const listed = await cloud.docker.run(['ps', '--all', '--quiet', ...labels.flatMap((filter) => ['--filter', filter])]);
  return listed.split('\n').filter((line) => line !== '');
}

/** The server's own port on loopback, behind the load balancer. */
export async function serverAddress(cloud: LocalCloud): Promise<string> {
  for (const container of await serverContainers(cloud, 'status=running')) {
    const published = await cloud.docker.run(['port', container, '4141/tcp']).catch(() => '');
    if (published) {
      return `http://${published.trim().split('\n')[0]}`;
    }
  }
  throw new Failure('no container of the server is running');
}
