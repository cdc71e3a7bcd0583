import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DeleteItemCommand, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetRolePolicyCommand, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import {
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { isAllowed } from '../bootstrap/simulated';
import { as, aws, ROOT, refusal } from './people';
import { ACCOUNT, deployStates, type Lock, programs, type RoleName, type States, Workspace } from './states';

const CODE = `resource "terraform_data" "network" {
  input = "10.0.0.0/16"
}

output "range" {
  value = terraform_data.network.output
}
`;

/** Takes its time, and says when it has begun. */
const SLOW = `resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "echo working; sleep 4"
  }
}
`;

const OBJECT = 'network/prod/terraform.tfstate';
const root = fs.mkdtempSync(path.join(tmpdir(), 'states-'));
let states: States;
const installed = new Map<string, string>();
let count = 0;

beforeAll(async () => {
  for (const program of await programs()) installed.set(program.name, program.path);
  states = await deployStates();
});
afterAll(async () => {
  await states.cloud.stop();
  fs.rmSync(root, { recursive: true });
});

function workspace(program: string, code = CODE, lock: Lock = 'lockfile'): Workspace {
  const made = new Workspace(path.join(root, `${count++}`), installed.get(program) as string, states);
  made.write('main.tf', code);
  made.backend(lock);
  return made;
}

async function initialized(program: string, role: RoleName, code = CODE, lock: Lock = 'lockfile'): Promise<Workspace> {
  const made = workspace(program, code, lock);
  await made.must(role, 'init');
  return made;
}

/** No state, as in the beginning. */
async function forget(): Promise<void> {
  const { s3, dynamodb } = as(states.cloud, ROOT);
  for (const Key of await objects()) await s3.send(new DeleteObjectCommand({ Bucket: states.bucket, Key }));
  for (const id of [OBJECT, `${OBJECT}-md5`])
    await dynamodb.send(new DeleteItemCommand({ TableName: states.table, Key: { LockID: { S: `${states.bucket}/${id}` } } }));
}

async function objects(): Promise<string[]> {
  const { Contents = [] } = await as(states.cloud, ROOT).s3.send(new ListObjectsV2Command({ Bucket: states.bucket }));
  return Contents.map(({ Key = '' }) => Key);
}

describe.each(['OpenTofu', 'Terraform'])('%s with the state of a bootstrap', (program) => {
  const here = () => {
    if (installed.has(program)) return true;
    console.warn(`not run with ${program}: there is none on the PATH`);
    return false;
  };
  beforeEach(forget);

  test('plans, applies and destroys with what grantApply gives', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies');
    expect(await network.must('applies', 'plan')).toContain('1 to add');
    expect(await network.must('applies', 'apply', '-auto-approve')).toContain('1 added');
    expect(await objects()).toEqual([OBJECT]);
    const head = JSON.parse(await aws(states.cloud, ROOT, 's3api', 'head-object', '--bucket', states.bucket, '--key', OBJECT));
    expect(head).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: states.key });
    expect(await network.must('applies', 'destroy', '-auto-approve')).toContain('1 destroyed');
  });

  test('plans with what grantPlan gives, and cannot write the state', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies');
    await network.must('applies', 'apply', '-auto-approve');
    network.write('main.tf', CODE.replace('10.0', '10.1'));
    expect(await network.must('plans', 'plan')).toContain('1 to change');
    const refused = await network.run('plans', 'apply', '-auto-approve');
    expect(refused.code).not.toBe(0);
    expect(refused.printed).toContain('AccessDenied');
    expect(await network.must('applies', 'output', 'range')).toContain('10.0.0.0/16');
    expect(await objects()).toEqual([OBJECT]);
  });

  test('plans without a lock with what grantRead gives, and cannot take one', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies');
    await network.must('applies', 'apply', '-auto-approve');
    expect(await network.must('reads', 'plan', '-lock=false')).toContain('No changes');
    const refused = await network.run('reads', 'plan');
    expect(refused.code).not.toBe(0);
    expect(refused.printed).toContain('AccessDenied');
  });

  test('cannot read or write the state of another', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies');
    await network.must('applies', 'apply', '-auto-approve');
    const refused = await network.run('another', 'plan', '-lock=false');
    expect(refused.code).not.toBe(0);
    expect(refused.printed).toContain('403');
    const own = workspace(program);
    own.backend('lockfile', 'network/dev');
    await own.must('another', 'init');
    expect(await own.must('another', 'apply', '-auto-approve')).toContain('1 added');
  });

  test('waits for a run that has the lock, or fails and names it', async () => {
    if (!here()) return;
    const first = await initialized(program, 'applies', SLOW);
    const second = await initialized(program, 'applies', SLOW);
    const running = first.start('applies', 'apply', '-auto-approve');
    await running.printed('working');
    const refused = await second.run('applies', 'plan');
    expect(refused.code).not.toBe(0);
    expect(refused.printed).toMatch(/Error acquiring the state lock[\s\S]*OperationTypeApply/);
    expect(await second.must('applies', 'plan', '-lock-timeout=60s')).toContain('No changes');
    expect((await running.done).code).toBe(0);
  });

  test('leaves its lock when it is killed, which force-unlock removes', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies', SLOW);
    const running = network.start('applies', 'apply', '-auto-approve');
    await running.printed('working');
    running.kill('SIGKILL');
    await running.done;
    const refused = await network.run('applies', 'apply', '-auto-approve');
    expect(refused.printed).toContain('Error acquiring the state lock');
    const [, id = ''] = /\n\W*ID:\s+([\da-f-]{36})/.exec(refused.printed) ?? [];
    await network.must('applies', 'force-unlock', '-force', id);
    expect(await network.must('applies', 'apply', '-auto-approve')).toContain('1 added');
  });

  test('keeps workspaces, and deletes them with what grantAdminister gives', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies');
    await network.must('applies', 'workspace', 'new', 'blue');
    await network.must('applies', 'apply', '-auto-approve');
    expect(await objects()).toEqual([`env:/blue/${OBJECT}`]);
    await network.must('applies', 'destroy', '-auto-approve');
    await network.must('applies', 'workspace', 'select', 'default');
    expect((await network.run('applies', 'workspace', 'delete', 'blue')).printed).toContain('AccessDenied');
    await network.must('administers', 'workspace', 'delete', 'blue');
    expect(await objects()).toEqual([]);
  });

  test('reads the outputs of a state from another', async () => {
    if (!here()) return;
    await (await initialized(program, 'applies')).must('applies', 'apply', '-auto-approve');
    const reader = new Workspace(path.join(root, `${count++}`), installed.get(program) as string, states);
    const config = `bucket = "${states.bucket}", key = "${OBJECT}", region = "us-east-1", use_path_style = true`;
    reader.write(
      'main.tf',
      `data "terraform_remote_state" "network" {\n  backend = "s3"\n  config  = { ${config} }\n}\n\noutput "range" {\n  value = data.terraform_remote_state.network.outputs.range\n}\n`,
    );
    await reader.must('reads', 'init');
    expect(await reader.must('reads', 'plan')).toContain('10.0.0.0/16');
    expect((await reader.run('another', 'plan')).printed).toContain('403');
  });

  test('moves its local state into the bucket', async () => {
    if (!here()) return;
    const network = workspace(program);
    fs.rmSync(path.join(network.directory, 'backend.tf'));
    await network.must('applies', 'init');
    await network.must('applies', 'apply', '-auto-approve');
    network.backend();
    await network.must('applies', 'init', '-migrate-state', '-force-copy');
    expect(await network.must('applies', 'plan')).toContain('No changes');
    expect(await objects()).toEqual([OBJECT]);
  });

  test('moves from locks in DynamoDB to lock files by way of both', async () => {
    if (!here()) return;
    const network = await initialized(program, 'applies', CODE, 'dynamodb');
    await network.must('applies', 'apply', '-auto-approve');
    for (const lock of ['both', 'lockfile'] as const) {
      network.backend(lock);
      await network.must('applies', 'init', '-reconfigure');
      expect(await network.must('applies', 'plan')).toContain('No changes');
    }
  });

  test('holds both locks while both are asked for', async () => {
    if (!here()) return;
    const first = await initialized(program, 'applies', SLOW, 'both');
    const running = first.start('applies', 'apply', '-auto-approve');
    await running.printed('working');
    for (const lock of ['lockfile', 'dynamodb'] as const) {
      const second = workspace(program, SLOW, lock);
      await second.must('applies', 'init');
      expect((await second.run('applies', 'plan')).printed).toContain('Error acquiring the state lock');
    }
    expect((await running.done).code).toBe(0);
  });
});

