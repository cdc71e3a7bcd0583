import {
  CreateRoleCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  ListUserTagsCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DeleteBucketTaggingCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
} from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { LocalCloud } from '../../integ/local/local-cloud';
import { ALL, isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, boundaryOf, deploy, deployBootstrap, type Made, Person, run } from './bootstraps';
import { type Attempt, ESCAPES, SIMULATED_ESCAPES, SIMULATED_WORK, WORK } from './escapes';
import { as, aws, Device, type Keys, ROOT, refusal } from './people';

const MAX_AGE = 60;
const MARTIN = 'martin.rosselle.terraform';
const ANNA = 'anna.terraform';

let cloud: LocalCloud;
let made: Made;
let boundary: object;
let martin: Person;
let anna: Person;
let administrator: Person;
/** Sessions of the terraform role, the first of each. */
let martins: Keys;
let annas: Keys;
/** A session of a user with MFA, that grows old meanwhile, and when it was begun. */
let old: { person: Person; session: Keys; since: number };

const machineOf = (name: string) => `${made.manifest.revocation.stateMachine}${name}`;
const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const works = (keys: Keys) => refusal(as(cloud, keys).s3.send(new ListBucketsCommand()));

async function firstSession(name: string): Promise<{ person: Person; keys: Keys }> {
  const { person, session } = await (await Person.of(cloud, name, true)).ready();
  return { person, keys: await as(cloud, session).assume(made.manifest.role, name) };
}

