import { Lazy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { StartSecret } from '../../src';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, REGION, secretNamed } from '../synthesized';
import { arnOf, atlantisLevel, refusalOfLevel, secretsOf } from './atlantis-level';

const parameter = (scope: Construct) => {
  const encryptionKey = kms.Key.fromKeyArn(scope, 'Key', `arn:aws:kms:${REGION}:${ACCOUNT}:key/0123`);
  return ssm.StringParameter.fromSecureStringParameterAttributes(scope, 'ApiSecret', { parameterName: '/atlantis/api', encryptionKey });
};

const sourceOf = (make: (scope: Construct) => StartSecret) => secretsOf((scope) => ({ secrets: [make(scope)] })).sources[0];
const refusalOf = (...make: ((scope: Construct) => StartSecret)[]) =>
  refusalOfLevel((scope) => ({ secrets: make.map((one) => one(scope)) }));

describe('StartSecret.secretsManager', () => {
  test('each key has its flag, and the form that the flag takes', () => {
    const flags = { token: 'gitlab-token', id: 'gh-app-id', pem: 'gh-app-key' };
    expect(sourceOf((scope) => StartSecret.secretsManager(secretNamed(scope, 'forge'), flags))).toEqual({
      label: 'Givenforge',
      id: arnOf('forge'),
      region: REGION,
      kind: 'secret',
      keys: [
        { key: 'token', flag: 'gitlab-token', form: 'text' },
        { key: 'id', flag: 'gh-app-id', form: 'number' },
        { key: 'pem', flag: 'gh-app-key', form: 'pem' },
      ],
    });
  });

  test('no key is refused', () => {
    expect(refusalOf((scope) => StartSecret.secretsManager(secretNamed(scope, 'x'), {}))).toBe(
      "atlantis.secrets[0]: got no key of the secret; give its keys and their flags, as in { token: 'gitlab-token' }",
    );
  });

  test.each([
    ['ssl-key-file', 'atlantis.secrets[0]: sets ssl-key-file, which the image itself decides; leave it out'],
    ['gitlab-tokn', 'atlantis.secrets[0]: sets gitlab-tokn, which is no flag of Atlantis 0.47.1; correct its name'],
  ])('the flag %s is refused', (flag, refusal) => {
    expect(refusalOf((scope) => StartSecret.secretsManager(secretNamed(scope, 'x'), { key: flag }))).toBe(refusal);
  });

  test('two sources of one flag are refused', () => {
    expect(
      refusalOf(
        (scope) => StartSecret.secretsManager(secretNamed(scope, 'x'), { a: 'api-secret' }),
        () => StartSecret.command(['/usr/local/bin/it'], { flags: ['api-secret'] }),
      ),
    ).toBe('atlantis.secrets[1]: api-secret is set by atlantis.secrets[0] already; leave one out');
  });
});

describe('StartSecret.parameter', () => {
  const make = (scope: Construct) => StartSecret.parameter(parameter(scope), 'api-secret');

  test('the whole value is for one flag', () => {
    const source = { kind: 'parameter', label: 'ApiSecret', id: '/atlantis/api', region: REGION, flag: 'api-secret', form: 'text' };
    expect(sourceOf(make)).toEqual(source);
  });

  test('the role that runs the image reads and decrypts it, and no other', async () => {
    const { policies } = atlantisLevel((scope) => ({ secrets: [make(scope)] }));
    const allows = (action: string, resource: string, resourcePolicy?: object) =>
      isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/instance`, action, resource, policies, resourcePolicy });
    // a key leaves it to the policies of roles who may use it only where its own policy says so
    const left = { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' };
    const keyPolicy = { Version: '2012-10-17', Statement: [left] };
    const arn = (rest: string) => `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/${rest}`;
    expect(await allows('ssm:GetParameter', arn('atlantis/api'))).toBe(true);
    expect(await allows('kms:Decrypt', `arn:aws:kms:${REGION}:${ACCOUNT}:key/0123`, keyPolicy)).toBe(true);
    expect(await allows('ssm:GetParameter', arn('atlantis/other'))).toBe(false);
    expect(await allows('ssm:PutParameter', arn('atlantis/api'))).toBe(false);
  });
});

describe('StartSecret.command', () => {
  test('the command is run as it is given', () => {
    expect(sourceOf(() => StartSecret.command(['/usr/local/bin/atlantis-from-vault', 'kv/atlantis'], { flags: ['gh-token'] }))).toEqual({
      kind: 'command',
      label: 'atlantis-from-vault',
      command: ['/usr/local/bin/atlantis-from-vault', 'kv/atlantis'],
      flags: ['gh-token'],
    });
  });

  test('StartCommandOptions.flags left out: nothing is required of it', () => {
    expect(sourceOf(() => StartSecret.command(['/bin/it'])).flags).toEqual([]);
  });

  test.each([[['vault', 'kv']], [[]]])('%j is refused', (command) => {
    expect(refusalOf(() => StartSecret.command(command as string[]))).toBe(
      `atlantis.secrets[0]: got the command "${command.join(' ')}"; start it with the absolute path of a program`,
    );
  });

  test('a path that only the deployment knows is taken', () => {
    expect(refusalOf(() => StartSecret.command([Lazy.string({ produce: () => '/bin/it' })]))).toBe('taken');
  });
});

describe('StartSecret.settings', () => {
  test('all keys are flags', () => {
    expect(sourceOf((scope) => StartSecret.settings(secretNamed(scope, 'settings')))).toEqual({
      label: 'Givensettings',
      id: arnOf('settings'),
      region: REGION,
      kind: 'settings',
    });
  });
});
