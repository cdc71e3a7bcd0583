import * as path from 'node:path';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateStateMachineCommand } from '@aws-sdk/client-sfn';
import { environmentFor, type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { provideAwsCli } from '../../integ/local/setup/aws-cli';
import { debianPackages } from '../../integ/local/setup/tools';
import type { Manifest } from '../../src/cli/manifest/manifest';
import { dialects } from '../cli/scripts/dialects';
import { manifest, Scene } from '../cli/scripts/scene';
import { as, type Device, enrol, type Keys, keysOf, ROOT } from './people';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/terraform/terraform`;
const MACHINES = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:terraform-revoke-`;
const USER = 'martin.rosselle.terraform';

let cloud: LocalCloud;
let cli: string;
let device: Device;
let person: Keys;

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (action: string | string[], resource: string) => ({ Effect: 'Allow', Action: action, Resource: resource });

/** What the construct makes for one person, as far as a session needs it. */
async function makeResources(): Promise<void> {
  const { iam, sfn } = as(cloud, ROOT);
  await iam.send(new CreateUserCommand({ UserName: USER, Path: '/terraform/' }));
  const mayStart = policy(
    allow('sts:AssumeRole', ROLE),
    allow('iam:ListMFADevices', `arn:aws:iam::${ACCOUNT}:user/terraform/\${aws:username}`),
    allow('states:StartExecution', `${MACHINES}\${aws:username}`),
    allow('states:DescribeExecution', `arn:aws:states:${REGION}:${ACCOUNT}:execution:terraform-revoke-\${aws:username}:*`),
  );
  await iam.send(new PutUserPolicyCommand({ UserName: USER, PolicyName: 'start', PolicyDocument: mayStart }));
  person = keysOf((await iam.send(new CreateAccessKeyCommand({ UserName: USER }))).AccessKey);
  const trust = policy({
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'sts:AssumeRole',
    Condition: {
      ArnLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/terraform/*` },
      Bool: { 'aws:MultiFactorAuthPresent': 'true' },
      NumericLessThanEquals: { 'aws:MultiFactorAuthAge': '300' },
      StringEquals: { 'sts:RoleSessionName': `\${aws:username}` },
    },
  });
  await iam.send(new CreateRoleCommand({ RoleName: 'terraform', Path: '/terraform/', AssumeRolePolicyDocument: trust }));
  await iam.send(
    new PutRolePolicyCommand({ RoleName: 'terraform', PolicyName: 'list', PolicyDocument: policy(allow('s3:ListAllMyBuckets', '*')) }),
  );
  const roleId = (await iam.send(new GetRoleCommand({ RoleName: 'terraform' }))).Role?.RoleId;
  const states = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await iam.send(new CreateRoleCommand({ RoleName: 'terraform-revoker', AssumeRolePolicyDocument: policy(states) }));
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'terraform-revoker',
      PolicyName: 'put',
      PolicyDocument: policy(allow('iam:PutRolePolicy', ROLE)),
    }),
  );
  const denied = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:userid': `${roleId}:${USER}` }, DateLessThan: { 'aws:TokenIssueTime.$': '$$.State.EnteredTime' } },
    },
  };
  const definition = {
    StartAt: 'Document',
    States: {
      Document: { Type: 'Pass', Parameters: denied, ResultPath: '$.document', Next: 'Revoke' },
      Revoke: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:iam:putRolePolicy',
        Parameters: { RoleName: 'terraform', PolicyName: `revoked-${USER}`, 'PolicyDocument.$': 'States.JsonToString($.document)' },
        End: true,
      },
    },
  };
  await sfn.send(
    new CreateStateMachineCommand({
      name: `terraform-revoke-${USER}`,
      definition: JSON.stringify(definition),
      roleArn: `arn:aws:iam::${ACCOUNT}:role/terraform-revoker`,
    }),
  );
}

beforeAll(async () => {
  await debianPackages('bash', 'zsh', 'fish', 'bsdutils');
  cli = path.dirname(await provideAwsCli());
  cloud = await startCloud({ enforceIam: true });
  await makeResources();
  device = await enrol(cloud, ROOT, USER);
});

afterAll(() => cloud?.stop());

const bootstrap: Manifest = { ...manifest, region: REGION, role: ROLE, revocation: { stateMachine: MACHINES } };

/** What the person has in their environment: the local cloud, and their own key. */
function environment(): NodeJS.ProcessEnv {
  const { AWS_SHARED_CREDENTIALS_FILE: _, AWS_CONFIG_FILE: __, ...env } = environmentFor(cloud);
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => /^(AWS|NO_PROXY|no_proxy)/.test(name))),
    AWS_ACCESS_KEY_ID: person.accessKeyId,
    AWS_SECRET_ACCESS_KEY: person.secretAccessKey,
    PATH: `${cli}:${process.env.PATH}`,
  };
}

describe.each(dialects)('with the AWS command line on the local cloud, in $name', (dialect) => {
  let stage: Scene;
  beforeEach(() => {
    stage = new Scene({ manifest: bootstrap, aws: 'real' });
  });
  afterEach(() => stage.remove());

  const play = (lines: string[], code: string) =>
    stage.play(dialect, lines, { type: [[/MFA code of [^:]+: /, `${code}\r`]], env: environment() });

  test('a session does what its role may, and after deactivate --revoke its credentials are refused', async () => {
    const list = 'aws s3api list-buckets --output text --query "length(Buckets)"';
    const { screen } = await play(
      [
        `${list} 2>"$OUT"/refused-before`,
        dialect.activate,
        dialect.status('activated'),
        'aws sts get-caller-identity --query Arn --output text >"$OUT"/who',
        list,
        dialect.status('listed'),
        dialect.set('stolen_key', '').replace(/''$/, '"$AWS_ACCESS_KEY_ID"'),
        dialect.set('stolen_secret', '').replace(/''$/, '"$AWS_SECRET_ACCESS_KEY"'),
        dialect.set('stolen_token', '').replace(/''$/, '"$AWS_SESSION_TOKEN"'),
        'deactivate --revoke >"$OUT"/said',
        dialect.status('revoked'),
        'aws sts get-caller-identity --query Arn --output text >"$OUT"/who-after',
        `env AWS_ACCESS_KEY_ID="$stolen_key" AWS_SECRET_ACCESS_KEY="$stolen_secret" AWS_SESSION_TOKEN="$stolen_token" ${list} 2>"$OUT"/stolen`,
      ],
      await device.code(),
    );
    expect(stage.read('refused-before')).toContain('AccessDenied');
    expect([screen, stage.read('activated')]).toEqual([expect.stringContaining('minutes left'), '0\n']);
    expect(stage.read('who')).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/terraform/${USER}\n`);
    expect(stage.read('listed')).toBe('0\n');
    expect([stage.read('said'), stage.read('revoked')]).toEqual([`Sessions of ${USER} are revoked.\n`, '0\n']);
    expect(stage.read('who-after')).toBe(`arn:aws:iam::${ACCOUNT}:user/terraform/${USER}\n`);
    expect(stage.read('stolen')).toContain('AccessDenied');
    expect(stage.awsFiles).toEqual([]);
  });

  test('a wrong code and a code that was used are refused in one line', async () => {
    const used = await device.code();
    await play([dialect.activate], used);
    for (const code of ['000000', used]) {
      await play(
        [`${dialect.activate} 2>"$OUT"/error-${code}`, dialect.status(`status-${code}`), `/usr/bin/env -0 >"$OUT"/env-${code}`],
        code,
      );
      expect(stage.read(`error-${code}`)).toMatch(/^cdk-atlantis: no session: .*\(AccessDenied\)[^\n]*\n$/);
      expect(stage.read(`status-${code}`)).toBe('1\n');
      expect(stage.read(`env-${code}`)).not.toContain('AWS_SESSION_TOKEN=');
    }
  });
});
