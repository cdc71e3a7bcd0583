import { randomBytes } from 'node:crypto';
import { Lazy, type Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { StateEncryption, StateLocks, type StateOptions, StateStorage, type TerraformState } from '../../src';
import { deployed } from '../fargate/resolved';
import { ACCOUNT, onlyResource, REGION } from '../synthesized';
import { isAllowed } from './simulated';
import { type Given, mayUseKey, refusalOf, type Stored, stored } from './storage-stack';

type Level = 'grantRead' | 'grantPlan' | 'grantApply' | 'grantAdminister';
const LEVELS: readonly Level[] = ['grantRead', 'grantPlan', 'grantApply', 'grantAdminister'];

interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: { readonly [key: string]: string | string[] };
}

/** A role that was granted something of `network/prod`, and what it may do. */
class Granted {
  readonly storage: Stored;
  private readonly role: iam.Role;

  constructor(level: Level, options: StateOptions = {}, given?: (stack: Stack) => Given) {
    this.storage = stored(given);
    this.role = this.storage.role('Role');
    expect(this.storage.state('network/prod', options)[level](this.role).success).toBe(true);
  }

  public allows(request: Request): Promise<boolean> {
    const principal = `arn:aws:iam::${ACCOUNT}:role/role`;
    return isAllowed({ principal, ...request, policies: this.policies() });
  }

  public policies(): object[] {
    return this.storage.policies(this.role);
  }

  public object(action: string, key: string): Promise<boolean> {
    return this.allows({ action: `s3:${action}`, resource: `${this.storage.bucketArn(this.storage.config.bucket)}/${key}` });
  }

  public ofBucket(action: string, context: { [key: string]: string } = {}): Promise<boolean> {
    return this.allows({ action: `s3:${action}`, resource: this.storage.bucketArn(this.storage.config.bucket), context });
  }

  public ofKey(action: string, context: { [key: string]: string }): Promise<boolean> {
    const { id } = onlyResource(this.storage.template, 'AWS::KMS::Key');
    return mayUseKey(this.policies(), action, `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`, context);
  }

