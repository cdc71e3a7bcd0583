import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, CreateLogStreamCommand, PutLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IAMClient, ListAccessKeysCommand, ListAccountAliasesCommand, ListUserTagsCommand } from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { App, BootstraplessSynthesizer, Stack } from 'aws-cdk-lib';
import { type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { debianPackages, provideTools } from '../../integ/local/setup/tools';
import { SecureTerraformBootstrap, StateLocks, TerraformPeople } from '../../src';
import type { Session } from '../../src/cli/aws/session';
import { whileLocked } from '../../src/cli/state/lock';
import { Command, type Ran, type RunOptions } from '../cli/command';

const USER = 'martin.rosselle.terraform';
const COLLEAGUE = 'eve.terraform';
const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };
const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const KEY = 'network/prod/terraform.tfstate';

let cloud: LocalCloud;
let command: Command;
let tofu: string;
let root: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string }; forcePathStyle: boolean };
/** The repository that people work in, and the home directories of an administrator and a person. */
let repository: string;
let home: string;
let secret: string;
/** The session that `exec` got, as environment variables. */
let session: NodeJS.ProcessEnv;
let bucket: string;
let table: string;

beforeAll(async () => {
  await debianPackages('oathtool');
  [cloud, command, { tofu }] = await Promise.all([startCloud({ enforceIam: true, regions: [] }), Command.bundle(), provideTools(['tofu'])]);
  root = {
    endpoint: cloud.endpoint,
    region: REGION,
    credentials: KEYS,
    forcePathStyle: true,
  };
  repository = fs.mkdtempSync(path.join(command.directory, 'repository-'));
  home = fs.mkdtempSync(path.join(command.directory, 'home-'));
  await deploy();
});

afterAll(async () => {
  await cloud?.stop();
  command?.remove();
});

/** The construct, as CloudFormation gets it. Its template is longer than a request may be. */
async function deploy(): Promise<void> {
  const app = new App();
  const stack = new Stack(app, 'Boot', { synthesizer: new BootstraplessSynthesizer(), env: { account: ACCOUNT, region: REGION } });
  new SecureTerraformBootstrap(stack, 'Bootstrap', {
    people: TerraformPeople.users([USER, COLLEAGUE]),
    locks: StateLocks.both(),
    accountAlias: 'acme-prod',
  });
  const s3 = new S3Client(root);
  await s3.send(new CreateBucketCommand({ Bucket: 'templates' }));
  await s3.send(
    new PutObjectCommand({ Bucket: 'templates', Key: 'boot.json', Body: JSON.stringify(app.synth().getStackByName('Boot').template) }),
  );
  const client = new CloudFormationClient(root);
  const TemplateURL = `${cloud.endpoint}/templates/boot.json`;
  await client.send(new CreateStackCommand({ StackName: 'Boot', TemplateURL, Capabilities: ['CAPABILITY_NAMED_IAM'] }));
  await waitUntilStackCreateComplete({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 1 }, { StackName: 'Boot' });
}

const place = (): NodeJS.ProcessEnv => ({ AWS_ENDPOINT_URL: cloud.endpoint, NO_PROXY: '127.0.0.1,localhost', HOME: home });
const asAdmin = (): NodeJS.ProcessEnv => ({ ...place(), AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: REGION });
const run = (args: string[], options: Partial<RunOptions> = {}): Promise<Ran> =>
  command.run(args, { cwd: repository, env: asPerson(), ...options });
const asPerson = (): NodeJS.ProcessEnv => ({ ...place(), AWS_PROFILE: 'mine' });
const inSession = (): NodeJS.ProcessEnv => ({ ...place(), ...session });

/** A code of the step that is so many steps from now. */
const codeOf = (seed: string, steps = 0): string =>
  execFileSync('oathtool', ['--totp', '-b', seed, '-N', `@${Math.floor(Date.now() / 1000) + 30 * steps}`], { encoding: 'utf8' }).trim();

const stateText = (serial: number, lineage = 'first', resources: object[] = []): string =>
  `${JSON.stringify({ version: 4, terraform_version: '1.12.0', serial, lineage, outputs: {}, resources, check_results: null }, undefined, 2)}\n`;

async function objectText(key: string, Bucket = bucket): Promise<string | undefined> {
  return new S3Client(root).send(new GetObjectCommand({ Bucket, Key: key })).then(
    ({ Body }) => Body?.transformToString(),
    () => undefined,
  );
}

/** A directory whose manifest names no trail. */
function unwatched(): string {
  const directory = fs.mkdtempSync(path.join(command.directory, 'unwatched-'));
  const { watch, ...manifest } = JSON.parse(fs.readFileSync(path.join(repository, '.cdk-atlantis.json'), 'utf8'));
  fs.writeFileSync(path.join(directory, '.cdk-atlantis.json'), JSON.stringify(manifest));
  return directory;
}

const files = (): string[] => fs.readdirSync(repository).sort();

