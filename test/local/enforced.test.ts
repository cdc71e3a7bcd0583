import { execFile, spawnSync } from 'node:child_process';
import * as path from 'node:path';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { environmentFor, type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { as, aws, type Device, enrol, type Keys, keysOf, ROOT, refusal } from './people';

const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/reader`;
const ROOT_OF_REPOSITORY = path.join(__dirname, '..', '..');

let cloud: LocalCloud;
let person: Keys;
let device: Device;

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });

beforeAll(async () => {
  cloud = await startCloud({ enforceIam: true });
  const { iam } = as(cloud, ROOT);
  await iam.send(new CreateUserCommand({ UserName: 'martin' }));
  const may = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: ROLE };
  await iam.send(new PutUserPolicyCommand({ UserName: 'martin', PolicyName: 'assume', PolicyDocument: policy(may) }));
  person = keysOf((await iam.send(new CreateAccessKeyCommand({ UserName: 'martin' }))).AccessKey);
  const trust = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
    Action: 'sts:AssumeRole',
    Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
  };
  await iam.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: policy(trust) }));
  const list = { Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' };
  await iam.send(new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'list', PolicyDocument: policy(list) }));
  device = await enrol(cloud, ROOT, 'martin');
});

afterAll(() => cloud.stop());

describe('the local cloud that enforces IAM', () => {
  test('lets a person do what their role may, with a code of their device, and refuses them without', async () => {
    const martin = as(cloud, person);
    expect(await refusal(martin.s3.send(new ListBucketsCommand()))).toBe('AccessDenied');
    expect(await refusal(martin.assume(ROLE, 'martin'))).toBe('AccessDenied');
    const session = await martin.assume(ROLE, 'martin', await device.mfa());
    expect(await refusal(as(cloud, session).s3.send(new ListBucketsCommand()))).toBeUndefined();
  });

  test('refuses a secret that is not the key’s', async () => {
    const forged = as(cloud, { ...person, secretAccessKey: 'forged' });
    expect(await refusal(forged.assume(ROLE, 'martin'))).toBe('SignatureDoesNotMatch');
  });

  test('is called by the AWS command line', async () => {
    expect(JSON.parse(await aws(cloud, person, 'sts', 'get-caller-identity'))).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT}:user/martin`,
    });
    await expect(aws(cloud, person, 's3api', 'list-buckets')).rejects.toThrow('AccessDenied');
  });

  test('takes a stack from the CDK, whose bootstrap bucket denies calls without TLS', async () => {
    const cdk = path.join(ROOT_OF_REPOSITORY, 'node_modules', '.bin', 'cdk');
    const app = `npx tsx ${path.join(__dirname, 'apps', 'bucket.ts')}`;
    const answer = await new Promise<string>((resolve, reject) => {
      const args = [
        'deploy',
        '--app',
        app,
        '--output',
        path.join(cloud.directory, 'bucket'),
        '--require-approval',
        'never',
        '--ci',
        '--no-color',
      ];
      const options = { env: environmentFor(cloud), cwd: ROOT_OF_REPOSITORY };
      execFile(cdk, args, options, (problem, stdout, stderr) => (problem ? reject(new Error(stderr + stdout)) : resolve(stdout)));
    });
    expect(answer).toContain('Stack ARN:');
  });
});

test('npm run cloud -- --enforce-iam gives a command a cloud that refuses strangers', () => {
  const command = path.join(ROOT_OF_REPOSITORY, 'integ', 'local', 'cloud.ts');
  const stranger =
    "fetch(process.env.AWS_ENDPOINT_URL + '/?Action=ListUsers&Version=2010-05-08').then(({ status }) => console.log(status))";
  const run = (...options: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', command, ...options, process.execPath, '-e', stranger], { encoding: 'utf8' }).stdout;
  expect(run('--enforce-iam')).toBe('403\n');
  expect(run()).toBe('200\n');
});
