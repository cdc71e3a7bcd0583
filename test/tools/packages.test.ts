import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Assembly } from '@jsii/spec';
import { JAVA, PYTHON, TYPESCRIPT, unused } from '../../tools/packages/coverage';
import { checkDependencies, checkFiles } from '../../tools/packages/npm';
import { checkSameTemplates } from '../../tools/packages/templates';

describe('the comparison of templates', () => {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'templates-'));
  afterAll(() => fs.rmSync(directory, { recursive: true }));

  function assembly(name: string, templates: Record<string, string>): string {
    const home = path.join(directory, name);
    fs.mkdirSync(home);
    for (const [file, text] of Object.entries(templates)) fs.writeFileSync(path.join(home, file), text);
    return home;
  }

  const one = assembly('one', { 'A.template.json': '{\n "a": 1\n}', 'tree.json': '1' });

  test('passes templates that are the same, whatever else differs', () => {
    const same = assembly('same', { 'A.template.json': '{\n "a": 1\n}', 'tree.json': '2' });
    expect(() => checkSameTemplates(one, same)).not.toThrow();
  });

  test('refuses a single byte', () => {
    const other = assembly('other', { 'A.template.json': '{\n "a": 2\n}' });
    expect(() => checkSameTemplates(one, other)).toThrow('A.template.json differs in line 2: "a": 1 became "a": 2');
  });

  test('refuses a missing and an additional template', () => {
    const none = assembly('none', {});
    expect(() => checkSameTemplates(one, none)).toThrow('got  rather than A.template.json');
    expect(() => checkSameTemplates(none, none)).toThrow('holds no template');
  });
});

describe('what the compared app uses', () => {
  const assembly = {
    types: {
      'a.Choice': {
        ...{ fqn: 'a.Choice', name: 'Choice', kind: 'class', abstract: true, initializer: {} },
        methods: [{ name: 'awsAssigned', static: true }, { name: 'instanceMethod' }],
        properties: [{ name: 'V1', static: true }, { name: 'instanceProperty' }],
      },
      'a.Made': { fqn: 'a.Made', name: 'Made', kind: 'class', initializer: {} },
      'a.Level': { fqn: 'a.Level', name: 'Level', kind: 'enum', members: [{ name: 'LOW' }] },
      'a.MadeProps': { fqn: 'a.MadeProps', name: 'MadeProps', kind: 'interface' },
    },
  } as unknown as Assembly;

  test.each([
    [TYPESCRIPT, 'Choice.awsAssigned(); Choice.V1; new Made(); Level.LOW'],
    [PYTHON, 'Choice.aws_assigned()\nChoice.V1\nMade()\nLevel.LOW'],
    [JAVA, 'Choice.awsAssigned(); Choice.V1; Made.Builder.create(); Level.LOW'],
  ])('is all there is to use: $language', (spelling, source) => {
    expect(unused(assembly, source, spelling)).toEqual([]);
  });

  test.each([
    [TYPESCRIPT, 'awsAssigned'],
    [PYTHON, 'aws_assigned'],
    [JAVA, 'awsAssigned'],
  ])('is told when something is missing: $language', (spelling, factory) => {
    const source = 'Choice.awsAssignedElsewhere Choice.aws_assigned_elsewhere Level.LOWER MadeProps';
    expect(unused(assembly, source, spelling)).toEqual([`Choice.${factory}`, 'Choice.V1', "Made's constructor", 'Level.LOW']);
  });
});

describe('the npm package', () => {
  const files = [
    ...['.jsii', 'LICENSE', 'README.md', 'lib/index.d.ts', 'lib/index.js', 'package.json', 'lib/fargate/private/task.js'],
    ...['lib/cli/cdk-atlantis.js', 'lib/cli/THIRD-PARTY-LICENSES.txt'],
  ];

  test('may hold what a user needs', () => {
    expect(() => checkFiles(files)).not.toThrow();
  });

  test.each([
    'src/index.ts',
    'test/claims.json',
    '.projen/tasks.json',
    'lib/index.ts',
    'tsconfig.tsbuildinfo',
    'lib/cli/main.js',
    'lib/cli/main.d.ts',
  ])('may not hold %s', (file) => {
    expect(() => checkFiles([...files, file])).toThrow(`the package holds what no user needs: ${file}`);
  });

  test.each(['.jsii', 'lib/index.js', 'LICENSE', 'lib/cli/cdk-atlantis.js', 'lib/cli/THIRD-PARTY-LICENSES.txt'])(
    'has to hold %s',
    (file) => {
      expect(() => checkFiles(files.filter((held) => held !== file))).toThrow(`the package lacks ${file}`);
    },
  );

  const peerDependencies = { 'aws-cdk-lib': '^2.257.0', constructs: '^10.5.1' };

  test('may depend on its peers alone', () => {
    expect(() => checkDependencies({ peerDependencies })).not.toThrow();
    expect(() => checkDependencies({ peerDependencies, dependencies: {} })).not.toThrow();
  });

  test.each(['dependencies', 'optionalDependencies', 'bundledDependencies'])('may have no %s', (kind) => {
    expect(() => checkDependencies({ peerDependencies, [kind]: { yaml: '^2' } })).toThrow(`the package has ${kind}: yaml`);
  });

  test.each([{ yaml: '^2' }, { constructs: '^10.8.0' }])('may have no other peers: %j', (change) => {
    expect(() => checkDependencies({ peerDependencies: { ...peerDependencies, ...change } })).toThrow('the peers are');
  });
});
