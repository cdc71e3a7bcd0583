import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type DocumentOptions, documentArguments, documentsOf } from '../../../integ/local/images/documents';
import { executeFirst, inMachine, inRoot } from '../../../integ/local/images/executors';
import { Machine } from '../../../integ/local/images/machine';
import { command } from '../../../integ/local/setup/command';
import { provideTools } from '../../../integ/local/setup/tools';
import { REGION } from '../../synthesized';
import { Stores } from './atlantis-stores';
import { CAN_RUN, Workspace } from './workspace';

const ROOT = path.join(__dirname, '../../..');

/** What the bucket has: a program that answers one thing. */
const API = `defmodule Api do
  def serve(port) do
    {:ok, socket} = :gen_tcp.listen(port, [:binary, packet: :raw, active: false, reuseaddr: true])
    accept(socket)
  end

  defp accept(socket) do
    {:ok, client} = :gen_tcp.accept(socket)
    {:ok, _} = :gen_tcp.recv(client, 0)
    :gen_tcp.send(client, "HTTP/1.1 200 OK\\r\\ncontent-length: 5\\r\\nconnection: close\\r\\n\\r\\nhello")
    :gen_tcp.close(client)
    accept(socket)
  end
end
`;

/** examples/ami-levels as a user has it, run image by image: each on the root that the one before left. */
(CAN_RUN ? describe : describe.skip)('the example of levels of your own, on Ubuntu 24.04', () => {
  const workspace = new Workspace();
  let stores: Stores | undefined;
  let root: string | undefined;
  let template: object;
  let python: string;
  const outcomes: Record<string, string> = {};

  beforeAll(async () => {
    execFileSync('npx', ['tsx', 'examples/ami-levels/app.ts'], {
      cwd: ROOT,
      env: { ...process.env, CDK_OUTDIR: workspace.file('cdk.out') },
    });
    template = JSON.parse(fs.readFileSync(workspace.file('cdk.out', 'ApiImages.template.json'), 'utf8'));
    root = await workspace.root('ubuntu-24.04');
    ({ python } = await provideTools(['python']));
    stores = await Stores.start(workspace.directory);
    await storeRelease(stores);
    process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${stores.port}`;
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION });
    for (const name of ['Common', 'Elixir', 'Api']) outcomes[name] = root ? await built(name) : 'linted only';
  });

  afterAll(() => {
    stores?.stop();
    workspace.remove();
  });

  async function storeRelease({ port }: Stores): Promise<void> {
    fs.mkdirSync(workspace.file('api', 'lib'), { recursive: true });
    fs.writeFileSync(workspace.file('api', 'lib', 'api.ex'), API);
    await command('tar', ['--create', '--file', workspace.file('api.tar'), '--directory', workspace.file('api'), 'lib']);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const s3 = new S3Client({ region: REGION, endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true, credentials });
    await s3.send(new CreateBucketCommand({ Bucket: 'acme-releases' }));
    await s3.send(
      new PutObjectCommand({ Bucket: 'acme-releases', Key: 'api-1.2.3.tar', Body: fs.readFileSync(workspace.file('api.tar')) }),
    );
  }

  const documents = (name: string, options: DocumentOptions = {}) => {
    const { documents } = documentsOf(template, { ...options, recipe: recipeOf(name) });
    return documentArguments(documents, workspace.file(`documents-${name}`));
  };

  function recipeOf(name: string): string {
    const resources: Record<string, { Type: string }> = (template as { Resources: Record<string, { Type: string }> }).Resources;
    return Object.keys(resources).find((id) => id.startsWith(`${name}Recipe`) && resources[id].Type.endsWith('ImageRecipe')) as string;
  }

  async function built(name: string): Promise<string> {
    const { code, printed } = await executeFirst(inRoot(root as string), documents(name), { python });
    return code === 0 ? 'built' : printed;
  }

  test('the common image has what any service wants', () => {
    expect(outcomes.Common).toMatch(/^(built|linted only)$/);
  });

  test('the Elixir image has Erlang and Elixir, on top of the common one', () => {
    expect(outcomes.Elixir).toMatch(/^(built|linted only)$/);
  });

  test('the API image fetches its source from the bucket, and compiles it', () => {
    expect(outcomes.Api).toMatch(/^(built|linted only)$/);
  });

  test('the API is started with the machine, and answers', async () => {
    // where the archive of the system cannot be had, the example is only linted
    if (!root) return;
    const machine = await Machine.boot(root);
    try {
      const { code, printed } = await executeFirst(inMachine(machine.processId), documents('Api'));
      expect(code === 0 ? 'passed' : printed).toBe('passed');
      expect(await machine.run(['curl', '--silent', 'http://127.0.0.1:8080/'])).toBe('hello');
    } finally {
      await machine.stop();
    }
  });
});
