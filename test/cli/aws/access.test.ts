import { type Caller, callerOf, checkAccount, checkHasUsers, personOf } from '../../../src/cli/aws/access';
import { servicePath } from '../../../src/cli/aws/secrets';
import type { Manifest } from '../../../src/cli/manifest/manifest';
import { MANIFEST } from '../command';

const manifest: Manifest = MANIFEST;
const caller = (arn: string): Caller => ({
  ...callerOf('123456789012', arn),
  credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
});

describe('the caller', () => {
  test.each([
    ['arn:aws:iam::123456789012:user/terraform/eve', { user: 'eve', path: '/terraform/' }],
    ['arn:aws-cn:iam::123456789012:user/eve', { user: 'eve', path: '/' }],
    ['arn:aws:sts::123456789012:assumed-role/terraform/eve', { role: 'terraform', session: 'eve' }],
    ['arn:aws:iam::123456789012:root', {}],
  ])('%s is known by its ARN', (arn, expected) => {
    expect(callerOf('123456789012', arn)).toEqual({ account: '123456789012', arn, ...expected });
  });

  test('of another account is refused', () => {
    const other = { account: '210987654321', arn: 'arn:aws:iam::210987654321:user/eve' };
    expect(() => checkAccount(manifest, other)).toThrow(
      'This is the wrong account: arn:aws:iam::210987654321:user/eve is of 210987654321, and the bootstrap is of 123456789012.',
    );
  });

  test('is a person only with their own keys, under the path of the bootstrap', () => {
    expect(personOf(manifest, caller('arn:aws:iam::123456789012:user/terraform/eve'))).toBe('eve');
    expect(() => personOf(manifest, caller('arn:aws:iam::123456789012:user/eve'))).toThrow(
      'arn:aws:iam::123456789012:user/eve is not one of the users under /terraform/: name your profile with --profile.',
    );
    expect(() => personOf(manifest, caller('arn:aws:sts::123456789012:assumed-role/terraform/eve'))).toThrow(
      'This is a session of the terraform role: deactivate it, or name your own profile with --profile.',
    );
    expect(() => checkHasUsers(manifest)).not.toThrow();
    const centre: Manifest = { ...MANIFEST, people: { ...MANIFEST.people, kind: 'identityCenter' } };
    expect(() => personOf(centre, caller('arn:aws:iam::123456789012:user/terraform/eve'))).toThrow(
      'The people of this bootstrap come from IAM Identity Center: they have no keys and no device here.',
    );
  });
});

test.each(['', '/a', 'a//b', 'a b', 'aws', 'ssm/a', "a'"])('a service is not named %j', (name) => {
  expect(() => servicePath(name)).toThrow('A service is named like network/prod: got ');
});