describe('the bucket', () => {
  const put = (role: RoleName, more: object = {}) =>
    refusal(
      as(states.cloud, states.sessions[role]).s3.send(
        new PutObjectCommand({ Bucket: states.bucket, Key: `${OBJECT}.tflock`, Body: '{}', ...more }),
      ),
    );
  beforeEach(forget);

  test('refuses a lock that is written over another, or without asking', async () => {
    expect(await put('plans')).toBe('AccessDenied');
    expect(await put('plans', { IfNoneMatch: '*' })).toBeUndefined();
    expect(await put('plans', { IfNoneMatch: '*' })).toBe('PreconditionFailed');
  });

  test('refuses another encryption, and takes its own without being asked', async () => {
    const state = (more: object) =>
      refusal(
        as(states.cloud, states.sessions.applies).s3.send(
          new PutObjectCommand({ Bucket: states.bucket, Key: OBJECT, Body: '{}', ...more }),
        ),
      );
    expect(await state({})).toBeUndefined();
    expect(await state({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: states.key })).toBeUndefined();
    expect(await state({ ServerSideEncryption: 'AES256' })).toBe('AccessDenied');
  });

  test('keeps the versions of a state from all but who administers it', async () => {
    const list = (role: RoleName) =>
      refusal(as(states.cloud, states.sessions[role]).s3.send(new ListObjectVersionsCommand({ Bucket: states.bucket, Prefix: OBJECT })));
    expect(await list('administers')).toBeUndefined();
    expect(await list('applies')).toBe('AccessDenied');
  });
});

