import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { baselineOf } from '../../tools/api-baseline';

const ROOT = path.resolve(__dirname, '../..');
const RELEASED = path.join(ROOT, 'api/released');

/** The command as the build runs it, so that its options are what is tested. */
const COMPAT: string = JSON.parse(fs.readFileSync(path.join(ROOT, '.projen/tasks.json'), 'utf8')).tasks.compat.steps[0].exec;

describe('the API-compatibility gate', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'api-'));
  beforeAll(() => fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules')));
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  // biome-ignore lint/suspicious/noExplicitAny: an assembly is changed in ways that its types do not foresee
  function compare(name: string, change: (assembly: any) => void) {
    const changed = path.join(directory, name);
    fs.cpSync(RELEASED, changed, { recursive: true });
    const assembly = JSON.parse(fs.readFileSync(path.join(RELEASED, '.jsii'), 'utf8'));
    change(assembly);
    fs.writeFileSync(path.join(changed, '.jsii'), JSON.stringify(assembly));
    const command = COMPAT.replace('api/released .', `${RELEASED} ${changed}`).split(' ');
    return spawnSync(path.join(ROOT, 'node_modules/.bin', command[0]), command.slice(1), {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
    });
  }

  test('passes the same API', () => {
    expect(compare('same', () => {})).toMatchObject({ status: 0 });
  });

  test('passes a new class', () => {
    const added = compare('added', ({ types }) => {
      types['cdk-atlantis.Added'] = { ...types['cdk-atlantis.RepoConfig'], fqn: 'cdk-atlantis.Added', name: 'Added' };
    });
    expect(added).toMatchObject({ status: 0 });
  });

  test.each<[string, (types: Record<string, { methods: unknown[]; properties: { name: string; optional?: boolean }[] }>) => void]>([
    ['a removed class', (types) => delete types['cdk-atlantis.RepoConfig']],
    ['a removed method', (types) => types['cdk-atlantis.VcsProvider'].methods.pop()],
    ['a removed property', (types) => types['cdk-atlantis.AtlantisOnFargate'].properties.pop()],
    ['a removed prop', (types) => types['cdk-atlantis.AtlantisOnFargateProps'].properties.pop()],
    [
      'a prop that became required',
      (types) => {
        for (const prop of types['cdk-atlantis.AtlantisOnFargateProps'].properties) delete prop.optional;
      },
    ],
  ])('refuses %s', (_, change) => {
    const { status, stderr } = compare('broken', ({ types }) => change(types));
    expect(status).toBe(1);
    expect(stderr).toContain('cdk-atlantis.');
  });

  test('compares with a baseline that holds neither the README nor the API of dependencies', () => {
    const assembly = {
      name: 'a',
      readme: { markdown: 'long' },
      dependencyClosure: { b: {} },
      fingerprint: 'x',
      types: { locationInModule: {} },
    };
    expect(JSON.parse(baselineOf(assembly))).toEqual({ name: 'a', fingerprint: '*', types: {} });
  });
});