describe('init', () => {
  test('without credentials says so in one line and writes nothing', async () => {
    const { code, stderr, stdout } = await run(['init', '--key', 'network/prod'], { env: { ...place(), AWS_REGION: REGION } });
    expect([code, stdout, files()]).toEqual([1, '', []]);
    expect(stderr).toMatch(/^No AWS credentials: [^\n]*\n$/);
  });

  test('with wrong credentials says so in one line and writes nothing', async () => {
    const env = { ...asAdmin(), AWS_ACCESS_KEY_ID: 'AKIAAAAAAAAAAAAAAAAA' };
    const { code, stderr } = await run(['init'], { env });
    expect([code, files()]).toEqual([1, []]);
    expect(stderr).toMatch(/^AWS does not know these credentials: [^\n]*\n$/);
  });

  test('with nobody to ask writes nothing that needs an answer', async () => {
    const { code, stderr } = await run(['init', '--key', 'network/prod'], { env: asAdmin() });
    expect([code, files()]).toEqual([1, []]);
    expect(stderr).toBe(
      'There is no terminal to ask on (Give account 123456789012 the alias acme-prod? [y/N]): use --code-stdin, or --yes for what can be agreed to.\n',
    );
  });

  test('writes what people need, from the output of the only stack that has one', async () => {
    const { code } = await run(['init', '--key', 'network/prod', '--yes'], { env: asAdmin() });
    expect([code, files()]).toEqual([0, ['.cdk-atlantis.json', '.gitignore', 'activate', 'activate.fish', 'backend.tf', 'deactivate']]);
    const manifest = JSON.parse(fs.readFileSync(path.join(repository, '.cdk-atlantis.json'), 'utf8'));
    expect(manifest).toMatchObject({ stack: 'Boot', account: ACCOUNT, lock: { kind: 'both' } });
    ({ bucket } = manifest.state);
    ({ table } = manifest.lock);
    expect(fs.readFileSync(path.join(repository, 'activate'), 'utf8')).toContain(`'${manifest.role}'`);
  });

  test('gives the account its alias', async () => {
    expect((await new IAMClient(root).send(new ListAccountAliasesCommand({}))).AccountAliases).toEqual(['acme-prod']);
  });

  test('changes nothing when it runs again, and does not overwrite when the answer is no', async () => {
    fs.appendFileSync(path.join(repository, 'backend.tf'), '# mine\n');
    const before = files().map((file) => fs.readFileSync(path.join(repository, file), 'utf8'));
    const { code, stderr } = await run(['init', '--stack', 'Boot', '--key', 'network/prod', '--code-stdin'], {
      env: asAdmin(),
      answers: [[/backend\.tf is there and differs\. Replace it\?/, 'n']],
    });
    expect(code).toBe(0);
    expect(stderr).toContain('backend.tf left as it is.');
    expect(files().map((file) => fs.readFileSync(path.join(repository, file), 'utf8'))).toEqual(before);
  });

  test('finds no bootstrap where there is none', async () => {
    const { code, stderr } = await run(['init', '--region', 'eu-west-1'], { env: asAdmin() });
    expect([code, stderr]).toEqual([1, `No stack of ${ACCOUNT} in eu-west-1 is a bootstrap: deploy one, or name another --region.\n`]);
  });

  test('finds no bootstrap in a stack that is not there', async () => {
    const { code, stderr } = await run(['init', '--stack', 'Other'], { env: asAdmin() });
    expect([code, stderr]).toEqual([1, `There is no stack Other in ${REGION}.\n`]);
  });
});

describe('a wrong account', () => {
  test('is told in one line, by every verb that asks AWS', async () => {
    const other = fs.mkdtempSync(path.join(command.directory, 'other-'));
    const manifest = fs.readFileSync(path.join(repository, '.cdk-atlantis.json'), 'utf8').replaceAll(ACCOUNT, '210987654321');
    fs.writeFileSync(path.join(other, '.cdk-atlantis.json'), manifest);
    fs.writeFileSync(path.join(other, 'a.tfvars'), 'a = "b"\n');
    fs.writeFileSync(path.join(other, 'terraform.tfstate'), stateText(1));
    const verbs = [
      ['enroll'],
      ['enroll', '--issue', USER],
      ['rotate-keys'],
      ['revoke'],
      ['verify'],
      ['exec', '--', 'true'],
      ['import-secrets', 'a.tfvars', '--remove'],
      ['state', 'list'],
      ['migrate', '--key', 'a', '--remove'],
    ];
    for (const verb of verbs) {
      const { code, stderr } = await run(verb, { cwd: other, env: asAdmin() });
      expect([verb, code, stderr]).toEqual([
        verb,
        1,
        `This is the wrong account: arn:aws:iam::${ACCOUNT}:root is of ${ACCOUNT}, and the bootstrap is of 210987654321.\n`,
      ]);
    }
    expect(fs.readdirSync(other).sort()).toEqual(['.cdk-atlantis.json', 'a.tfvars', 'terraform.tfstate']);
  });
});

