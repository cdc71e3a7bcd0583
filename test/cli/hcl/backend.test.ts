import { spawnSync } from 'node:child_process';
import { backendText, quote, stateKey } from '../../../src/cli/hcl/backend';
import type { Manifest } from '../../../src/cli/manifest/manifest';
import { MANIFEST } from '../command';

const manifest: Manifest = MANIFEST;
const both: Manifest = { ...MANIFEST, lock: { kind: 'both', table: 'locks' } };
const table: Manifest = { ...MANIFEST, lock: { kind: 'dynamodb', table: 'locks' } };
const withoutKey: Manifest = { ...MANIFEST, state: { bucket: 'acme-states', bootstrapBucket: 'acme-bootstrap-states' } };

const settings = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/^ {4}(\w+) *= (.*)$/gm)].map(([, name, value]) => [name, value]));
const of = (chosen: Manifest, options = {}) => settings(backendText(chosen, { name: 'network/prod', ...options }));

describe('backend.tf', () => {
  test('names the state, its key and the lock', () => {
    expect(of(manifest)).toEqual({
      bucket: '"acme-states"',
      key: '"network/prod/terraform.tfstate"',
      region: '"eu-west-1"',
      encrypt: 'true',
      kms_key_id: `"${MANIFEST.state.kmsKeyArn}"`,
      use_lockfile: 'true',
    });
  });

  test('has encrypt and kms_key_id together, or neither', () => {
    expect([of(withoutKey).encrypt, of(withoutKey).kms_key_id]).toEqual([undefined, undefined]);
  });

  test('of the bootstrap is in its own bucket', () => {
    expect(of(manifest, { bootstrap: true }).bucket).toBe('"acme-bootstrap-states"');
  });

  test('locks as the bootstrap does', () => {
    const locks = [manifest, both, table].map((chosen) => [of(chosen).use_lockfile, of(chosen).dynamodb_table]);
    expect(locks).toEqual([
      ['true', undefined],
      ['true', '"locks"'],
      [undefined, '"locks"'],
    ]);
  });

  test('locks as the version of the tool can', () => {
    expect(of(both, { toolVersion: '1.9.8' }).use_lockfile).toBeUndefined();
    expect(of(both, { toolVersion: 'v1.10.0' }).use_lockfile).toBe('true');
    expect(() => of(manifest, { toolVersion: '1.5.7' })).toThrow(
      'Version 1.5.7 locks with a DynamoDB table, and this bootstrap has none: use 1.10 or newer.',
    );
    expect(() => of(manifest, { toolVersion: 'new' })).toThrow('A version is written like 1.11.4: got "new".');
  });

  test('has a role as an attribute, or a profile', () => {
    const role = 'arn:aws:iam::123456789012:role/ci';
    expect(backendText(manifest, { name: 'a', role })).toContain(`\n\n    assume_role = {\n      role_arn = "${role}"\n    }\n  }\n`);
    expect(of(manifest, { profile: 'mine' }).profile).toBe('"mine"');
    expect(() => of(manifest, { role, profile: 'mine' })).toThrow('The backend has a role or a profile, not both.');
    expect(() => of(manifest, { role: 'ci' })).toThrow('A role is named by its ARN: got "ci".');
  });

  test.each([
    ['a lockfile', manifest, {}],
    ['a table', table, {}],
    ['both', both, {}],
    ['no key', withoutKey, {}],
    ['a role', manifest, { role: 'arn:aws:iam::123456789012:role/ci' }],
    ['a profile', both, { profile: 'mine' }],
  ])('with %s is as terraform fmt writes it, where that is on the PATH', (_, chosen, options) => {
    const text = backendText(chosen, { name: 'network/prod', ...options });
    const formatted = spawnSync('terraform', ['fmt', '-'], { input: text, encoding: 'utf8' });
    if (formatted.error) process.stderr.write('terraform is not on the PATH: not run\n');
    else expect(formatted.stdout).toBe(text);
  });
});

describe('the key of a state', () => {
  test('has its workspace in front', () => {
    expect([stateKey('a'), stateKey('a', 'default'), stateKey('a/b', 'blue')]).toEqual([
      'a/terraform.tfstate',
      'a/terraform.tfstate',
      'env:/blue/a/b/terraform.tfstate',
    ]);
  });

  test.each(['', '/a', 'a/', 'a//b', '../a', 'a/../b', '.a', 'a b', 'a*', 'a"b', `${'$'}{a}`, 'a\nb', 'é', 'a'.repeat(501)])(
    'is not made of %j',
    (name) => {
      expect(() => stateKey(name)).toThrow('A state is named like network/prod, with letters, digits, dots, dashes and underscores: got ');
    },
  );

  test('is not made of a workspace that would lead elsewhere', () => {
    expect(() => stateKey('a', '../b')).toThrow('A workspace is named with letters, digits, dots, dashes and underscores: got "../b".');
  });
});

test('a string of HCL begins no template and ends where it ends', () => {
  expect(quote(`a"b\\c\n${'$'}{d}%{e}`)).toBe(`"a\\"b\\\\c\\n$${'$'}{d}%%{e}"`);
});