beforeAll(async () => {
  ({ cloud, made } = await deployBootstrap());
  administrator = await Person.administrator(cloud);
  boundary = await boundaryOf(cloud, made);
  old = { ...(await (await Person.of(cloud, 'old.terraform')).ready()), since: Date.now() };
  ({ person: martin, keys: martins } = await firstSession(MARTIN));
  ({ person: anna, keys: annas } = await firstSession(ANNA));
  // who is there before Terraform
  const { iam } = as(cloud, ROOT);
  const trust = { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  for (const RoleName of ['existing', 'legacy-ci']) await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  await iam.send(new CreateRoleCommand({ RoleName: 'bounded', AssumeRolePolicyDocument, PermissionsBoundary: made.manifest.boundary }));
});

afterAll(() => cloud?.stop());

describe('a person', () => {
  const role = () => made.manifest.role;

  test('becomes Terraform with a code, once, and not with a wrong one', async () => {
    const { person } = await (await Person.of(cloud, 'codes.terraform')).ready();
    const { calls } = person;
    const mfa = await person.mfa();
    const wrong = { ...mfa, TokenCode: mfa.TokenCode === '000000' ? '111111' : '000000' };
    expect(await refusal(calls.assume(role(), person.name, wrong))).toBe('AccessDenied');
    expect(await works(await calls.assume(role(), person.name, mfa))).toBeUndefined();
    expect(await refusal(calls.assume(role(), person.name, mfa))).toBe('AccessDenied');
  });

  test('does nothing without MFA, neither by a key nor by a session', async () => {
    const { person, session } = await (await Person.of(cloud, 'without.terraform')).ready();
    expect(await refusal(person.calls.assume(role(), person.name))).toBe('AccessDenied');
    expect(await refusal(as(cloud, await person.calls.session()).assume(role(), person.name))).toBe('AccessDenied');
    expect(await works(person.keys)).toBe('AccessDenied');
    expect(await refusal(as(cloud, session).assume(role(), person.name))).toBeUndefined();
  });

  test('becomes Terraform once sealed, and is sealed with MFA, by nobody else and with nothing else', async () => {
    const person = await (await Person.of(cloud, 'unsealed.terraform')).enrolled();
    const session = await person.session();
    expect(await refusal(as(cloud, session).assume(role(), person.name))).toBe('AccessDenied');
    expect(await refusal(person.seal(person.keys))).toBe('AccessDenied');
    expect(await refusal(person.seal(session, 'broken'))).toBe('AccessDenied');
    expect(await refusal(person.seal(session, 'sealed', ANNA))).toBe('AccessDenied');
    expect(await refusal(person.seal(session))).toBeUndefined();
    expect(await refusal(as(cloud, session).assume(role(), person.name))).toBeUndefined();
  });

  test('enrols a first device without MFA, and a second one with it alone', async () => {
    const { person, session } = await (await Person.of(cloud, 'second.terraform')).ready();
    const { VirtualMFADevice } = await as(cloud, ROOT).iam.send(
      new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'another-phone' }),
    );
    const second = new Device(VirtualMFADevice?.SerialNumber ?? '', Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString());
    const enable = (keys: Keys) =>
      as(cloud, keys).iam.send(new EnableMFADeviceCommand({ UserName: person.name, SerialNumber: second.serial, ...second.pair() }));
    expect(await refusal(enable(person.keys))).toBe('AccessDenied');
    expect(await refusal(enable(session))).toBeUndefined();
    const mine = { SerialNumber: second.serial, TokenCode: await second.code() };
    expect(await refusal(person.calls.assume(role(), person.name, mine))).toBeUndefined();
  });

  test('makes no device of another’s name, and shows none of another', async () => {
    const { person } = await (await Person.of(cloud, 'devices.terraform')).ready();
    const stranger = await Person.of(cloud, 'stranger.terraform');
    expect(await refusal(stranger.newDevice('devices.terraform'))).toBe('AccessDenied');
    expect(await refusal(stranger.calls.assume(role(), stranger.name, await person.mfa()))).toBe('AccessDenied');
    expect(await refusal(stranger.newDevice())).toBeUndefined();
  });

  test('has sessions of their own name alone', async () => {
    const { person, session } = await (await Person.of(cloud, 'named.terraform')).ready();
    const { assume } = as(cloud, session);
    expect(await refusal(assume(role(), ANNA))).toBe('AccessDenied');
    const keys = await assume(role(), person.name);
    const { Arn } = await as(cloud, keys).sts.send(new GetCallerIdentityCommand());
    expect(Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/terraform/${person.name}`);
  });
});

/** The name of the error, where the policy of the caller denies it, and not that of what is called. */
async function deniedByBoundary(attempt: Attempt, keys: Keys): Promise<string | undefined> {
  const calls = { ...as(cloud, keys), aws: (...args: string[]) => aws(cloud, keys, ...args) };
  try {
    await attempt.call(calls, made);
  } catch (problem) {
    return (problem as Error).message.replace(/\s+/g, ' ');
  }
  return undefined;
}

const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
};

const simulated = ({ action, resource, context = {} }: Omit<Attempt, 'call'>) => {
  const request = { principal: made.manifest.role, action, resource: resource(made), context };
  const resourcePolicy = action.startsWith('kms:') ? KEY_POLICY : undefined;
  return isAllowed({ ...request, policies: [ALL], boundary, resourcePolicy }, ACCOUNT);
};

const named = <T extends { action: string; of: string }>(rows: readonly T[]) =>
  rows.map((row) => ({ row, name: `${row.action} of ${row.of}` }));

describe('a session of the terraform role, in the emulated AWS as by the simulator,', () => {
  // told, and not dropped
  afterAll(() => {
    const told = [...SIMULATED_ESCAPES, ...SIMULATED_WORK].map(({ action, of, why }) => `${action} of ${of}, since ${why}`);
    console.warn(['simulated only:', ...told].join('\n'));
  });

  test('has at least 40 ways out to try', () => expect(ESCAPES.length).toBeGreaterThanOrEqual(40));

  test.each(named(WORK))('may $name', async ({ row }) => {
    expect(await deniedByBoundary(row, martins)).toBeUndefined();
    expect(await simulated(row)).toBe(true);
  });

  test.each(named(ESCAPES))('is refused $name', async ({ row }) => {
    const message = await deniedByBoundary(row, martins);
    expect(message).toContain(`not authorized to perform: ${row.action}`);
    expect(message).toContain('with an explicit deny in an identity-based policy');
    expect(await simulated(row)).toBe(false);
  });

  test.each(named(SIMULATED_ESCAPES))('is refused $name, simulated only', async ({ row }) => {
    expect(await simulated(row)).toBe(false);
  });

  test.each(named(SIMULATED_WORK))('may $name, simulated only', async ({ row }) => {
    expect(await simulated(row)).toBe(true);
  });
});

test('a role that Terraform makes is as bound as it, also under the name that CloudFormation’s sessions have', async () => {
  const { iam } = as(cloud, martins);
  const { boundary: PermissionsBoundary, role } = made.manifest;
  const RoleName = 'climber';
  const trust = { Effect: 'Allow', Principal: { AWS: role }, Action: 'sts:AssumeRole' };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument, PermissionsBoundary }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument: JSON.stringify(ALL) }));
  const climber = await as(cloud, martins).assume(Role?.Arn ?? '', 'AWSCloudFormation');
  expect(await works(climber)).toBeUndefined();
  const bucket = (action: string) => ESCAPES.filter((way) => way.action === action && way.of === 'the states');
  const ways = [...bucket('s3:PutBucketPolicy'), ...bucket('s3:PutLifecycleConfiguration'), ...ESCAPES.slice(0, 2)];
  expect(ways).toHaveLength(4);
  for (const way of ways) expect(await deniedByBoundary(way, climber)).toContain('with an explicit deny in an identity-based policy');
});

describe('who ends a session', () => {
  test('is not a colleague', async () => {
    const start = (keys: Keys) => as(cloud, keys).sfn.send(new StartExecutionCommand({ stateMachineArn: machineOf(MARTIN) }));
    expect(await refusal(start(anna.keys))).toBe('AccessDeniedException');
    expect(await refusal(start(annas))).toBe('AccessDeniedException');
    expect(await works(martins)).toBeUndefined();
  });

  test('is its owner, at once, without MFA, and only what was begun before ends', async () => {
    expect(await works(martins)).toBeUndefined();
    expect(await run(cloud, martin.keys, machineOf(MARTIN))).toBe('SUCCEEDED');
    expect(await works(martins)).toBe('AccessDenied');
    expect(await works(annas)).toBeUndefined();
    // the time of a session has whole seconds, so one of the same second would count as begun before
    await seconds(1.1);
    expect(await works(await martin.calls.assume(made.manifest.role, MARTIN, await martin.mfa()))).toBeUndefined();
    expect(await works(martins)).toBe('AccessDenied');
  });
});

describe('a redeploy', () => {
  const policyOf = async (keys: Keys) => (await as(cloud, keys).s3.send(new GetBucketPolicyCommand({ Bucket: made.bucket }))).Policy ?? '';
  const put = async (keys: Keys) =>
    as(cloud, keys).s3.send(new PutBucketPolicyCommand({ Bucket: made.bucket, Policy: await policyOf(ROOT) }));
  beforeAll(async () => {
    await run(cloud, martin.keys, machineOf(MARTIN));
    await deploy(cloud, true);
  });

  test('changes the policy, the lifecycle and the tags of a bucket that refuses both to administrators', async () => {
    const { s3 } = as(cloud, ROOT);
    const { Rules } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: made.bucket }));
    expect(Rules?.map(({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration?.NoncurrentDays)).toContain(400);
    const { TagSet } = await s3.send(new GetBucketTaggingCommand({ Bucket: made.bucket }));
    expect(TagSet).toContainEqual({ Key: 'deployed', Value: 'again' });
    expect(await policyOf(ROOT)).toContain('"Again"');
  });

  test('leaves to break-glass what administrators are refused', async () => {
    const emergency = await Person.emergency(cloud, made.manifest.breakGlassRole ?? '');
    expect(await refusal(put(administrator.keys))).toBe('AccessDenied');
    expect(await refusal(emergency.calls.assume(made.manifest.breakGlassRole ?? '', emergency.name))).toBe('AccessDenied');
    const broken = await emergency.calls.assume(made.manifest.breakGlassRole ?? '', emergency.name, await emergency.mfa());
    expect(await refusal(put(broken))).toBeUndefined();
    expect(await refusal(as(cloud, broken).s3.send(new DeleteBucketTaggingCommand({ Bucket: made.bucket })))).toBeUndefined();
  });

  test('does not bring an ended session back, nor end another, nor break a seal', async () => {
    expect(await works(martins)).toBe('AccessDenied');
    expect(await works(annas)).toBeUndefined();
    const { Tags } = await as(cloud, ROOT).iam.send(new ListUserTagsCommand({ UserName: MARTIN }));
    expect(Tags).toContainEqual({ Key: 'terraform-mfa', Value: 'sealed' });
  });

  test('lets an administrator end anyone’s sessions, those of who came with it too', async () => {
    const { keys } = await firstSession('new.terraform');
    for (const name of [ANNA, 'new.terraform']) expect(await run(cloud, administrator.keys, machineOf(name))).toBe('SUCCEEDED');
    for (const ended of [annas, keys]) expect(await works(ended)).toBe('AccessDenied');
  });
});

test('a code that was given too long ago makes no session of the terraform role', async () => {
  const assume = () => as(cloud, old.session).assume(made.manifest.role, old.person.name);
  await seconds(Math.max(0, MAX_AGE + 2 - (Date.now() - old.since) / 1000));
  expect(await refusal(assume())).toBe('AccessDenied');
  const fresh = await old.person.session();
  expect(await refusal(as(cloud, fresh).assume(made.manifest.role, old.person.name))).toBeUndefined();
});
