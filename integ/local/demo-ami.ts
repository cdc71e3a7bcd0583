import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployExample, secretValue } from './demo/deployment';
import { Story } from './demo/story';
import { all, text } from './emulator-api';
import { FORGE_HOST, type Forge, startForge } from './forge';
import { waitFor } from './forge-client';
import { documentArguments, documentsOf } from './images/documents';
import { executeFirst, inMachine } from './images/executors';
import { Machine, makeVolume } from './images/machine';
import { Metadata } from './images/metadata';
import { Publisher } from './images/publisher';
import { type LocalCloud, startCloud } from './local-cloud';
import { Failure, note, report, step } from './progress';

const APP = 'integ/local/demo/image-app.ts';
const STACK = 'AtlantisImage';
const SECRET = 'atlantis/gitea';
/** Where the AWS API is for the machine, on its own loopback. */
const API_PORT = 4566;
const SERVER_PORT = 4141;
const DATA_MIB = 512;

interface Outputs {
  readonly PromotedParameter: string;
  readonly WebhookSecretArn: string;
  readonly BuildLogs: string;
}

/** Builds the image in the deployed pipeline, as `cdk deploy` of an image that is built with the stack does. */
async function build(cloud: LocalCloud): Promise<{ outputs: Outputs; root: string }> {
  const outputs = await deployExample<Outputs>(cloud, APP, STACK);
  await tellOfBuild(cloud, outputs.BuildLogs);
  const imageId = await step('waiting for the promotion of the image', () =>
    waitFor('the promoted parameter', 60, () => parameter(cloud, outputs.PromotedParameter)),
  );
  note(`${outputs.PromotedParameter} is ${imageId}`);
  return { outputs, root: cloud.imageRoot(imageId) };
}

/** What the pipeline logged: each component and each of its steps. */
async function tellOfBuild(cloud: LocalCloud, logGroupName: string): Promise<void> {
  const { events } = await cloud.api.json<{ events: { message: string }[] }>('logs', 'Logs_20140328.FilterLogEvents', { logGroupName });
  note(`${logGroupName}:`);
  for (const { message } of events) note(`│ ${message}`);
}

async function parameter(cloud: LocalCloud, name: string): Promise<string | undefined> {
  const answer = await cloud.api
    .json<{ Parameter: { Value: string } }>('ssm', 'AmazonSSM.GetParameter', { Name: name })
    .catch(() => undefined);
  return answer?.Parameter.Value;
}

/** What EC2 does when a machine is started from the image: metadata with the role's credentials, a data volume, user data. */
async function start(cloud: LocalCloud, root: string, forge: Forge): Promise<{ machine: Machine; metadata: Metadata }> {
  const work = join(cloud.directory, 'machine');
  mkdirSync(work, { recursive: true });
  const own = join(work, 'root');
  cpSync(root, own, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  writeFileSync(join(own, 'etc/atlantis/environment'), `AWS_ENDPOINT_URL=http://127.0.0.1:${API_PORT}\n`);
  const metadata = await Metadata.start({
    region: 'us-east-1',
    accountId: '123456789012',
    instanceId: 'i-0123456789abcdef0',
    role: 'atlantis-server',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: 'test' },
  });
  const machine = await step('booting the image with the real systemd', async () =>
    Machine.boot(own, {
      hosts: { [FORGE_HOST]: '127.0.0.2' },
      forwards: [
        ...metadata.forwards,
        { address: '127.0.0.1', port: API_PORT, to: Number(new URL(cloud.endpoint).port) },
        { address: '127.0.0.2', port: 3000, to: Number(new URL(forge.url).port) },
      ],
      volumes: { '/dev/sdf': await makeVolume(join(work, 'data'), DATA_MIB) },
    }),
  );
  return { machine, metadata };
}

/** Runs the test phase of the deployed components in the machine, as Image Builder does on one that it starts for it. */
async function testComponents(cloud: LocalCloud, machine: Machine): Promise<void> {
  await step('the test phase of the components, in the booted machine', async () => {
    const template = JSON.parse(readFileSync(join(cloud.directory, 'cdk.out', `${STACK}.template.json`), 'utf8'));
    const listed = await cloud.api.query('cloudformation', '2010-05-15', 'ListStackResources', { StackName: STACK });
    const resources = all(listed, 'StackResourceSummaries/member');
    const values = resources.map((resource) => [text(resource, 'LogicalResourceId'), text(resource, 'PhysicalResourceId')]);
    const { documents } = documentsOf(template, { values: Object.fromEntries(values) });
    const { code, printed } = await executeFirst(
      inMachine(machine.processId),
      documentArguments(documents, join(cloud.directory, 'documents')),
    );
    for (const line of printed.trimEnd().split('\n')) note(`│ ${line}`);
    if (code !== 0) throw new Failure('a component found the machine not as it should be');
  });
}

async function tellOfUnit(machine: Machine): Promise<void> {
  note((await machine.run(['systemctl', '--no-pager', '--lines=0', 'status', 'atlantis'])).trimEnd());
  const audit = await machine.run(['systemd-analyze', 'security', '--no-pager', 'atlantis']);
  note(audit.trimEnd().split('\n').at(-1) ?? '');
}

async function run(cloud: LocalCloud): Promise<void> {
  const forge = await startForge(cloud);
  await step(`storing the forge's token in the secret ${SECRET}`, () =>
    cloud.api.json('secretsmanager', 'secretsmanager.CreateSecret', {
      Name: SECRET,
      SecretString: JSON.stringify({ token: forge.atlantis.token }),
      ClientRequestToken: cloud.run.padEnd(32, '-'),
    }),
  );
  const { outputs, root } = await build(cloud);
  const { machine, metadata } = await start(cloud, root, forge);
  try {
    const port = await machine.expose(SERVER_PORT);
    const address = `http://127.0.0.1:${port}`;
    await step('waiting for the health of the server', () =>
      waitFor('the health of the server', 60, async () =>
        (await fetch(`${address}/healthz`).catch(() => undefined))?.ok ? true : undefined,
      ),
    );
    await testComponents(cloud, machine);
    await tellOfUnit(machine);
    cloud.serveAtlantis(port);
    const webhookSecret = async () => (await secretValue(cloud, outputs.WebhookSecretArn)).webhook_secret;
    await new Story(forge, { webhookUrl: 'http://atlantis.example.com:4141/events', webhookSecret, address: async () => address }).tell();
  } catch (problem) {
    note(await machine.journal().catch(() => 'the machine is gone'));
    throw problem;
  } finally {
    await machine.stop();
    await metadata.stop();
  }
  note('The image was built from the deployed components, booted, and its server planned, applied and released a pull request.');
}

async function main(): Promise<number> {
  return step('the demo of the image', async () => {
    const releases = [
      { program: 'atlantis', version: '0.47.1' },
      { program: 'opentofu', version: '1.12.5' },
    ] as const;
    const certificates = mkdtempSync(join(tmpdir(), 'cdk-atlantis-publisher-'));
    const publisher = await Publisher.start(certificates, [...releases]);
    try {
      const cloud = await startCloud({ images: ['gitea'], imageArguments: publisher.options });
      try {
        await run(cloud);
        return 0;
      } finally {
        await step('stopping and removing everything', () => cloud.stop());
      }
    } finally {
      await publisher.stop();
      rmSync(certificates, { recursive: true });
    }
  });
}

main()
  .catch(report)
  .then((code) => process.exit(code));