  public item(action: string, item: string): Promise<boolean> {
    const { id } = onlyResource(this.storage.template, 'AWS::DynamoDB::Table');
    const name = deployed(this.storage.template, this.storage.stack.resolve(this.storage.config.bucket.bucketName));
    return this.allows({
      action: `dynamodb:${action}`,
      resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${id}`,
      context: { 'dynamodb:LeadingKeys': [`${name}/${item}`] },
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: policies have no types
  public statements(): any[] {
    // biome-ignore lint/suspicious/noExplicitAny: policies have no types
    return this.policies().flatMap((policy: any) => policy.Statement);
  }
}

/** Of an IAM policy. */
const VARIABLE = ['$', '{aws:username}'].join('');
const KEY = 'network/prod/terraform.tfstate';
const WORKSPACE = `env:/blue/${KEY}`;
const OTHERS = [
  'network/test/terraform.tfstate',
  'prod/terraform.tfstate',
  'a/network/prod/terraform.tfstate',
  'network/prod/terraform.tfstate.backup',
  'env:/blue/network/test/terraform.tfstate',
  'terraform.tfstate',
];
const granted = Object.fromEntries(LEVELS.map((level) => [level, new Granted(level)])) as { [level in Level]: Granted };
const from = (level: Level): readonly Level[] => LEVELS.slice(LEVELS.indexOf(level));

test('a state has the key that its name gives', () => {
  const storage = stored();
  const state = storage.state('network/prod');
  expect([state.key, state.bucket]).toEqual([KEY, storage.config.bucket]);
});

describe.each<[string, Level, (who: Granted) => Promise<boolean>]>([
  ['to list the bucket, so that a missing state is missing and not forbidden', 'grantRead', (who) => who.ofBucket('ListBucket')],
  ['to list the workspaces', 'grantRead', (who) => who.ofBucket('ListBucket', { 's3:prefix': 'env:/' })],
  ['to read the state', 'grantRead', (who) => who.object('GetObject', KEY)],
  ['to read the state in a workspace', 'grantRead', (who) => who.object('GetObject', WORKSPACE)],
  ['to lock', 'grantPlan', (who) => who.object('PutObject', `${KEY}.tflock`)],
  ['to see who holds the lock', 'grantPlan', (who) => who.object('GetObject', `${KEY}.tflock`)],
  ['to unlock', 'grantPlan', (who) => who.object('DeleteObject', `${KEY}.tflock`)],
  ['to lock a workspace', 'grantPlan', (who) => who.object('PutObject', `${WORKSPACE}.tflock`)],
  ['to write the state', 'grantApply', (who) => who.object('PutObject', KEY)],
  ['to write the state in a workspace', 'grantApply', (who) => who.object('PutObject', WORKSPACE)],
  ['to delete a workspace', 'grantAdminister', (who) => who.object('DeleteObject', WORKSPACE)],
  ['to list versions of the state', 'grantAdminister', (who) => who.ofBucket('ListBucketVersions', { 's3:prefix': KEY })],
  ['to read a version of the state', 'grantAdminister', (who) => who.object('GetObjectVersion', KEY)],
])('%s', (_what, least, asks) => {
  test.each(LEVELS)('%s', async (level) => {
    expect(await asks(granted[level])).toBe(from(least).includes(level));
  });
});

describe.each(LEVELS)('nobody with %s may', (level) => {
  const who = granted[level];

  test.each(OTHERS)('touch %s', async (key) => {
    for (const action of ['GetObject', 'PutObject', 'DeleteObject', 'GetObjectVersion'])
      for (const object of [key, `${key}.tflock`])
        expect([action, object, await who.object(action, object)]).toEqual([action, object, false]);
  });

  test('delete the state, or any version', async () => {
    expect(await who.object('DeleteObject', KEY)).toBe(false);
    for (const key of [KEY, WORKSPACE, `${KEY}.tflock`]) expect(await who.object('DeleteObjectVersion', key)).toBe(false);
  });

  test('change the bucket, its policy or the key', async () => {
    for (const action of ['DeleteBucket', 'PutBucketPolicy', 'PutBucketVersioning', 'PutLifecycleConfiguration'])
      expect(await who.ofBucket(action)).toBe(false);
    for (const action of ['ScheduleKeyDeletion', 'PutKeyPolicy', 'CreateGrant']) expect(await who.ofKey(action, {})).toBe(false);
  });

  test('list the versions of other states', async () => {
    for (const context of [undefined, { 's3:prefix': 'prod/' }, { 's3:prefix': '' }])
      expect(await who.ofBucket('ListBucketVersions', context)).toBe(false);
  });

  test('use the bucket of the bootstrap', async () => {
    const bucket = who.storage.bucketArn(who.storage.config.bootstrapBucket);
    expect(await who.allows({ action: 's3:GetObject', resource: `${bucket}/${KEY}` })).toBe(false);
    expect(await who.allows({ action: 's3:ListBucket', resource: bucket })).toBe(false);
  });
});

describe('the key', () => {
  const via = (who: Granted, context: object = {}) => ({
    'kms:ViaService': `s3.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:aws:s3:arn': who.storage.bucketArn(who.storage.config.bucket),
    ...context,
  });

  test.each(LEVELS)('%s lets decrypt, and encrypt only who writes something', async (level) => {
    const who = granted[level];
    expect(await who.ofKey('Decrypt', via(who))).toBe(true);
    expect(await who.ofKey('GenerateDataKey', via(who))).toBe(level !== 'grantRead');
  });

  test.each(LEVELS)('%s is for S3 of this region and this bucket', async (level) => {
    const who = granted[level];
    const other = who.storage.bucketArn(who.storage.config.bootstrapBucket);
    expect(await who.ofKey('Decrypt', via(who, { 'kms:ViaService': `ssm.${REGION}.amazonaws.com` }))).toBe(false);
    expect(await who.ofKey('Decrypt', via(who, { 'kms:ViaService': 's3.us-east-1.amazonaws.com' }))).toBe(false);
    expect(await who.ofKey('Decrypt', via(who, { 'kms:EncryptionContext:aws:s3:arn': other }))).toBe(false);
    expect(await who.ofKey('Decrypt', {})).toBe(false);
  });

  test('where S3 has no bucket key it names the object to KMS, and only those of the state are allowed', async () => {
    const who = new Granted('grantPlan', {}, (stack) => ({
      storage: StateStorage.existing({ bucket: s3.Bucket.fromBucketName(stack, 'Given', 'given'), key: new kms.Key(stack, 'Key') }),
    }));
    const named = (context: string) => who.ofKey('Decrypt', via(who, { 'kms:EncryptionContext:aws:s3:arn': context }));
    for (const object of ['', `/${KEY}`, `/${WORKSPACE}`, `/${KEY}.tflock`]) expect(await named(`arn:aws:s3:::given${object}`)).toBe(true);
    for (const object of OTHERS) expect(await named(`arn:aws:s3:::given/${object}`)).toBe(false);
    expect(await named('arn:aws:s3:::another')).toBe(false);
  });

  test('with a key of S3 no key is granted', () => {
    const who = new Granted('grantAdminister', {}, () => ({
      storage: StateStorage.managed({ encryption: StateEncryption.s3Managed() }),
    }));
    expect(JSON.stringify(who.statements())).not.toContain('kms:');
  });

  test('where only a table locks, who plans encrypts nothing', async () => {
    const table = () => ({ locks: StateLocks.dynamoDb() });
    const [plan, apply] = [new Granted('grantPlan', {}, table), new Granted('grantApply', {}, table)];
    expect(await plan.ofKey('GenerateDataKey', via(plan))).toBe(false);
    expect(await apply.ofKey('GenerateDataKey', via(apply))).toBe(true);
  });
});