describe('enroll', () => {
  test('--issue makes the first key of a user of the bootstrap, and of no other', async () => {
    const nobody = await run(['enroll', '--issue', 'nobody'], { env: asAdmin() });
    expect([nobody.code, nobody.stderr]).toEqual([1, 'There is no user nobody.\n']);
    const { code, stdout } = await run(['enroll', '--issue', USER], { env: asAdmin() });
    expect(code).toBe(0);
    secret = stdout;
    const again = await run(['enroll', '--issue', USER], { env: asAdmin() });
    expect([again.code, again.stdout]).toEqual([1, '']);
    expect(again.stderr).toMatch(/^martin\.rosselle\.terraform has an access key, \w+: delete it first, if it was lost\.\n$/);
  });

  test('--issue replaces the keys of no profile without being told to, and then makes none', async () => {
    const HOME = fs.mkdtempSync(path.join(command.directory, 'issued-'));
    fs.mkdirSync(path.join(HOME, '.aws'));
    fs.writeFileSync(path.join(HOME, '.aws', 'credentials'), '[theirs]\naws_access_key_id = AKIAOTHER\n');
    const { code, stderr } = await run(['enroll', '--issue', COLLEAGUE, '--write-profile', 'theirs', '--code-stdin'], {
      env: { ...asAdmin(), HOME },
      answers: [[/The profile theirs is there\. Replace its keys\?/, 'n']],
    });
    expect([code, stderr.split('\n')[1]]).toEqual([1, 'Nothing was changed.']);
    const { AccessKeyMetadata } = await new IAMClient(root).send(new ListAccessKeysCommand({ UserName: COLLEAGUE }));
    expect(AccessKeyMetadata).toEqual([]);
  });

  test('a person who is not enrolled gets no session', async () => {
    const [, accessKeyId, , key] = /access key: (\S+)\n(.*access key: (\S+))/.exec(secret) ?? [];
    const env = { ...place(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: key };
    const { code, stderr } = await run(['exec', '--', 'true'], { env });
    expect([code, stderr]).toEqual([1, `${USER} has no MFA device yet: run "bootstrap enroll".\n`]);
  });

  test('replaces no profile that is there without being told to', async () => {
    const [, accessKeyId, , key] = /access key: (\S+)\n(.*access key: (\S+))/.exec(secret) ?? [];
    const env = { ...place(), AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: key };
    for (const [file, text] of [
      ['config', `[profile ${USER}]\nsso_session = acme\n`],
      ['credentials', `[${USER}]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = other\n`],
    ]) {
      const HOME = fs.mkdtempSync(path.join(command.directory, 'taken-'));
      fs.mkdirSync(path.join(HOME, '.aws'));
      fs.writeFileSync(path.join(HOME, '.aws', file), text);
      const question = `The profile ${USER} is there, without this key. Replace its keys? [y/N]`;
      const { code, stderr } = await run(['enroll', '--code-stdin'], { env: { ...env, HOME }, answers: [[/Replace its keys\?/, 'n']] });
      expect([code, stderr]).toEqual([1, `${question}\nNothing was changed: name another profile with --profile.\n`]);
      expect(fs.readdirSync(path.join(HOME, '.aws'))).toEqual([file]);
      expect(fs.readFileSync(path.join(HOME, '.aws', file), 'utf8')).toBe(text);
    }
  });

  test('makes profile, device, own key and seal', async () => {
    const [, accessKeyId, , key] = /access key: (\S+)\n(.*access key: (\S+))/.exec(secret) ?? [];
    let seed = '';
    const { code, stdout, stderr } = await run(['enroll', '--profile', 'mine', '--code-stdin'], {
      env: place(),
      answers: [
        [/AWS access key:/, accessKeyId],
        [/AWS secret access key:/, key],
        [
          /First code:/,
          (output) => {
            seed = /secret: (\w+)/.exec(output)?.[1] ?? '';
            return codeOf(seed, -2);
          },
        ],
        [/Next code:/, () => codeOf(seed, -1)],
        [/One more code of/, () => codeOf(seed)],
      ],
    });
    expect([code, stdout]).toEqual([0, 'export AWS_PROFILE=mine\n']);
    expect(stderr).toContain('█');
    secret = seed;
    const credentials = fs.readFileSync(path.join(home, '.aws', 'credentials'), 'utf8');
    expect(credentials).not.toContain(accessKeyId);
    const { AccessKeyMetadata: keys = [] } = await new IAMClient(root).send(new ListAccessKeysCommand({ UserName: USER }));
    expect(keys).toHaveLength(1);
    expect(credentials).toContain(`aws_access_key_id = ${keys[0].AccessKeyId}`);
    expect(fs.statSync(path.join(home, '.aws', 'credentials')).mode & 0o777).toBe(0o600);
    expect((await new IAMClient(root).send(new ListUserTagsCommand({ UserName: USER }))).Tags).toContainEqual({
      Key: 'terraform-mfa',
      Value: 'sealed',
    });
  });

  test('does nothing when it is done', async () => {
    const { code, stderr } = await run(['enroll']);
    expect([code, stderr]).toEqual([0, `${USER} is enrolled already, with arn:aws:iam::${ACCOUNT}:mfa/${USER}.\n`]);
  });
});

describe('exec', () => {
  test('with a wrong code runs nothing', async () => {
    const { code, stdout, stderr } = await run(['exec', '--code-stdin', '--', 'echo', 'ran'], { answers: [[/Code of/, '000000']] });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Code of [^\n]*\nAWS refused it: [^\n]*\n$/);
  });

  test('runs a command with a session in its environment only', async () => {
    const show = 'console.log(JSON.stringify(process.env))';
    const { code, stdout, stderr } = await run(['exec', '--code-stdin', '--', process.execPath, '-e', show], {
      answers: [[/Code of/, () => codeOf(secret, 1)]],
    });
    expect([code, stderr.split('\n').length]).toEqual([0, 2]);
    const child = JSON.parse(stdout);
    expect(child).toMatchObject({ AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION, HOME: home });
    expect(child.AWS_PROFILE).toBeUndefined();
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION } = child;
    session = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION };
    const left = new Date(AWS_CREDENTIAL_EXPIRATION).getTime() - Date.now();
    expect(left).toBeGreaterThan(3400_000);
    expect(left).toBeLessThanOrEqual(3601_000);
    const held = fs.readdirSync(home, { recursive: true, encoding: 'utf8' }).map((file) => path.join(home, file));
    for (const file of held.filter((each) => fs.statSync(each).isFile())) {
      expect(fs.readFileSync(file, 'utf8')).not.toContain(AWS_SECRET_ACCESS_KEY);
    }
  });

  test('takes the session that is active, and ends as the command does', async () => {
    expect((await run(['exec', '--', 'sh', '-c', 'exit 37'], { env: inSession() })).code).toBe(37);
    expect((await run(['exec', '--', 'sh', '-c', 'kill -TERM $$'], { env: inSession() })).signal).toBe('SIGTERM');
    const missing = await run(['exec', '--', 'no-such-program'], { env: inSession() });
    expect([missing.code, missing.stderr]).toEqual([127, 'no-such-program is not on the PATH\n']);
  });

  test('passes a signal on', async () => {
    const script =
      "process.on('SIGINT', () => { console.log('got it'); process.exit(5); }); console.log('up'); setInterval(() => 0, 1000);";
    const { code, stdout } = await run(['exec', '--', process.execPath, '-e', script], { env: inSession(), signal: [/up/, 'SIGINT'] });
    expect([code, stdout]).toEqual([5, 'up\ngot it\n']);
  });
});

