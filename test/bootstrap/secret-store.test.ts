import * as iam from 'aws-cdk-lib/aws-iam';
import { TerraformSecrets } from '../../src';
import { ACCOUNT, onlyResource } from '../synthesized';
import { HOME, MachineStack, messageOf, PARTITIONS, type Place, usesKey } from './machines';
import { isAllowed } from './simulated';

function granted(grant: 'grantRead' | 'grantWrite', services: string[], place: Place = HOME) {
  const given = new MachineStack(place);
  const store = TerraformSecrets.chamber()._bind(given.stack, given)?.store;
  const role = given.roleNamed('machine');
  for (const service of services) store?.[grant](role, service);
  const { partition, region } = place;
  return {
    given,
    policies: given.policiesOf(role),
    key: `arn:${partition}:kms:${region}:${ACCOUNT}:key/${onlyResource(given.template, 'AWS::KMS::Key').id}`,
    parameter: (name: string) => `arn:${partition}:ssm:${region}:${ACCOUNT}:parameter/${name}`,
    principal: `arn:${partition}:iam::${ACCOUNT}:role/machine`,
    region,
  };
}

type Granted = ReturnType<typeof granted>;

const may = ({ policies, principal, parameter }: Granted, action: string, name: string) =>
  isAllowed({ policies, principal, action: `ssm:${action}`, resource: parameter(name) });

const mayUseKey = ({ policies, key, parameter, region }: Granted, action: string, name: string, via = `ssm.${region}.amazonaws.com`) =>
  usesKey(policies, {
    action: `kms:${action}`,
    key,
    context: { 'kms:ViaService': via, 'kms:EncryptionContext:PARAMETER_ARN': parameter(name) },
  });

describe('who may read the secrets of network', () => {
  const reader = granted('grantRead', ['network']);

  test.each([
    ['GetParametersByPath', 'network'],
    ['GetParametersByPath', 'network/prod'],
    ['GetParameters', 'network/password'],
    ['GetParameter', 'network/password'],
  ])('may %s on /%s', async (action, name) => {
    expect(await may(reader, action, name)).toBe(true);
  });

  test.each([
    ['GetParametersByPath', 'database'],
    ['GetParameters', 'database/password'],
    ['GetParameters', 'network2/password'],
    ['GetParameters', 'a/network/password'],
    ['GetParameters', '_chamber/store-config'],
    ['PutParameter', 'network/password'],
    ['DeleteParameter', 'network/password'],
    ['AddTagsToResource', 'network/password'],
  ])('is refused %s on /%s', async (action, name) => {
    expect(await may(reader, action, name)).toBe(false);
  });

  test('may decrypt its own through Parameter Store, and nothing else', async () => {
    expect(mayUseKey(reader, 'Decrypt', 'network/password')).toBe(true);
    expect(mayUseKey(reader, 'Decrypt', 'database/password')).toBe(false);
    expect(mayUseKey(reader, 'Decrypt', 'network/password', 's3.eu-central-1.amazonaws.com')).toBe(false);
    expect(mayUseKey(reader, 'Decrypt', 'network/password', 'ssm.us-east-1.amazonaws.com')).toBe(false);
    for (const action of ['Encrypt', 'GenerateDataKey']) expect(mayUseKey(reader, action, 'network/password')).toBe(false);
  });
});

describe('who may write the secrets of network', () => {
  const writer = granted('grantWrite', ['network']);

  test.each([
    'PutParameter',
    'DeleteParameter',
    'AddTagsToResource',
    'RemoveTagsFromResource',
    'ListTagsForResource',
    'GetParameters',
    'GetParameter',
    'GetParametersByPath',
    'GetParameterHistory',
  ])('may %s on its own, and not on others', async (action) => {
    expect(await may(writer, action, 'network/password')).toBe(true);
    expect(await may(writer, action, 'database/password')).toBe(false);
    expect(await may(writer, action, 'network2/password')).toBe(false);
  });

  test('may read the settings that chamber reads before it writes, and not write them', async () => {
    expect(await may(writer, 'GetParameters', '_chamber/store-config')).toBe(true);
    expect(await may(writer, 'PutParameter', '_chamber/store-config')).toBe(false);
    expect(mayUseKey(writer, 'Decrypt', '_chamber/store-config')).toBe(true);
    expect(mayUseKey(writer, 'Encrypt', '_chamber/store-config')).toBe(false);
  });

  test('may list the names of parameters, since AWS has no permission for some', async () => {
    expect(await isAllowed({ ...writer, action: 'ssm:DescribeParameters', resource: '*' })).toBe(true);
  });

  test.each(['Encrypt', 'Decrypt', 'GenerateDataKey'])('may %s its own through Parameter Store, and nothing else', async (action) => {
    expect(mayUseKey(writer, action, 'network/password')).toBe(true);
    expect(mayUseKey(writer, action, 'database/password')).toBe(false);
    expect(mayUseKey(writer, action, 'network/password', 's3.eu-central-1.amazonaws.com')).toBe(false);
  });

  test.each(['ScheduleKeyDeletion', 'PutKeyPolicy', 'CreateGrant'])('is refused %s of the key', async (action) => {
    expect(mayUseKey(writer, action, 'network/password')).toBe(false);
  });
});