describe('StateOptions.workspaces', () => {
  test('StateOptions.workspaces left out: all', async () => {
    for (const key of [KEY, WORKSPACE, `env:/green/${KEY}`]) expect(await granted.grantApply.object('PutObject', key)).toBe(true);
  });

  test('one that is named is the only one', async () => {
    const who = new Granted('grantAdminister', { workspaces: ['blue'] });
    for (const action of ['GetObject', 'PutObject', 'DeleteObject', 'GetObjectVersion']) {
      expect(await who.object(action, WORKSPACE)).toBe(true);
      for (const key of [KEY, `env:/green/${KEY}`, `env:/blue/x/${KEY}`, `env:/blue2/${KEY}`])
        expect(await who.object(action, key)).toBe(false);
    }
    expect(await who.object('PutObject', `env:/green/${KEY}.tflock`)).toBe(false);
  });

  test('the default one has its state at the key, and is never deleted', async () => {
    const who = new Granted('grantAdminister', { workspaces: ['default', 'default'] });
    expect(await who.object('PutObject', KEY)).toBe(true);
    for (const key of [KEY, WORKSPACE]) expect(await who.object('DeleteObject', key)).toBe(false);
    expect(await who.object('GetObject', WORKSPACE)).toBe(false);
  });

  test('all of one state that are some of another are refused, in whichever order these are named', () => {
    const message = "[Stack] state: all workspaces of 'prod' are also some of 'network/prod': name the workspaces of 'prod'";
    const either = (first: string, second: string) => () => {
      const storage = stored();
      storage.state(first);
      storage.state(second);
    };
    expect(refusalOf(either('prod', 'network/prod'))).toBe(message);
    expect(refusalOf(either('network/prod', 'prod'))).toBe(message);
  });

  test('those that are named are not, nor those of another bucket, nor those of another name', () => {
    const storage = stored();
    storage.state('network/prod');
    storage.state('prod', { workspaces: ['default'] });
    storage.state('prod', {}, storage.config.bootstrapBucket);
    storage.state('rod');
    storage.state('network');
    storage.state('network/prod');
  });
});

