import { parseArgs } from 'node:util';
import { awaitHealth, type Deployment, deployExample, secretValue, serverAddress, serverContainers } from './demo/deployment';
import { Story } from './demo/story';
import { RUN_LABEL } from './docker';
import { type Forge, startForge } from './forge';
import { type LocalCloud, startCloud } from './local-cloud';
import { Failure, note, report, step } from './progress';
import { containerLogs } from './setup/docker-command';

const USAGE = `usage: npm run demo [-- [--keep] [--example FILE]]

Deploys examples/fargate to the local cloud, and takes a real pull request from its plan to the release of its lock.

  --keep          leave everything up afterwards, until Ctrl-C
  --example FILE  deploy this app instead: its stack \`Atlantis\` has the same outputs as the example's`;

const STACK = 'Atlantis';
const SECRET = 'atlantis/gitea';

const OPTIONS = {
  keep: { type: 'boolean', default: false },
  example: { type: 'string', default: 'examples/fargate/app.ts' },
} as const;

interface Wishes {
  readonly keep: boolean;
  readonly example: string;
}

function wishes(args: string[]): Wishes {
  try {
    return parseArgs({ args, options: OPTIONS }).values;
  } catch (problem) {
    throw new Failure(`${(problem as Error).message}\n\n${USAGE}`);
  }
}

/** What the example says is made beforehand: the server's account and its token. */
async function createSecret(cloud: LocalCloud, forge: Forge): Promise<void> {
  await step(`storing the forge's token in the secret ${SECRET}`, () =>
    cloud.api.json('secretsmanager', 'secretsmanager.CreateSecret', {
      Name: SECRET,
      SecretString: JSON.stringify({ token: forge.atlantis.token }),
      ClientRequestToken: cloud.run.padEnd(32, '-'),
    }),
  );
}

async function howToLook(cloud: LocalCloud, forge: Forge): Promise<string> {
  return [
    'Everything stays up until Ctrl-C, which stops and removes it.',
    `  the forge          ${forge.url}/acme/infrastructure/pulls (user ${forge.reviewer.name}, password ${forge.reviewer.password})`,
    `  the server's page  ${await serverAddress(cloud)} (behind the load balancer)`,
    `  as the internet    curl --cacert ${cloud.caFile} --connect-to ::127.0.0.1:${cloud.frontPort} https://atlantis.example.com/healthz`,
    `  the containers     DOCKER_HOST=${cloud.docker.host} docker ps`,
    `  the AWS API        AWS_ENDPOINT_URL=${cloud.endpoint} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 aws ecs list-clusters`,
  ].join('\n');
}

function quote(title: string, text: string): void {
  note(title);
  for (const line of text.trimEnd().split('\n')) {
    note(`│ ${line}`);
  }
}

/** The last lines of every container of the server and of the forge, for the reader of a failure. */
async function noteLogs(cloud: LocalCloud, forge: Forge | undefined): Promise<void> {
  const containers = await serverContainers(cloud).catch(() => []);
  for (const container of containers) {
    quote(`last lines of container ${container}:`, await containerLogs(cloud.docker, container));
  }
  if (containers.length === 0) {
    note('there is no container of the server');
  }
  if (forge) {
    quote('last lines of the forge:', await forge.logs());
  }
}

/** What the server tells on its own port is no business of the internet. */
async function expectClosed(cloud: LocalCloud, deployment: Deployment): Promise<void> {
  const closed = await cloud.fetch(new URL('/api/locks', deployment.WebhookUrl).toString());
  if (closed.status !== 403) {
    throw new Failure(`/api/locks is open to the internet: the load balancer answered ${closed.status}`);
  }
  note('through the load balancer the API of the server is closed (403)');
}

async function run(cloud: LocalCloud, { keep, example }: Wishes): Promise<void> {
  let forge: Forge | undefined;
  try {
    forge = await startForge(cloud);
    await createSecret(cloud, forge);
    const deployment = await deployExample(cloud, example, STACK);
    await awaitHealth(cloud, deployment);
    const webhookSecret = async () => (await secretValue(cloud, deployment.WebhookSecretArn)).webhook_secret;
    await new Story(forge, { webhookUrl: deployment.WebhookUrl, webhookSecret, address: () => serverAddress(cloud) }).tell();
    await expectClosed(cloud, deployment);
    note('The pull request was planned, refused, approved, applied and merged by the server that was deployed.');
  } catch (problem) {
    await noteLogs(cloud, forge);
    throw problem;
  }
  if (keep) {
    note(await howToLook(cloud, forge));
    await new Promise<never>(() => setInterval(() => {}, 3_600_000));
  }
}

async function main(): Promise<number> {
  const wished = wishes(process.argv.slice(2));
  return step('the demo', async () => {
    const cloud = await startCloud({ images: ['atlantis', 'gitea'] });
    note(`everything of this run has the label ${RUN_LABEL}=${cloud.run}`);
    try {
      await run(cloud, wished);
      return 0;
    } finally {
      await step('stopping and removing everything', () => cloud.stop());
    }
  });
}

main()
  .catch(report)
  .then((code) => process.exit(code));
