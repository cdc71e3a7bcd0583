import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { converse } from '../../integ/local/demo/conversation';
import { environmentFor, type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { Failure } from '../../integ/local/progress';
import { command } from '../../integ/local/setup/command';
import { findOnPath } from '../../integ/local/setup/on-path';
import { provideTools } from '../../integ/local/setup/tools';
import { median, RUNS } from '../timing';
import { ROOT, type Workshop } from '../workshop';
import { CountingProxy } from './counting-proxy';
import { enrolled, type Person } from './person';

const COMMAND = path.join(ROOT, 'lib/cli/cdk-atlantis.js');
const NOTHING = 'resource "terraform_data" "nothing" {}\n';

interface Manifest {
  readonly role: string;
  readonly people: { readonly sealKey: string };
}

/** What a state in the bucket and a session add, on the local cloud with IAM enforced. */
export async function benchCalls(workshop: Workshop, app: string): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const cloud = await startCloud({ enforceIam: true }).catch((problem) => {
    if (!(problem instanceof Failure)) throw problem;
    console.log(`calls of init, plan and activate: not run, ${problem.message.split('\n')[0]}`);
  });
  if (!cloud) return;
  const proxy = new CountingProxy(new URL(cloud.endpoint));
  try {
    const endpoint = await proxy.listen();
    await deploy(cloud, app, workshop);
    const directory = workshop.path('calls');
    fs.mkdirSync(directory);
    const env = environmentFor(cloud);
    execFileSync(process.execPath, [COMMAND, 'bootstrap', 'init', '--stack', 'Bootstrap', '--key', 'bench', '--yes'], {
      cwd: directory,
      env,
      stdio: 'pipe',
    });
    const manifest: Manifest = JSON.parse(fs.readFileSync(path.join(directory, '.cdk-atlantis.json'), 'utf8'));
    const person = await enrolled(cloud.endpoint, 'first.last-000.terraform', manifest.people.sealKey);
    // a configuration of Terraform's own would count too
    const proxied = { ...env, AWS_ENDPOINT_URL: endpoint, AWS_ENDPOINT_URL_S3: endpoint, TF_CLI_CONFIG_FILE: undefined };
    await benchBackend(workshop, directory, { ...proxied, ...(await session(cloud, manifest, person)) }, proxy);
    await benchActivate(directory, proxied, person, proxy);
  } finally {
    proxy.close();
    await cloud.stop();
  }
}

async function deploy(cloud: LocalCloud, app: string, workshop: Workshop): Promise<void> {
  const args = ['deploy', '--all', '--app', `${process.execPath} ${app}`, '--output', workshop.path('calls.out')];
  await command(path.join(ROOT, 'node_modules/.bin/cdk'), [...args, '--require-approval', 'never', '--progress', 'events'], {
    cwd: workshop.directory,
    onlyEnv: environmentFor(cloud),
  });
}

async function session(cloud: LocalCloud, { role }: Manifest, person: Person): Promise<Record<string, string>> {
  const sts = new STSClient({ endpoint: cloud.endpoint, region: cloud.env.AWS_REGION, credentials: person });
  const SerialNumber = role.replace(/:role\/.*/, `:mfa/${person.user}`);
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: person.user, SerialNumber, TokenCode: await person.nextCode() }),
  );
  return {
    AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
    AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
    AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
  };
}

/** The same configuration with its state in a local file and in the bucket, in turns. */
async function benchBackend(workshop: Workshop, remote: string, env: NodeJS.ProcessEnv, proxy: CountingProxy): Promise<void> {
  const tofu = findOnPath('terraform') ? 'terraform' : (await provideTools(['tofu'])).tofu;
  const local = workshop.path('local');
  fs.mkdirSync(local);
  for (const directory of [local, remote]) fs.writeFileSync(path.join(directory, 'main.tf'), NOTHING);
  const run = (cwd: string, ...args: string[]) => command(tofu, args, { cwd, onlyEnv: env });
  const measure = async (name: string, work: (cwd: string) => Promise<unknown>) => {
    const [here, there]: [number[], number[]] = [[], []];
    for (let count = 0; count < RUNS; count += 1) {
      here.push(await duration(() => work(local)));
      proxy.take();
      there.push(await duration(() => work(remote)));
    }
    const more = median(there) - median(here);
    const calls = said(proxy.take());
    console.log(
      `${path.basename(tofu)} ${name} with the generated backend: ${more} ms more than with a local file (${median(here)} ms), ${calls}`,
    );
  };
  // the emulated S3 has no name for each bucket
  const style = (cwd: string) => (cwd === remote ? ['-backend-config=use_path_style=true'] : []);
  await measure('init', (cwd) => run(cwd, 'init', '-input=false', '-reconfigure', ...style(cwd)));
  for (const directory of [local, remote]) await run(directory, 'apply', '-input=false', '-auto-approve');
  await measure('plan', (cwd) => run(cwd, 'plan', '-input=false'));
}

/** From the code to the session. The AWS command line starts once for each call. */
async function benchActivate(directory: string, env: NodeJS.ProcessEnv, person: Person, proxy: CountingProxy): Promise<void> {
  const needed = ['aws', 'bash', 'script'].filter((name) => !findOnPath(name));
  if (needed.length > 0) return console.log(`activate: not run, ${needed.join(' and ')} is not installed`);
  const own = { ...env, AWS_ACCESS_KEY_ID: person.accessKeyId, AWS_SECRET_ACCESS_KEY: person.secretAccessKey };
  const code = await person.nextCode();
  proxy.take();
  const inBash = ['bash', '-c', 'source ./activate && [ -n "$AWS_SESSION_TOKEN" ]'];
  const asked = { command: inBash, cwd: directory, env: own, answers: [[/MFA code/, () => code]] as const, terminal: true };
  const taken = await duration(() => converse(asked));
  const version = execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split(' ')[0];
  console.log(`activate in bash with ${version}: ${Math.round(taken)} ms, ${said(proxy.take())}`);
}

function said(counted: ReadonlyMap<string, number>): string {
  const total = [...counted.values()].reduce((sum, count) => sum + count, 0);
  const names = [...counted].map(([name, count]) => (count > 1 ? `${count} ${name}` : name)).join(', ');
  return `${total} calls${total > 0 ? `: ${names}` : ''}`;
}

async function duration(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