describe('a table of DynamoDB', () => {
  const of = (level: Level) => new Granted(level, {}, () => ({ locks: StateLocks.dynamoDb() }));
  const who = Object.fromEntries(LEVELS.map((level) => [level, of(level)])) as { [level in Level]: Granted };

  test.each(LEVELS)('%s grants the items of its state, and no lock file', async (level) => {
    const [locks, digests, forgets] = (['grantPlan', 'grantApply', 'grantAdminister'] as const).map((least) => from(least).includes(level));
    for (const item of [KEY, WORKSPACE]) {
      for (const action of ['GetItem', 'PutItem', 'DeleteItem']) expect(await who[level].item(action, item)).toBe(locks);
      expect(await who[level].item('GetItem', `${item}-md5`)).toBe(locks);
      expect(await who[level].item('PutItem', `${item}-md5`)).toBe(digests);
      expect(await who[level].item('DeleteItem', `${item}-md5`)).toBe(item === WORKSPACE && forgets);
    }
    expect(await who[level].object('PutObject', `${KEY}.tflock`)).toBe(false);
  });

  test.each(LEVELS)('%s grants no other item, and nothing else of the table', async (level) => {
    for (const key of OTHERS)
      for (const action of ['GetItem', 'PutItem', 'DeleteItem'])
        for (const item of [key, `${key}-md5`]) expect([item, await who[level].item(action, item)]).toEqual([item, false]);
    for (const action of ['Scan', 'Query', 'DeleteTable', 'UpdateTable']) expect(await who[level].item(action, KEY)).toBe(false);
  });

  test('both: the items and the lock file', async () => {
    const both = new Granted('grantPlan', {}, () => ({ locks: StateLocks.both() }));
    expect(await both.item('PutItem', KEY)).toBe(true);
    expect(await both.object('PutObject', `${KEY}.tflock`)).toBe(true);
  });

  test('its key is granted to who locks, through DynamoDB and for this table', async () => {
    const keyArn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/locks`;
    const given = (stack: Stack) => ({ locks: StateLocks.dynamoDb({ encryptionKey: kms.Key.fromKeyArn(stack, 'LocksKey', keyArn) }) });
    const [read, plan] = [new Granted('grantRead', {}, given), new Granted('grantPlan', {}, given)];
    const { id } = onlyResource(plan.storage.template, 'AWS::DynamoDB::Table');
    const decrypts = (who: Granted, table: string, service = 'dynamodb') =>
      mayUseKey(who.policies(), 'Decrypt', keyArn, {
        'kms:ViaService': `${service}.${REGION}.amazonaws.com`,
        'kms:EncryptionContext:aws:dynamodb:tableName': table,
      });
    expect(await decrypts(plan, id)).toBe(true);
    expect(await decrypts(plan, 'another')).toBe(false);
    expect(await decrypts(plan, id, 's3')).toBe(false);
    expect(await decrypts(read, id)).toBe(false);
  });
});

describe('the statements', () => {
  test.each(LEVELS)('of %s have an id of their own each, and name no action and no resource by a lone *', (level) => {
    const statements = granted[level].statements();
    const sids = statements.map(({ Sid }) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
    for (const { Sid, Action, Resource } of statements) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
      for (const value of [Action, Resource].flat()) expect(value).not.toBe('*');
      for (const action of [Action].flat()) expect(action).not.toContain('*');
    }
  });

  test('what two grants share stands once, so that ids stay unique', () => {
    const storage = stored();
    const role = storage.role('Role');
    for (const level of LEVELS) storage.state('network/prod')[level](role);
    storage.state('network-prod').grantApply(role);
    storage.state('app').grantApply(role);
    storage.state('network/prod', {}, storage.config.bootstrapBucket).grantApply(role);
    // biome-ignore lint/suspicious/noExplicitAny: policies have no types
    const sids = storage.policies(role).flatMap((policy: any) => policy.Statement.map(({ Sid }: { Sid: string }) => Sid));
    expect(new Set(sids).size).toBe(sids.length);
    expect(sids.filter((sid) => /^ListStates/.test(sid))).toHaveLength(2);
    expect(sids.filter((sid) => /^WriteNetworkProd/.test(sid))).toHaveLength(3);
  });
});

describe('a role of another account', () => {
  const storage = stored((stack) => ({
    storage: StateStorage.managed({ encryption: StateEncryption.customerManaged(new kms.Key(stack, 'Key')) }),
    locks: StateLocks.both({
      table: new dynamodb.Table(stack, 'Table', { partitionKey: { name: 'LockID', type: dynamodb.AttributeType.STRING } }),
    }),
  }));
  const principal = 'arn:aws:iam::444455556666:role/atlantis';
  const grant = storage.state('network/prod').grantPlan(iam.Role.fromRoleArn(storage.stack, 'Foreign', principal));
  const policyOf = (type: string, property: string) =>
    deployed(storage.template, onlyResource(storage.template, type).Properties[property]);
  // biome-ignore lint/suspicious/noExplicitAny: policies have no types
  const ofForeign = (policy: any) => policy.Statement.filter(({ Principal }: any) => Principal?.AWS === principal);

  test('the bucket allows it what it was granted', () => {
    expect(grant.success).toBe(true);
    const bucket = storage.bucketArn(storage.config.bucket);
    const objects = [KEY, `env:/*/${KEY}`].map((key) => `${bucket}/${key}`);
    expect(
      ofForeign(storage.bucketPolicy(storage.config.bucket)).map(({ Action, Resource }: { Action: string; Resource: string }) => [
        Action,
        Resource,
      ]),
    ).toEqual([
      ['s3:ListBucket', bucket],
      ['s3:GetObject', objects],
      [['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], objects.map((object) => `${object}.tflock`)],
    ]);
  });

  test('the key allows it through S3 only', () => {
    const statements = ofForeign(policyOf('AWS::KMS::Key', 'KeyPolicy'));
    expect(statements.map(({ Action }: { Action: string }) => Action)).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    for (const { Condition } of statements) expect(Condition).toEqual({ StringLike: { 'kms:ViaService': `s3.${REGION}.amazonaws.com*` } });
  });

  test('the table allows it the items of the state', () => {
    const items = ofForeign(policyOf('AWS::DynamoDB::Table', 'ResourcePolicy').PolicyDocument);
    expect(items).toHaveLength(2);
    for (const { Condition } of items) expect(Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys']).toHaveLength(2);
  });

  test('ids stay unique in these policies', () => {
    // biome-ignore lint/suspicious/noExplicitAny: policies have no types
    const sids = storage.bucketPolicy(storage.config.bucket).Statement.map(({ Sid }: any) => Sid);
    expect(new Set(sids).size).toBe(sids.length);
  });
});

test('who has no policy of an own, such as a service, gets the state by the policies of bucket and key', () => {
  const storage = stored();
  expect(storage.state('app').grantRead(new iam.ServicePrincipal('codebuild.amazonaws.com')).success).toBe(true);
  expect(JSON.stringify(storage.bucketPolicy(storage.config.bucket))).toContain('codebuild.amazonaws.com');
});

describe('the name', () => {
  const LETTERS =
    "[Stack] state: a name must be of letters, digits, '.', '_' and '-', in segments parted by '/' that start with none of '.' and '-', got '";
  const WORKSPACES =
    "[Stack] state: a workspace must be of 1 to 90 letters, digits, '.', '_' and '-', and start with none of '.' and '-', got '";

  test.each([
    '',
    '/',
    '/app',
    'app/',
    'a//b',
    '..',
    'a/../b',
    '.',
    'a/./b',
    '.hidden',
    '-a',
    '*',
    'a*',
    'a?',
    VARIABLE,
    'a b',
    'a"b',
    'a\\b',
    'a\n',
    'é',
    'env:',
    'env:/x',
  ])('%j is refused', (name) => {
    expect(refusalOf(() => stored().state(name))).toBe(`${LETTERS}${name}'`);
  });

  test.each(['a', 'network/prod', 'a.b', 'a-b', '_a', 'a/b/c/d', '0', 'a..b'])('%j is taken', (name) => {
    expect(stored().state(name).key).toBe(`${name}/terraform.tfstate`);
  });

  test.each(['', '*', 'a/b', '..', VARIABLE, 'a b', 'x'.repeat(91)])('the workspace %j is refused', (workspace) => {
    expect(refusalOf(() => stored().state('app', { workspaces: [workspace] }))).toBe(`${WORKSPACES}${workspace}'`);
  });

  test('no workspaces are refused', () => {
    expect(refusalOf(() => stored().state('app', { workspaces: [] }))).toBe(
      '[Stack] state: with no workspaces nobody can use the state: leave them out for all, or name some',
    );
  });

  test('a token is refused, in the name and in a workspace', () => {
    const token = Lazy.string({ produce: () => 'app' });
    expect(refusalOf(() => stored().state(token))).toBe(
      '[Stack] state: the name of a state must be known when the app is synthesized, since policies name its key',
    );
    expect(refusalOf(() => stored().state('app', { workspaces: [token] }))).toBe(
      '[Stack] state: the name of a workspace must be known when the app is synthesized, since policies name its keys',
    );
  });

  test('it leaves room for a workspace in the 1024 characters of a key', () => {
    const most = 1024 - `env:/${'x'.repeat(90)}//terraform.tfstate.tflock`.length;
    expect(stored().state('a'.repeat(most)).key).toHaveLength(most + 18);
    expect(refusalOf(() => stored().state('a'.repeat(most + 1)))).toBe(
      '[Stack] state: the key of its lock file in a workspace must have no more than 1024 characters, got 1025',
    );
    expect(stored().state('a'.repeat(most + 80), { workspaces: ['blue'] }).key).toHaveLength(most + 98);
  });
});

describe('hostile names', () => {
  const seed = Number(process.env.STATE_NAMES_SEED ?? randomBytes(4).readUInt32LE());
  const PIECES = [
    'a',
    'Z',
    '0',
    '.',
    '..',
    '/',
    '-',
    '_',
    '*',
    '?',
    '$',
    '{',
    '}',
    VARIABLE,
    '"',
    '\\',
    '\n',
    '\0',
    ' ',
    ':',
    'env:',
    "'",
    ',',
    '%2e',
    'é',
    '😀',
    '.tflock',
    '-md5',
    '[',
    ']',
  ];

  /** mulberry32: small, and the same everywhere. */
  function numbers(start: number): () => number {
    let state = start;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  test(`are refused, or stay at their place in a policy (STATE_NAMES_SEED=${seed})`, () => {
    const next = numbers(seed);
    const piece = () => (next() < 0.5 ? ['a', 'b/c', 'D-1'][Math.floor(next() * 3)] : PIECES[Math.floor(next() * PIECES.length)]);
    const drawn = (most: number) => Array.from({ length: 1 + Math.floor(next() * most) }, piece).join('');
    const taken: { name: string; workspace: string; role: iam.Role }[] = [];
    const storage = stored(() => ({ locks: StateLocks.both() }));
    for (let i = 0; i < 4000 && taken.length < 60; i++) {
      const [name, workspace] = [drawn(4), drawn(2)];
      let state: TerraformState;
      try {
        state = storage.state(name, { workspaces: [workspace] });
      } catch (error) {
        expect((error as Error).message).toMatch(/\[Stack\] state: /);
        continue;
      }
      const role = storage.role(`Role${i}`);
      state.grantAdminister(role);
      taken.push({ name, workspace, role });
    }
    expect(taken.length).toBeGreaterThan(20);
    for (const { name, workspace, role } of taken) {
      const key = workspace === 'default' ? `${name}/terraform.tfstate` : `env:/${workspace}/${name}/terraform.tfstate`;
      const bucket = storage.bucketArn(storage.config.bucket);
      // biome-ignore lint/suspicious/noExplicitAny: policies have no types
      const statements = storage.policies(role).flatMap((policy: any) => policy.Statement);
      const objects = statements.flatMap(({ Resource }) => Resource).filter((arn: string) => arn.startsWith(`${bucket}/`));
      expect(new Set(objects)).toEqual(new Set([`${bucket}/${key}`, `${bucket}/${key}.tflock`]));
      // nothing in it means more than itself
      expect(`${name}${workspace}`).toMatch(/^[A-Za-z0-9._/-]+$/);
      expect(key.split('/').some((segment, i) => (i > 1 || !key.startsWith('env:')) && /^\.*$/.test(segment))).toBe(false);
      for (const { Sid } of statements) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
    }
  });
});