describe('secrets', () => {
  const TFVARS = 'db_Password = "a$b \\"c\\" $${d}"\nlist = ["$${x}", 1]\nflag = true\n';

  test('of a file that cannot be read change nothing, here or there', async () => {
    const bad = path.join(repository, 'bad.tfvars');
    fs.writeFileSync(bad, 'good = "1"\nbad = var.x\n');
    const { code, stderr } = await run(['import-secrets', 'bad.tfvars', '--remove'], { env: inSession() });
    expect([code, stderr]).toEqual([1, 'bad.tfvars, line 2: only literal values can be read here; nothing was changed.\n']);
    expect(fs.readFileSync(bad, 'utf8')).toBe('good = "1"\nbad = var.x\n');
    await expect(new SSMClient(root).send(new GetParameterCommand({ Name: '/terraform/good' }))).rejects.toThrow();
    fs.rmSync(bad);
  });

  test('are written, encrypted, compared, and only then is the file removed', async () => {
    fs.writeFileSync(path.join(repository, 'secret.tfvars'), TFVARS);
    const kept = await run(['import-secrets', 'secret.tfvars', '--service', 'network'], { env: inSession() });
    expect([kept.code, fs.existsSync(path.join(repository, 'secret.tfvars'))]).toEqual([0, true]);
    const { Parameter } = await new SSMClient(root).send(new GetParameterCommand({ Name: '/network/db_Password', WithDecryption: true }));
    expect([Parameter?.Type, Parameter?.Value]).toEqual(['SecureString', `a$b "c" $\{d}`]);
    const removed = await run(['import-secrets', 'secret.tfvars', '--service', 'network', '--remove'], { env: inSession() });
    expect([removed.code, fs.existsSync(path.join(repository, 'secret.tfvars'))]).toEqual([0, false]);
  });

  test('with other values are replaced only when that is agreed to', async () => {
    fs.writeFileSync(path.join(repository, 'secret.tfvars'), 'flag = false\n');
    const refused = await run(['import-secrets', 'secret.tfvars', '--service', 'network', '--remove', '--code-stdin'], {
      env: inSession(),
      answers: [[/There with other values: \/network\/flag\. Replace them\?/, 'n']],
    });
    expect([refused.code, fs.existsSync(path.join(repository, 'secret.tfvars'))]).toEqual([1, true]);
    fs.rmSync(path.join(repository, 'secret.tfvars'));
  });

  test('reach OpenTofu as they were, by names whose case is kept', async () => {
    const module = path.join(repository, 'module');
    fs.mkdirSync(module);
    const variables = 'variable "db_Password" { type = string }\nvariable "list" { type = any }\nvariable "flag" { type = bool }\n';
    fs.writeFileSync(path.join(module, 'main.tf'), variables);
    const console_ = `echo 'jsonencode([var.db_Password, var.list, var.flag])' | ${JSON.stringify(tofu)} -chdir=module console`;
    const { code, stdout } = await run(['exec', '--service', 'network', '--', 'sh', '-c', console_], { env: inSession() });
    expect(code).toBe(0);
    expect(JSON.parse(JSON.parse(stdout))).toEqual([`a$b "c" $\{d}`, [`$\{x}`, 1], true]);
  });

  // terragrunt itself is not to be had here: a stand-in that runs what terragrunt would, in the environment that it got
  test('reach a stand-in for terragrunt, as any command', async () => {
    const standIn = path.join(repository, 'terragrunt');
    fs.writeFileSync(standIn, '#!/bin/sh\necho "$1 $TF_VAR_flag $AWS_SESSION_TOKEN"\n', { mode: 0o755 });
    const { code, stdout } = await run(['exec', '--service', 'network', '--', standIn, 'plan'], { env: inSession() });
    expect([code, stdout.trim()]).toEqual([0, `plan true ${inSession().AWS_SESSION_TOKEN}`]);
    fs.rmSync(standIn);
  });

  test('of a file that has changed since it was read are not removed', async () => {
    const file = path.join(repository, 'secret.tfvars');
    fs.writeFileSync(file, 'a = "1"\n');
    expect((await run(['import-secrets', 'secret.tfvars', '--service', 'other'], { env: inSession() })).code).toBe(0);
    fs.writeFileSync(file, 'a = "2"\n');
    const { code, stderr } = await run(['import-secrets', 'secret.tfvars', '--service', 'other', '--remove', '--code-stdin'], {
      env: inSession(),
      answers: [
        [
          /There with other values/,
          () => {
            fs.writeFileSync(file, 'a = "3"\n');
            return 'y';
          },
        ],
      ],
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nsecret\.tfvars has changed meanwhile: it was not removed\. Run import-secrets again\.\n$/);
    expect(fs.readFileSync(file, 'utf8')).toBe('a = "3"\n');
    fs.rmSync(file);
  });

  test('of a service that has none are refused', async () => {
    const { code, stderr } = await run(['exec', '--service', 'none', '--', 'true'], { env: inSession() });
    expect([code, stderr]).toEqual([1, 'There are no secrets of none.\n']);
  });
});

describe('migrate', () => {
  const local = () => path.join(repository, 'terraform.tfstate');

  test('refuses what is no state, and changes nothing', async () => {
    fs.writeFileSync(local(), 'not a state');
    const { code, stderr } = await run(['migrate', '--key', 'network/prod', '--remove'], { env: inSession() });
    expect([code, stderr]).toEqual([1, 'terraform.tfstate is no state: it is not JSON.\n']);
    expect([fs.readFileSync(local(), 'utf8'), await objectText(KEY)]).toEqual(['not a state', undefined]);
  });

  test('puts a local state into the bucket, and removes it when told to', async () => {
    fs.writeFileSync(local(), stateText(3));
    fs.writeFileSync(`${local()}.backup`, stateText(2));
    const kept = await run(['migrate', '--key', 'network/prod'], { env: inSession() });
    expect([kept.code, await objectText(KEY), fs.existsSync(local())]).toEqual([0, stateText(3), true]);
    const removed = await run(['migrate', '--key', 'network/prod', '--remove'], { env: inSession() });
    const backup = 'network-prod-terraform.tfstate.3.backup';
    expect([removed.code, files().filter((file) => file.includes('tfstate'))]).toEqual([0, [backup, 'terraform.tfstate.backup']]);
    expect(removed.stderr).toContain(`What was copied is kept in ${backup}.\nterraform.tfstate removed: ${KEY} is in the bucket.\n`);
    expect(fs.readFileSync(path.join(repository, backup), 'utf8')).toBe(stateText(3));
    expect(fs.statSync(path.join(repository, backup)).mode & 0o777).toBe(0o600);
    fs.rmSync(`${local()}.backup`);
  });

  test('writes the digest that Terraform compares with', async () => {
    const LockID = { S: `${bucket}/${KEY}-md5` };
    const { Item } = await new DynamoDBClient(root).send(new GetItemCommand({ TableName: table, Key: { LockID } }));
    expect(Item?.Digest?.S).toBe(createHash('md5').update(stateText(3)).digest('hex'));
  });

  test.each([
    ['older', stateText(2), 'is there already with serial 3, and this has 2: it is older. Nothing was changed.'],
    [
      'of another lineage',
      stateText(9, 'second'),
      'is there already and of another lineage: it was made by another init. Nothing was changed.',
    ],
  ])('refuses a state that is %s', async (_, text, problem) => {
    fs.writeFileSync(local(), text);
    const { code, stderr } = await run(['migrate', '--key', 'network/prod', '--remove', '--yes'], { env: inSession() });
    expect([code, stderr]).toEqual([1, `${KEY} ${problem}\n`]);
    expect([fs.readFileSync(local(), 'utf8'), await objectText(KEY)]).toEqual([text, stateText(3)]);
  });

  test('keeps what it replaces in a file', async () => {
    fs.writeFileSync(local(), stateText(4));
    const { code } = await run(['migrate', '--key', 'network/prod', '--remove', '--yes'], { env: inSession() });
    const backup = 'network-prod-terraform.tfstate.3.backup';
    expect([code, await objectText(KEY), fs.readFileSync(path.join(repository, backup), 'utf8')]).toEqual([0, stateText(4), stateText(3)]);
  });

  test('removes no local state that has changed since it was copied, or that is in use', async () => {
    const LOCK = path.join(repository, '.terraform.tfstate.lock.info');
    const changes: [string, () => void][] = [
      ['text', () => fs.writeFileSync(local(), stateText(60))],
      ['lock', () => fs.writeFileSync(LOCK, '{}')],
    ];
    for (const [serial, [what, change]] of changes.entries()) {
      const key = `changed-${what}/terraform.tfstate`;
      await new S3Client(root).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: stateText(1) }));
      fs.writeFileSync(local(), stateText(50 + serial));
      const { code, stderr } = await run(['migrate', '--key', `changed-${what}`, '--remove', '--code-stdin'], {
        env: inSession(),
        answers: [
          [
            /Replace changed-/,
            () => {
              change();
              return 'y';
            },
          ],
        ],
      });
      expect(code).toBe(1);
      expect(stderr).toMatch(/\nterraform\.tfstate has changed meanwhile: it was not removed\. Run migrate again\.\n$/);
      expect([await objectText(key), fs.existsSync(local())]).toEqual([stateText(50 + serial), true]);
    }
    fs.rmSync(LOCK);
    fs.rmSync(local());
  });

  test('has no lock while it asks, and refuses what has changed since', async () => {
    fs.writeFileSync(local(), stateText(9, 'asked'));
    const key = 'asked/terraform.tfstate';
    const put = (text: string) => new S3Client(root).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text }));
    await put(stateText(1, 'asked'));
    let lock: string | undefined = 'not looked for';
    const { code, stderr } = await run(['migrate', '--key', 'asked', '--code-stdin'], {
      env: inSession(),
      answers: [
        [
          /Replace asked/,
          async () => {
            lock = await objectText(`${key}.tflock`);
            await put(stateText(2, 'asked'));
            return 'y';
          },
        ],
      ],
    });
    expect([code, lock, stderr.split('\n')[1]]).toEqual([1, undefined, `${key} has changed meanwhile. Nothing was changed: run it again.`]);
    expect([await objectText(key), await objectText(`${key}.tflock`)]).toEqual([stateText(2, 'asked'), undefined]);
    fs.rmSync(local());
  });

  test('waits for nobody: a locked state is refused, and its lock stays', async () => {
    const lock = { Bucket: bucket, Key: `${KEY}.tflock` };
    const held = JSON.stringify({ ID: 'abc', Who: 'eve@laptop', Operation: 'OperationTypeApply', Created: '2026-01-01T00:00:00Z' });
    await new S3Client(root).send(new PutObjectCommand({ ...lock, Body: held, IfNoneMatch: '*' }));
    fs.writeFileSync(local(), stateText(5));
    const { code, stderr } = await run(['migrate', '--key', 'network/prod', '--remove', '--yes'], { env: inSession() });
    expect(code).toBe(1);
    expect(stderr).toBe(`${KEY} is locked by eve@laptop for OperationTypeApply since 2026-01-01T00:00:00Z (abc); nothing was changed.\n`);
    expect([fs.existsSync(local()), await objectText(`${KEY}.tflock`)]).toEqual([true, held]);
    fs.rmSync(local());
  });

  test('state locks shows the lock that was left', async () => {
    const { code, stdout } = await run(['state', 'locks'], { env: inSession() });
    expect([code, stdout]).toEqual([
      0,
      `${KEY}  locked by eve@laptop for OperationTypeApply since 2026-01-01T00:00:00Z (abc), 0 minutes old\n`,
    ]);
  });

  test('state locks shows those of the table, and that none can be held as long as one of them is old', async () => {
    const LockID = { S: `${bucket}/${KEY}` };
    const Info = { S: JSON.stringify({ ID: 'def', Who: 'eve@desk', Created: '2026-01-01T00:00:00Z' }) };
    await new DynamoDBClient(root).send(new PutItemCommand({ TableName: table, Item: { LockID, Info } }));
    const { stdout } = await run(['state', 'locks'], { env: inSession() });
    expect(stdout.split('\n')[1]).toMatch(
      new RegExp(`^${KEY} {2}locked by eve@desk since .* \\(def\\), in ${table}, \\d+ minutes old, stale: longer than any session$`),
    );
    await new DynamoDBClient(root).send(new DeleteItemCommand({ TableName: table, Key: { LockID } }));
    await new S3Client(root).send(new DeleteObjectCommand({ Bucket: bucket, Key: `${KEY}.tflock` }));
  });

  test('moves a state that a table locks, from another bucket', async () => {
    const s3 = new S3Client(root);
    await s3.send(new CreateBucketCommand({ Bucket: 'old-states' }));
    await s3.send(new PutObjectCommand({ Bucket: 'old-states', Key: 'app.tfstate', Body: stateText(7, 'app') }));
    const from = ['--from', 's3://old-states/app.tfstate', '--from-table', table];
    const { code } = await run(['migrate', '--key', 'app', ...from], { env: inSession() });
    expect([code, await objectText('app/terraform.tfstate'), await objectText('app.tfstate', 'old-states')]).toEqual([
      0,
      stateText(7, 'app'),
      stateText(7, 'app'),
    ]);
    expect(await objectText('app/terraform.tfstate.tflock')).toBeUndefined();
  });

  test('refuses a state whose digest is another in its table', async () => {
    const LockID = { S: 'old-states/app.tfstate-md5' };
    await new DynamoDBClient(root).send(new PutItemCommand({ TableName: table, Item: { LockID, Digest: { S: 'abc' } } }));
    const from = ['--from', 's3://old-states/app.tfstate', '--from-table', table];
    const { code, stderr } = await run(['migrate', '--key', 'app2', ...from], { env: inSession() });
    expect([code, stderr]).toEqual([1, `app.tfstate is not the state that ${table} knows: its digest differs. Nothing was changed.\n`]);
    expect(await objectText('app2/terraform.tfstate')).toBeUndefined();
  });

  test('moves the states of workspaces with it', async () => {
    const module = fs.mkdtempSync(path.join(repository, 'workspaces-'));
    fs.mkdirSync(path.join(module, 'terraform.tfstate.d', 'blue'), { recursive: true });
    fs.writeFileSync(path.join(module, 'terraform.tfstate'), stateText(1, 'spaces'));
    fs.writeFileSync(path.join(module, 'terraform.tfstate.d', 'blue', 'terraform.tfstate'), stateText(2, 'blue'));
    const { code } = await run(['migrate', '--key', 'spaces'], { cwd: module, env: inSession() });
    expect([code, await objectText('env:/blue/spaces/terraform.tfstate')]).toEqual([0, stateText(2, 'blue')]);
  });

  test('moves no state of several when one of them cannot be moved, and else says which were', async () => {
    const module = fs.mkdtempSync(path.join(repository, 'several-'));
    const blue = path.join(module, 'terraform.tfstate.d', 'blue', 'terraform.tfstate');
    fs.mkdirSync(path.dirname(blue), { recursive: true });
    fs.writeFileSync(path.join(module, 'terraform.tfstate'), stateText(1, 'several'));
    fs.writeFileSync(blue, stateText(1, 'blue'));
    const s3 = new S3Client(root);
    const Key = 'env:/blue/several/terraform.tfstate';
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: stateText(2, 'blue') }));
    const older = await run(['migrate', '--key', 'several', '--remove', '--yes'], { cwd: module, env: inSession() });
    expect([older.code, older.stderr]).toEqual([
      1,
      `${Key} is there already with serial 2, and this has 1: it is older. Nothing was changed.\n`,
    ]);
    expect(await objectText('several/terraform.tfstate')).toBeUndefined();
    fs.writeFileSync(blue, stateText(3, 'blue'));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${Key}.tflock`, Body: '{"ID": "abc"}', IfNoneMatch: '*' }));
    const locked = await run(['migrate', '--key', 'several', '--remove', '--yes'], { cwd: module, env: inSession() });
    expect([locked.code, locked.stderr.trim().split('\n').at(-1)]).toEqual([
      1,
      `${Key} is locked (abc); already moved: several/terraform.tfstate.`,
    ]);
    expect([fs.existsSync(path.join(module, 'terraform.tfstate')), fs.existsSync(blue)]).toEqual([false, true]);
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: `${Key}.tflock` }));
  });
});

describe('a lock', () => {
  const person: Session = { keys: KEYS, credentials: async () => KEYS, region: REGION, person: 'eve' };
  const lock = { Bucket: '', Key: 'held/terraform.tfstate.tflock' };

  beforeAll(() => {
    process.env.AWS_ENDPOINT_URL = cloud.endpoint;
    lock.Bucket = bucket;
  });
  afterAll(() => {
    delete process.env.AWS_ENDPOINT_URL;
  });

  test('that somebody broke, and another took, is left to the other', async () => {
    const [s3, dynamo] = [new S3Client(root), new DynamoDBClient(root)];
    const LockID = { S: `${bucket}/held/terraform.tfstate` };
    const Item = { LockID, Info: { S: 'theirs' } };
    await whileLocked(person, { bucket, key: 'held/terraform.tfstate', table, native: true }, async () => {
      expect(await objectText(lock.Key)).toContain('eve@');
      await s3.send(new DeleteObjectCommand(lock));
      await s3.send(new PutObjectCommand({ ...lock, Body: 'theirs', IfNoneMatch: '*' }));
      await dynamo.send(new PutItemCommand({ TableName: table, Item }));
    });
    const held = await dynamo.send(new GetItemCommand({ TableName: table, Key: { LockID } }));
    expect([await objectText(lock.Key), held.Item]).toEqual(['theirs', Item]);
    await s3.send(new DeleteObjectCommand(lock));
    await dynamo.send(new DeleteItemCommand({ TableName: table, Key: { LockID } }));
  });

  test('that cannot be let go hides neither what went wrong before nor keeps the other lock', async () => {
    const dynamo = new DynamoDBClient(root);
    const TableName = 'locks-that-go';
    const place = { bucket, key: 'held/terraform.tfstate', table: TableName, native: true };
    for (const failure of [new Error('what went wrong'), undefined]) {
      await dynamo.send(
        new CreateTableCommand({
          TableName,
          AttributeDefinitions: [{ AttributeName: 'LockID', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'LockID', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      const work = async () => {
        await dynamo.send(new DeleteTableCommand({ TableName }));
        if (failure) throw failure;
      };
      await expect(whileLocked(person, place, work)).rejects.toThrow(
        failure ? /^what went wrong The lock \S+ of held\/terraform\.tfstate is left \(/ : /^All is done\. The lock \S+ of held/,
      );
      expect(await objectText(lock.Key)).toBeUndefined();
    }
  });
});

describe('state', () => {
  const versions = async () =>
    (await new S3Client(root).send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: KEY }))).Versions ?? [];

  test('list shows the states, and the versions of one with their serials', async () => {
    const all = await run(['state', 'list'], { env: inSession() });
    expect(all.stdout.split('\n').map((line) => line.split('  ')[1])).toEqual(expect.arrayContaining([KEY, 'app/terraform.tfstate']));
    const one = await run(['state', 'list', '--key', 'network/prod'], { env: inSession() });
    expect(one.stdout).toMatch(/^\* \S+Z {2}\S+ {2}serial 4, 0 resources, by 1\.12\.0\n {2}\S+Z {2}\S+ {2}serial 3, /);
  });

  test('who says what the trail says, where there is one', async () => {
    const [{ VersionId }] = (await versions()).filter(({ Key, IsLatest }) => Key === KEY && IsLatest);
    const logs = new CloudWatchLogsClient(root);
    const { watch } = JSON.parse(fs.readFileSync(path.join(repository, '.cdk-atlantis.json'), 'utf8'));
    const stream = { logGroupName: watch.logGroup, logStreamName: 'trail' };
    await logs.send(new CreateLogStreamCommand(stream));
    const event = {
      eventName: 'PutObject',
      requestParameters: { key: KEY },
      responseElements: { 'x-amz-version-id': VersionId },
      userIdentity: { arn: 'arn:eve' },
      sourceIPAddress: '192.0.2.1',
    };
    await logs.send(new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: Date.now(), message: JSON.stringify(event) }] }));
    const { code, stdout, stderr } = await run(['state', 'who', '--key', 'network/prod'], { env: inSession() });
    expect([code, stderr]).toEqual([
      0,
      `S3 does not keep who wrote a version. What follows is from the trail's log group ${watch.logGroup}.\n`,
    ]);
    expect(stdout).toMatch(/^\* .* arn:eve from 192\.0\.2\.1\n .* not known\n/);
  });

  test('who says what the locks of the time said, and that S3 keeps no writer', async () => {
    const { code, stdout, stderr } = await run(['state', 'who', '--key', 'network/prod'], { cwd: unwatched(), env: inSession() });
    expect(code).toBe(0);
    expect(stderr).toContain('S3 does not keep who wrote a version.');
    expect(stdout.split('\n')[0]).toMatch(new RegExp(`^\\* .* by ${USER}@\\S+ for cdk-atlantis bootstrap since `));
  });

  test('recover makes an old version current, with the next serial', async () => {
    const old = (await versions()).filter(({ Key }) => Key === KEY).find(({ IsLatest }) => !IsLatest)?.VersionId ?? '';
    const { code, stderr } = await run(['state', 'recover', '--key', 'network/prod', '--version', old, '--yes'], { env: inSession() });
    expect([code, stderr.trim().split('\n').length]).toEqual([0, 1]);
    expect(await objectText(KEY)).toBe(stateText(5));
    expect(await objectText(`${KEY}.tflock`)).toBeUndefined();
  });

  test('recover does nothing with what is current, and nothing is known of a state that is not there', async () => {
    const current = (await versions()).filter(({ Key }) => Key === KEY).find(({ IsLatest }) => IsLatest)?.VersionId ?? '';
    const same = await run(['state', 'recover', '--key', 'network/prod', '--version', current, '--yes'], { env: inSession() });
    expect([same.code, same.stderr]).toEqual([1, `Version ${current} is what is current already; nothing was changed.\n`]);
    const none = await run(['state', 'list', '--key', 'none'], { env: inSession() });
    expect([none.code, none.stderr]).toEqual([1, `There is no state none/terraform.tfstate in ${bucket}.\n`]);
  });

  test('recover refuses a version that is not there, and one of another lineage', async () => {
    const missing = await run(['state', 'recover', '--key', 'network/prod', '--version', 'abc', '--yes'], { env: inSession() });
    expect([missing.code, missing.stderr.split('\n').length]).toEqual([1, 2]);
    const s3 = new S3Client(root);
    await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const { VersionId = '' } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: stateText(1, 'foreign') }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: stateText(6) }));
    const foreign = await run(['state', 'recover', '--key', 'network/prod', '--version', VersionId, '--yes'], { env: inSession() });
    expect([foreign.code, foreign.stderr]).toEqual([
      1,
      `Version ${VersionId} is of another lineage than the current state: it was made by another init. Nothing was changed.\n`,
    ]);
    expect(await objectText(KEY)).toBe(stateText(6));
  });

  test('recover replaces a version that is damaged, and counts on from the newest that is not', async () => {
    // the newest is serial 6, and before it came one of another lineage
    const good = (await versions()).filter(({ Key }) => Key === KEY)[2].VersionId ?? '';
    await new S3Client(root).send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: '{' }));
    const question = /^Replace the current version, which is damaged, with version \S+ \(serial 5, 0 resources, by 1\.12\.0\)\?/;
    const { code } = await run(['state', 'recover', '--key', 'network/prod', '--version', good, '--code-stdin'], {
      env: inSession(),
      answers: [[question, 'y']],
    });
    expect([code, await objectText(KEY), await objectText(`${KEY}.tflock`)]).toEqual([0, stateText(7), undefined]);
  });

  test('an unreadable state is one line', async () => {
    await new S3Client(root).send(new PutObjectCommand({ Bucket: bucket, Key: 'broken/terraform.tfstate', Body: '{' }));
    fs.writeFileSync(path.join(repository, 'terraform.tfstate'), stateText(1));
    const { code, stderr } = await run(['migrate', '--key', 'broken', '--remove', '--yes'], { env: inSession() });
    expect([code, stderr]).toEqual([1, `${bucket}/broken/terraform.tfstate is no state: it is not JSON.\n`]);
    expect([await objectText('broken/terraform.tfstate'), files()]).toEqual(['{', expect.arrayContaining(['terraform.tfstate'])]);
    fs.rmSync(path.join(repository, 'terraform.tfstate'));
  });
});