describe('what a grant gives', () => {
  const OTHER = 'network/dev/terraform.tfstate';
  const ITEM = (object: string) => ({ TableName: states.table, Key: { LockID: { S: `${states.bucket}/${object}` } } });
  const s3 = (role: RoleName) => as(states.cloud, states.sessions[role]).s3;
  const dynamodb = (role: RoleName) => as(states.cloud, states.sessions[role]).dynamodb;
  const at = (Key: string) => ({ Bucket: states.bucket, Key });

  /** Each action, as a call and as it stands in a policy. */
  const CALLS: { [action: string]: (role: RoleName, object: string) => Promise<unknown> } = {
    's3:GetObject': (role, object) => s3(role).send(new GetObjectCommand(at(object))),
    's3:PutObject': (role, object) => s3(role).send(new PutObjectCommand({ ...at(object), Body: '{}', IfNoneMatch: '*' })),
    's3:DeleteObject': (role, object) => s3(role).send(new DeleteObjectCommand(at(object))),
    'dynamodb:GetItem': (role, object) => dynamodb(role).send(new GetItemCommand(ITEM(object))),
    'dynamodb:DeleteItem': (role, object) => dynamodb(role).send(new DeleteItemCommand(ITEM(object))),
  };

  const allowed = (roles: RoleName[], action: string, ...keys: string[]) => keys.map((key) => ({ roles, action, key }));
  const ALL_ROLES: RoleName[] = ['reads', 'plans', 'applies', 'administers', 'another'];
  const LOCKING: RoleName[] = ['plans', 'applies', 'administers'];
  const ROWS = [
    ...allowed(['reads', ...LOCKING], 's3:GetObject', OBJECT, `env:/blue/${OBJECT}`),
    ...allowed(['applies', 'administers'], 's3:PutObject', OBJECT, `env:/blue/${OBJECT}`),
    ...allowed(LOCKING, 's3:PutObject', `${OBJECT}.tflock`, `env:/blue/${OBJECT}.tflock`),
    ...allowed(LOCKING, 's3:DeleteObject', `${OBJECT}.tflock`),
    ...allowed([], 's3:DeleteObject', OBJECT),
    ...allowed(['administers'], 's3:DeleteObject', `env:/blue/${OBJECT}`),
    ...allowed(['another'], 's3:GetObject', OTHER),
    ...allowed(['another'], 's3:PutObject', OTHER, `${OTHER}.tflock`),
    ...allowed([], 's3:PutObject', 'network/terraform.tfstate', `other/${OBJECT}`, `${OBJECT}.bak`),
    ...allowed(LOCKING, 'dynamodb:GetItem', OBJECT, `${OBJECT}-md5`),
    ...allowed(LOCKING, 'dynamodb:DeleteItem', OBJECT),
    ...allowed(['another'], 'dynamodb:DeleteItem', OTHER),
  ];

  const deployed = new Map<RoleName, object[]>();
  let bucketPolicy: object;
  beforeAll(async () => {
    const { iam, s3 } = as(states.cloud, ROOT);
    for (const RoleName of ALL_ROLES) {
      const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
      const documents = PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })));
      deployed.set(
        RoleName,
        (await Promise.all(documents)).map(({ PolicyDocument = '' }) => JSON.parse(decodeURIComponent(PolicyDocument))),
      );
    }
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: states.bucket }));
    bucketPolicy = JSON.parse(Policy);
  });

  /** What the simulator says of the policies that were deployed. */
  function simulated(role: RoleName, action: string, object: string): Promise<boolean> {
    const inS3 = action.startsWith('s3:');
    const ofS3 = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3', ...(action === 's3:PutObject' && { 's3:if-none-match': '*' }) };
    return isAllowed(
      {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/tester`,
        action,
        resource: inS3 ? `arn:aws:s3:::${states.bucket}/${object}` : `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/${states.table}`,
        context: inS3 ? ofS3 : { 'dynamodb:LeadingKeys': [`${states.bucket}/${object}`] },
        policies: deployed.get(role) ?? [],
        resourcePolicy: inS3 ? bucketPolicy : undefined,
      },
      ACCOUNT,
    );
  }

  test.each(ROWS)('$action of $key is for $roles', async ({ roles, action, key }) => {
    for (const role of ALL_ROLES) {
      await forget();
      const refused = await refusal(CALLS[action](role, key));
      const may = !/AccessDenied|Forbidden/.test(refused ?? '');
      expect([role, may]).toEqual([role, roles.includes(role)]);
      expect([role, await simulated(role, action, key)]).toEqual([role, may]);
    }
  });
});
