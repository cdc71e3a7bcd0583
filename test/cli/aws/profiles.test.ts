import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { checkProfileName, hasProfile, profileWith, writeKeys, writeRegion } from '../../../src/cli/aws/profiles';

const KEYS = { accessKeyId: 'AKIANEW', secretAccessKey: 'new' };
let directory: string;
let credentials: string;
let config: string;
const before = { ...process.env };

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'profiles-'));
  [credentials, config] = ['credentials', 'config'].map((name) => path.join(directory, 'aws', name));
  Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config });
});

afterEach(() => {
  process.env = { ...before };
  fs.rmSync(directory, { recursive: true });
});

const write = (text: string) => {
  fs.mkdirSync(path.dirname(credentials), { recursive: true });
  fs.writeFileSync(credentials, text);
};

describe('the keys of a profile', () => {
  test('are written to a new file that only its owner reads', () => {
    writeKeys('mine', KEYS);
    expect(fs.readFileSync(credentials, 'utf8')).toBe('[mine]\naws_access_key_id = AKIANEW\naws_secret_access_key = new\n');
    expect(fs.statSync(credentials).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(path.dirname(credentials))).toEqual(['credentials']);
  });

  test('replace the old ones and leave everything else', () => {
    write(
      '# mine\n[default]\naws_access_key_id=A\n\n[mine]\naws_access_key_id = OLD\nrole = x\naws_secret_access_key = old\naws_session_token = t\n\n[z]\na = b\n',
    );
    writeKeys('mine', KEYS);
    expect(fs.readFileSync(credentials, 'utf8')).toBe(
      '# mine\n[default]\naws_access_key_id=A\n\n[mine]\naws_access_key_id = AKIANEW\naws_secret_access_key = new\nrole = x\n\n[z]\na = b\n',
    );
  });

  test('go to the file that a link leads to', () => {
    const real = path.join(directory, 'dotfile');
    fs.writeFileSync(real, '');
    fs.mkdirSync(path.dirname(credentials));
    fs.symlinkSync(real, credentials);
    writeKeys('mine', KEYS);
    expect([fs.lstatSync(credentials).isSymbolicLink(), fs.readFileSync(real, 'utf8')]).toEqual([true, expect.stringContaining('[mine]')]);
  });

  test('tell the profile', () => {
    write('[a]\naws_access_key_id = A\n[b]\naws_access_key_id = B\n');
    expect([profileWith('B', undefined), profileWith('B', 'a'), profileWith('C', undefined)]).toEqual(['b', undefined, undefined]);
    expect([hasProfile('a'), hasProfile('c')]).toEqual([true, false]);
  });

  test.each(['[profile mine]', '[profile  "mine"]', '  [ mine ]'])(
    'are not the only profile of a name: there is %s in the configuration',
    (header) => {
      write('[other]\n');
      fs.writeFileSync(config, `[profile mine2]\n[sso-session theirs]\n${header}\nsso_session = theirs\n`);
      expect([hasProfile('mine'), hasProfile('min'), hasProfile('theirs')]).toEqual([true, false, false]);
    },
  );

  test('are under a name that is one', () => {
    expect(() => checkProfileName('a]\nb')).toThrow('A profile is named like a user: got "a]\\nb".');
  });
});

test('a region is given to a profile that has none', () => {
  writeRegion('mine', 'eu-west-1');
  writeRegion('mine', 'us-east-1');
  writeRegion('default', 'us-east-1');
  expect(fs.readFileSync(config, 'utf8')).toBe('[profile mine]\nregion = eu-west-1\n\n[default]\nregion = us-east-1\n');
});