describe('the backend.tf that init wrote', () => {
  test('is as tofu fmt writes it, and works with OpenTofu in a session', async () => {
    const module = path.join(repository, 'with-backend');
    fs.mkdirSync(module);
    fs.copyFileSync(path.join(repository, 'backend.tf'), path.join(module, 'backend.tf'));
    fs.writeFileSync(path.join(module, 'backend.tf'), fs.readFileSync(path.join(module, 'backend.tf'), 'utf8').replace('# mine\n', ''));
    fs.writeFileSync(path.join(module, 'main.tf'), 'resource "terraform_data" "one" {\n  input = 1\n}\n');
    execFileSync(tofu, ['fmt', '-check', module]);
    // Only the emulator wants its buckets in the path.
    const script =
      '"$0" init -input=false -no-color -backend-config=use_path_style=true -backend-config=key=tofu/terraform.tfstate && "$0" apply -auto-approve -no-color';
    const { code, stdout, stderr } = await run(['exec', '--', 'sh', '-c', script, tofu], { cwd: module, env: inSession() });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    expect(stdout).toContain('Apply complete! Resources: 1 added');
    expect(JSON.parse((await objectText('tofu/terraform.tfstate')) ?? '{}').resources).toHaveLength(1);
    const { stdout: who } = await run(['state', 'who', '--key', 'tofu'], { cwd: unwatched(), env: inSession() });
    expect(who).toMatch(/^\* .* by \S+@\S+ for OperationTypeApply since /);
  });
});

