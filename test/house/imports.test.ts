import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';
import { ROOT, type Source, sourcesIn } from './sources';

const sources = sourcesIn('src');

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Imports of one file by another, types included. */
const imports: Import[] = sources.flatMap((source) =>
  specifiersOf(source)
    .filter((specifier) => specifier.startsWith('.') && !isText(specifier))
    .map((specifier) => ({ from: source.file, to: `${path.posix.join(path.posix.dirname(source.file), specifier)}.ts` })),
);

function specifiersOf({ tree }: Source): string[] {
  return tree.statements
    .filter((statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))
    .map(({ moduleSpecifier }) => (moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ''))
    .filter((specifier) => specifier !== '');
}

const packagesOf = (some: readonly Source[]): string[] => some.flatMap(specifiersOf).filter((specifier) => !specifier.startsWith('.'));

/** The folder of `src` that a file is in. */
const areaOf = (file: string): string => file.split('/')[1];

/** What each folder may import beside itself. */
const MAY_IMPORT: { readonly [area: string]: readonly string[] } = {
  validation: [],
  server: ['validation'],
  ingress: ['server', 'validation'],
  accounts: ['server', 'validation'],
  fargate: ['ingress', 'accounts', 'server', 'validation'],
  ami: ['server', 'validation'],
  bootstrap: ['validation'],
  // The command reads what is deployed, so it needs nothing of what describes it.
  cli: [],
};

/** The bundler makes the shells' scripts texts. */
function isText(specifier: string): boolean {
  return specifier.startsWith('./scripts/');
}

describe('imports within src', () => {
  test('there are some', () => {
    expect(imports.length).toBeGreaterThan(30);
  });

  test('each folder is one that the design names', () => {
    const areas = new Set(sources.map(({ file }) => areaOf(file)).filter((area) => area !== 'index.ts'));
    expect([...areas].filter((area) => !(area in MAY_IMPORT))).toEqual([]);
  });

  test('point one way between folders', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [area, other] = [areaOf(from), areaOf(to)];
      return area !== 'index.ts' && area !== other && !MAY_IMPORT[area]?.includes(other);
    });
    expect(wrong).toEqual([]);
  });

  test('lead to files that exist', () => {
    const files = new Set(sources.map(({ file }) => file));
    expect(imports.filter(({ to }) => !files.has(to))).toEqual([]);
  });

  test('have no cycle', () => {
    expect(cycleIn(imports)).toBeUndefined();
  });

  test('nobody imports the index', () => {
    expect(imports.filter(({ to }) => to === 'src/index.ts')).toEqual([]);
  });

  test('no private part imports the construct that it is a part of', () => {
    const wrong = imports.filter(({ from, to }) => from.includes('/private/') && path.posix.dirname(to) === `src/${areaOf(from)}`);
    expect(wrong.filter(({ to }) => constructsIn(to).length > 0)).toEqual([]);
  });

  test('nobody imports the command', () => {
    expect(imports.filter(({ from, to }) => areaOf(to) === 'cli' && areaOf(from) !== 'cli')).toEqual([]);
  });

  test('the command imports what is bundled into it, and Node.js', () => {
    const { dependencies, peerDependencies, devDependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const wanted = packagesOf(sources.filter(({ file }) => areaOf(file) === 'cli')).filter((specifier) => !specifier.startsWith('node:'));
    expect(wanted.length).toBeGreaterThan(5);
    expect(wanted.filter((name) => !/^@aws-sdk\/|^uqr$/.test(name) || !devDependencies[name])).toEqual([]);
    expect([dependencies, Object.keys(peerDependencies).sort()]).toEqual([undefined, ['aws-cdk-lib', 'constructs']]);
  });

  test('nothing is imported but the peers', () => {
    const packages = packagesOf(sources.filter(({ file }) => areaOf(file) !== 'cli'));
    expect([...new Set(packages.map((specifier) => specifier.split('/')[0]))].sort()).toEqual(['aws-cdk-lib', 'constructs']);
  });
});

test('a cycle is found where there is one', () => {
  const link = (from: string, to: string): Import => ({ from, to });
  expect(cycleIn([link('a', 'b'), link('b', 'c'), link('c', 'b')])).toEqual(['b', 'c', 'b']);
  expect(cycleIn([link('a', 'b'), link('a', 'c'), link('b', 'c')])).toBeUndefined();
});

function constructsIn(file: string): ts.Node[] {
  const source = sources.find((candidate) => candidate.file === file);
  return (source?.tree.statements ?? []).filter(
    (statement) =>
      ts.isClassDeclaration(statement) && statement.heritageClauses?.some((clause) => /extends Construct\b/.test(clause.getText())),
  );
}

function cycleIn(links: readonly Import[]): string[] | undefined {
  const done = new Set<string>();
  const walk = (file: string, trail: string[]): string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of links.filter(({ from }) => from === file)) {
      const cycle = walk(to, [...trail, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const { from } of links) {
    const cycle = walk(from, []);
    if (cycle) return cycle;
  }
  return undefined;
}
