import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { manifestIn, manifestText, parseManifest, readManifest } from '../../../src/cli/manifest/manifest';
import { MANIFEST } from '../command';

const directory = fs.mkdtempSync(path.join(tmpdir(), 'manifest-'));
afterAll(() => fs.rmSync(directory, { recursive: true }));

const parse = (change: object) => parseManifest(JSON.stringify({ ...MANIFEST, ...change }), 'it');

describe('a manifest', () => {
  test('is read as it was written', () => {
    expect(parseManifest(manifestText(MANIFEST), 'it')).toEqual(MANIFEST);
  });

  test('of people of Identity Center has no age of a code, which one of users must have', () => {
    const { mfaMaxAge: _, ...people } = MANIFEST.people;
    expect(parse({ people: { ...people, kind: 'identityCenter' } }).people).not.toHaveProperty('mfaMaxAge');
    expect(() => parse({ people })).toThrow('it is damaged at people.mfaMaxAge');
  });

  test.each(['', '{', 'null', '[]', '{"cdkAtlantis": "other"}', '{"version": 1}'])('is not %j', (text) => {
    expect(manifestIn(text)).toBeUndefined();
    expect(() => parseManifest(text, 'it')).toThrow(
      'it is not of a cdk-atlantis bootstrap: an administrator writes it with "bootstrap init".',
    );
  });

  test('of a version to come is refused', () => {
    expect(() => parse({ version: 2 })).toThrow('it is of version 2, and this command knows version 1: use a newer one.');
  });

  test.each([
    [{ role: "arn:aws:iam::123456789012:role/'; rm" }, 'role'],
    [{ account: '1234' }, 'account'],
    [{ account: 123456789012 }, 'account'],
    [{ region: '$(id)' }, 'region'],
    [{ state: { ...MANIFEST.state, bucket: 'a"b' } }, 'state.bucket'],
    [{ state: undefined }, 'state.bucket, state.bootstrapBucket'],
    [{ lock: { kind: 'both' } }, 'lock.table'],
    [{ lock: { kind: 'none' } }, 'lock.kind, lock.table'],
    [{ secrets: { kmsAlias: "a'b", backend: 'SSM' } }, 'secrets.kmsAlias'],
    [{ accountAlias: 'Acme Prod' }, 'accountAlias'],
    [{ people: { ...MANIFEST.people, path: 'terraform' } }, 'people.path'],
    [{ people: { ...MANIFEST.people, mfaMaxAge: '300' } }, 'people.mfaMaxAge'],
  ])('with %j is damaged, and nothing of it reaches a script', (change, where) => {
    expect(() => parse(change)).toThrow(`it is damaged at ${where}: write it again with "bootstrap init".`);
  });

  test('is found in a directory around this one, and missed where there is none', () => {
    const inner = path.join(directory, 'a', 'b');
    fs.mkdirSync(inner, { recursive: true });
    expect(() => readManifest(inner)).toThrow(
      'There is no .cdk-atlantis.json here or above: an administrator writes it with "bootstrap init".',
    );
    fs.writeFileSync(path.join(directory, '.cdk-atlantis.json'), manifestText(MANIFEST));
    expect(readManifest(inner)).toEqual(MANIFEST);
  });
});