describe('verify', () => {
  test('says what is missing, in plain words, and exits 1', async () => {
    const { code, stdout } = await run(['verify'], { env: asAdmin() });
    expect(code).toBe(1);
    const missing = stdout.split('\n').filter((line) => line.startsWith('missing'));
    expect(missing).toEqual([
      `missing  the people of the group terraform: ${COLLEAGUE} has no MFA device: run "bootstrap enroll"`,
      `missing  the people of the group terraform: ${COLLEAGUE} is not sealed: run "bootstrap enroll"`,
    ]);
  });

  test('names a bucket that lost its versioning', async () => {
    await new S3Client(root).send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Suspended' } }));
    const { stdout } = await run(['verify'], { env: asAdmin() });
    expect(stdout).toContain(`missing  the state bucket ${bucket} keeps old versions: versioning is not enabled\n`);
    await new S3Client(root).send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  });
});

describe('rotate-keys', () => {
  test('replaces the key in the profile and deletes the old one', async () => {
    const before = fs.readFileSync(path.join(home, '.aws', 'credentials'), 'utf8');
    // a code is good once, so the next one has to come
    await setTimeout(60_000 - (Date.now() % 30_000));
    const { code } = await run(['rotate-keys', '--code-stdin'], { answers: [[/Code of/, () => codeOf(secret)]] });
    const after = fs.readFileSync(path.join(home, '.aws', 'credentials'), 'utf8');
    expect([code, after === before]).toEqual([0, false]);
    const { AccessKeyMetadata: keys = [] } = await new IAMClient(root).send(new ListAccessKeysCommand({ UserName: USER }));
    expect(keys.map(({ AccessKeyId }) => after.includes(String(AccessKeyId)))).toEqual([true]);
  });

  test('a new key that could not be kept is not made', async () => {
    const credentials = fs.readFileSync(path.join(home, '.aws', 'credentials'), 'utf8');
    const [, AWS_ACCESS_KEY_ID] = /aws_access_key_id = (\S+)/.exec(credentials) ?? [];
    const [, AWS_SECRET_ACCESS_KEY] = /aws_secret_access_key = (\S+)/.exec(credentials) ?? [];
    const env = { ...place(), HOME: repository, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
    const { code, stderr } = await run(['rotate-keys'], { env });
    expect([code, stderr]).toEqual([1, `The key ${AWS_ACCESS_KEY_ID} is in no profile, so a new one could not be kept: use --profile.\n`]);
  });
});

describe('revoke', () => {
  test('is not for a session, which could be a stolen one', async () => {
    const { code, stderr } = await run(['revoke'], { env: inSession() });
    expect([code, stderr]).toEqual([
      1,
      'This is a session of the terraform role: deactivate it, or name your own profile with --profile.\n',
    ]);
  });

  test('names only people of the bootstrap', async () => {
    const nobody = await run(['revoke', '--user', 'nobody'], { env: asAdmin() });
    expect([nobody.code, nobody.stderr]).toEqual([
      1,
      `nobody is none of the bootstrap's people: there is no arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:terraform-revoke-nobody.\n`,
    ]);
    const bad = await run(['revoke', '--user', '*'], { env: asAdmin() });
    expect([bad.code, bad.stderr]).toEqual([1, 'No user is named "*".\n']);
    const own = await run(['revoke'], { env: asAdmin() });
    expect(own.stderr).toBe(`arn:aws:iam::${ACCOUNT}:root has no sessions of the terraform role: name a user with --user.\n`);
  });

  test("a colleague's sessions cannot be ended", async () => {
    const { code, stderr } = await run(['revoke', '--user', COLLEAGUE]);
    expect([code, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stderr).toMatch(/^AWS refused it: /);
  });

  test('ends the own sessions on the server', async () => {
    expect((await run(['state', 'list'], { env: inSession() })).code).toBe(0);
    expect((await run(['revoke'])).code).toBe(0);
    const after = await run(['state', 'list'], { env: inSession() });
    expect(after.code).toBe(1);
    expect(after.stderr).toMatch(/^AWS refused it: [^\n]*\n$/);
  });

  test('an administrator ends those of anyone', async () => {
    const { code, stderr } = await run(['revoke', '--user', COLLEAGUE], { env: asAdmin() });
    expect([code, stderr]).toEqual([
      0,
      `The sessions of ${COLLEAGUE} that began before now are ended. Sessions of other roles that they assumed last up to an hour.\n`,
    ]);
  });
});
