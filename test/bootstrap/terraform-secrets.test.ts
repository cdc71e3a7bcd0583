import * as kms from 'aws-cdk-lib/aws-kms';
import { type ChamberProps, TerraformSecrets } from '../../src';
import { ACCOUNT, onlyResource, resourcesOf } from '../synthesized';
import { HOME, MachineStack, messageOf, type Place } from './machines';

function bound(props?: ChamberProps, place: Place = HOME, prefix?: string) {
  const given = new MachineStack(place, prefix);
  const config = TerraformSecrets.chamber(props)._bind(given.stack, given);
  given.problems.throwIfAny();
  if (!config) throw new Error('nothing was made');
  return { given, config };
}

const refusal = (props: ChamberProps) => messageOf(() => bound(props));

test('ChamberProps.key left out: a key is made, with rotation, that outlives the stack', () => {
  const { given, config } = bound();
  const key = onlyResource(given.template, 'AWS::KMS::Key');
  expect(key.Properties.EnableKeyRotation).toBe(true);
  expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  expect(given.deployed(given.stack.resolve(config.protectedKeys))).toEqual([`arn:aws:kms:eu-central-1:${ACCOUNT}:key/${key.id}`]);
});

test('ChamberProps.alias left out: the key has the alias of the prefix', () => {
  const { given, config } = bound(undefined, HOME, 'acme');
  expect(onlyResource(given.template, 'AWS::KMS::Alias').Properties.AliasName).toBe('alias/acme-parameter-store');
  expect(config.alias).toBe('acme-parameter-store');
  expect(given.deployed(given.stack.resolve(config.protectedAliases))).toEqual([
    `arn:aws:kms:eu-central-1:${ACCOUNT}:alias/acme-parameter-store`,
  ]);
});

test('a key that is given gets the alias, and is protected as one that is made', () => {
  const given = new MachineStack();
  const key = new kms.Key(given.stack, 'Given');
  const config = TerraformSecrets.chamber({ key, alias: 'secrets/terraform' })._bind(given.stack, given);
  const alias = onlyResource(given.template, 'AWS::KMS::Alias').Properties;
  expect(alias.AliasName).toBe('alias/secrets/terraform');
  expect(alias.TargetKeyId).toEqual(given.stack.resolve(key.keyArn));
  expect(Object.keys(resourcesOf(given.template, 'AWS::KMS::Key'))).toHaveLength(1);
  expect(config?.protectedKeys).toEqual([key.keyArn]);
});

test('chamber is told the alias, the backend and the region, and no secret', () => {
  const { config } = bound({ alias: 'secrets' });
  expect(config.store.environment).toEqual({
    CHAMBER_KMS_KEY_ALIAS: 'secrets',
    CHAMBER_SECRET_BACKEND: 'SSM',
    CHAMBER_AWS_REGION: 'eu-central-1',
  });
});

test('without secrets nothing is made', () => {
  const given = new MachineStack();
  expect(TerraformSecrets.none()._bind(given.stack, given)).toBeUndefined();
  expect(given.template.toJSON().Resources).toBeUndefined();
});

test.each([
  ['alias/secrets', 'secrets.alias: got "alias/secrets"; give it without alias/, as chamber wants it'],
  ['aws/ssm', 'secrets.alias: got "aws/ssm"; give letters, digits, dashes, underscores and slashes, not starting with aws/'],
  ['a*', 'give letters, digits, dashes, underscores and slashes, not starting with aws/'],
  ['', 'give letters, digits, dashes, underscores and slashes, not starting with aws/'],
])('the alias %j is refused', (alias, message) => {
  expect(refusal({ alias })).toContain(message);
});