describe('in every partition', () => {
  test.each(PARTITIONS)('$partition: the grants name its parameters and its Parameter Store', async (place) => {
    const reader = granted('grantRead', ['network'], place);
    expect(mayUseKey(reader, 'Decrypt', 'network/password', `ssm.${place.region}.${place.suffix}`)).toBe(true);
    expect(mayUseKey(reader, 'Decrypt', 'database/password', `ssm.${place.region}.${place.suffix}`)).toBe(false);
    expect(await may(reader, 'GetParametersByPath', 'network')).toBe(true);
  });
});

test('several services of one grantee stand beside each other, with ids of their own', async () => {
  const reader = granted('grantRead', ['network', 'net-work', 'net/work', 'net.work', 'net_work', 'netZwork', 'netZ2fwork']);
  const ids = (reader.policies as { Statement: { Sid: string }[] }[]).flatMap(({ Statement }) => Statement.map(({ Sid }) => Sid));
  expect(new Set(ids).size).toBe(14);
  expect(ids.every((id) => /^[A-Za-z0-9]+$/.test(id))).toBe(true);
  expect(await may(reader, 'GetParameters', 'net-work/a')).toBe(true);
  expect(await may(reader, 'GetParameters', 'other/a')).toBe(false);
});

test.each(['grantRead', 'grantWrite'] as const)('%s gives the grant, which says whether it was made', (grant) => {
  const given = new MachineStack();
  const store = TerraformSecrets.chamber()._bind(given.stack, given)?.store;
  const made = store?.[grant](given.roleNamed('machine'), 'network');
  expect(made?.success).toBe(true);
  expect(made?.principalStatements.map(({ sid }) => sid)).toContain(
    grant === 'grantRead' ? 'ReadSecretsOfnetwork' : 'WriteSecretsOfnetwork',
  );
  const service = store?.[grant](new iam.ServicePrincipal('ec2.amazonaws.com'), 'network');
  expect(service?.success).toBe(false);
});

const WRONG = '"; give letters, digits, dots, dashes and underscores, with slashes between them';

test.each([
  ['*', WRONG],
  ['net*', WRONG],
  ['?', WRONG],
  ['', WRONG],
  ['/network', WRONG],
  ['network/', WRONG],
  ['network//prod', WRONG],
  ['../network', WRONG],
  ['network/../database', WRONG],
  ['_chamber', WRONG],
  ['$' + '{aws:username}', WRONG],
  ['a b', WRONG],
  ['a"b', WRONG],
  ["a'b", WRONG],
  ['a\nb', WRONG],
  ['é', WRONG],
  ['aws', '"; Parameter Store refuses names that start with aws or ssm'],
  ['SSMthing', '"; Parameter Store refuses names that start with aws or ssm'],
])('the service %j is refused, to read and to write', (service, message) => {
  for (const grant of ['grantRead', 'grantWrite'] as const) {
    expect(messageOf(() => granted(grant, [service]))).toContain(`service: got "${service}"; `);
    expect(messageOf(() => granted(grant, [service]))).toContain(message);
  }
});

test('a service that is known only at deployment is refused', () => {
  const { stack } = new MachineStack();
  expect(messageOf(() => granted('grantRead', [stack.stackId]))).toContain(
    'service: is known only at deployment, so nobody could check what it opens; give it as a text',
  );
});
