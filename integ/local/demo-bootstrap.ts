import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../../tools/bundle/bundle';
import { deployExample } from './demo/deployment';
import { administer, type Installed, Person } from './demo/person';
import { environmentFor, type LocalCloud, startCloud } from './local-cloud';
import { Failure, note, report, step } from './progress';
import { provideAwsCli } from './setup/aws-cli';
import { command } from './setup/command';
import { debianPackages, provideTools } from './setup/tools';

const USAGE = `usage: npm run demo:bootstrap [-- --example FILE]

Deploys examples/bootstrap to the local cloud with IAM enforced, and walks from a fresh laptop to an applied state, and to a stolen
session that is refused.

  --example FILE  deploy this app instead: its stack \`TerraformBootstrap\` has the same people as the example's`;

const STACK = 'TerraformBootstrap';
const MARTIN = 'martin.rosselle.terraform';
const ANNA = 'anna.terraform';
const STATE = 'network/prod';

/** Terraform's own data, so that no provider has to be downloaded. */
const CODE = `variable "dbPassword" {
  type      = string
  sensitive = true
}

resource "terraform_data" "network" {
  input = "10.0.0.0/16"
}

output "password_length" {
  value = nonsensitive(length(var.dbPassword))
}
`;

function wishes(): { example: string } {
  try {
    return parseArgs({ options: { example: { type: 'string', default: 'examples/bootstrap/app.ts' } } }).values;
  } catch (problem) {
    throw new Failure(`${(problem as Error).message}\n\n${USAGE}`);
  }
}

/** The command as a package manager would install it, beside OpenTofu and the AWS command line. */
async function install(cloud: LocalCloud): Promise<Installed> {
  return step('having the command, OpenTofu and the AWS command line', async () => {
    await debianPackages('bsdutils');
    const { tofu } = await provideTools(['tofu']);
    const bin = path.join(cloud.directory, 'bin');
    await bundle(path.join(bin, 'cdk-atlantis.js'));
    fs.symlinkSync(path.join(bin, 'cdk-atlantis.js'), path.join(bin, 'cdk-atlantis'));
    fs.symlinkSync(tofu, path.join(bin, 'tofu'));
    return { path: [bin, path.dirname(await provideAwsCli())] };
  });
}

/** What an administrator does once: the files of the project, and the first keys. */
async function prepare(cloud: LocalCloud, installed: Installed, project: string): Promise<void> {
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(path.join(project, 'main.tf'), CODE);
  await step('administrator: cdk-atlantis bootstrap init', () =>
    administer(cloud, installed, project, 'init', '--stack', STACK, '--key', STATE, '--yes'),
  );
  note(`backend.tf:\n${indented(fs.readFileSync(path.join(project, 'backend.tf'), 'utf8'))}`);
}

async function enroll(cloud: LocalCloud, installed: Installed, person: Person): Promise<void> {
  await step(`administrator: first key of ${person.name}; ${person.name}: own key, MFA device, seal`, async () => {
    const issued = await administer(cloud, installed, person.project, 'enroll', '--issue', person.name);
    const [, id] = /AWS access key: (\S+)/.exec(issued) ?? [];
    const [, secret] = /AWS secret access key: (\S+)/.exec(issued) ?? [];
    await person.enroll({ id, secret });
  });
}

/** Whether the credentials of a session, as `env` printed them, can still list the states. */
async function works(cloud: LocalCloud, installed: Installed, file: string): Promise<boolean> {
  const session = Object.fromEntries(
    fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('AWS_'))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );
  const PATH = [...installed.path, process.env.PATH].join(path.delimiter);
  try {
    await command('aws', ['s3api', 'list-buckets'], { onlyEnv: { ...environmentFor(cloud), ...session, PATH } });
    return true;
  } catch (problem) {
    if (/AccessDenied/.test((problem as Error).message)) return false;
    throw problem;
  }
}

function expect(holds: boolean, sentence: string): void {
  if (!holds) throw new Failure(`It does not hold that ${sentence}.`);
  note(`✓ ${sentence}`);
}

async function walk(cloud: LocalCloud, installed: Installed): Promise<void> {
  const project = path.join(cloud.directory, 'project');
  await prepare(cloud, installed, project);
  const martin = new Person(MARTIN, project, cloud, installed);
  const anna = new Person(ANNA, project, cloud, installed);
  for (const person of [martin, anna]) await enroll(cloud, installed, person);

  const stolen = path.join(cloud.directory, 'stolen');
  const annas = path.join(cloud.directory, 'annas');
  await step(`${ANNA}: a session of her own, that goes on`, () => anna.cdkAtlantis('exec', '--', 'sh', '-c', `env >${annas}`));

  fs.writeFileSync(path.join(project, 'secrets.tfvars'), 'dbPassword = "correct horse battery staple"\n');
  const run = 'cdk-atlantis bootstrap exec --service network -- tofu';
  const shown = await step(`${MARTIN}: activate, init, secrets, plan, apply, deactivate --revoke`, () =>
    martin.shell([
      'source ./activate',
      `env >${stolen}`,
      // the local cloud has its buckets in the path of one address
      'tofu init -input=false -no-color -backend-config=use_path_style=true',
      'cdk-atlantis bootstrap import-secrets secrets.tfvars --service network --remove',
      `${run} plan -input=false -no-color -out=plan`,
      `${run} apply -input=false -no-color plan`,
      'echo "active: $AWS_ACCESS_KEY_ID"',
      'deactivate --revoke',
      'echo "after: [$AWS_SESSION_TOKEN] $AWS_PROFILE"',
    ]),
  );
  note(indented(shown.trim()));
  expect(/Apply complete! Resources: 1 added/.test(shown), 'the generated backend.tf planned and applied');
  expect(/password_length = 28/.test(shown), 'the secret reached Terraform as TF_VAR_dbPassword');
  expect(!fs.existsSync(path.join(project, 'secrets.tfvars')), 'the file with the secret is gone');
  expect(shown.includes(`after: [] ${MARTIN}`), 'the shell is as it was');
  expect(!(await works(cloud, installed, stolen)), 'the session that was stolen is refused');
  expect(await works(cloud, installed, annas), `the session of ${ANNA} goes on`);
  const again = path.join(cloud.directory, 'again');
  await martin.cdkAtlantis('exec', '--', 'sh', '-c', `env >${again}`);
  expect(await works(cloud, installed, again), `a new session of ${MARTIN} works`);
}

function indented(text: string): string {
  return text.replaceAll('\r', '').replaceAll(/^(?=.)/gm, '    ');
}

async function main(): Promise<number> {
  const { example } = wishes();
  const started = performance.now();
  const cloud = await startCloud({ enforceIam: true });
  try {
    const installed = await install(cloud);
    await deployExample(cloud, example, STACK);
    await walk(cloud, installed);
    note(`The walk took ${((performance.now() - started) / 1000).toFixed(0)} s.`);
    return 0;
  } finally {
    await cloud.stop();
  }
}

main()
  .catch(report)
  .then((code) => process.exit(code));
