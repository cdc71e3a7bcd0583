import * as ts from 'typescript';
import { nodesOf, sourcesIn } from './sources';

const sources = sourcesIn('src');
const tests = sourcesIn('test').filter(({ file }) => file.endsWith('.test.ts'));
const everyTest = tests.map(({ text }) => text).join('\n');

describe('the sources', () => {
  test('no file has more than 300 lines', () => {
    expect(
      sources.map(({ file, text }) => `${file}: ${text.trimEnd().split('\n').length}`).filter((line) => +line.split(': ')[1] > 300),
    ).toEqual([]);
  });

  test('the index only exports', () => {
    const index = sources.find(({ file }) => file === 'src/index.ts');
    expect(
      index?.tree.statements.filter((statement) => !ts.isExportDeclaration(statement)).map((statement) => statement.getText()),
    ).toEqual([]);
  });

  test('the index exports every file that is not private', () => {
    const index = sources.find(({ file }) => file === 'src/index.ts');
    const open = sources.map(({ file }) => file).filter((file) => !/\/private\/|^src\/(validation|cli)\/|^src\/index/.test(file));
    expect(open.filter((file) => !index?.text.includes(`'./${file.replace(/^src\/|\.ts$/g, '')}'`))).toEqual([]);
  });

  test('every public type has a doc comment, and so has each of its members', () => {
    expect(publicTypes().flatMap(undocumentedIn)).toEqual([]);
  });

  test('every optional property says its default', () => {
    const silent = propertiesOf(publicTypes()).filter(({ node }) => node.questionToken && !node.getFullText().includes('@default'));
    const props = silent.filter(({ node }) => ts.isInterfaceDeclaration(node.parent));
    expect(props.map(({ name }) => name)).toEqual([]);
  });

  test('each default has a test that leaves it out', () => {
    const defaults = [...propertiesOf(publicTypes()), ...parametersOf(publicTypes())].filter(({ documented }) =>
      documented.includes('@default'),
    );
    expect(defaults.length).toBeGreaterThanOrEqual(20);
    expect(defaults.map(({ name }) => name).filter((name) => !new RegExp(`test\\(\\s*["'\`]${name} left out`).test(everyTest))).toEqual([]);
  });

  test('each sentence of an error message is expected by a test', () => {
    const sentences = sources.filter(({ text }) => /problems\.add\(|checks\.\w+\(|new Error\(/.test(text)).flatMap(sentencesIn);
    expect(sentences.length).toBeGreaterThan(25);
    expect(sentences.filter((sentence) => !everyTest.includes(sentence))).toEqual([]);
  });

  test('nothing is left to do, to look at, or switched off', () => {
    const words = /\b(TODO|FIXME|XXX|HACK)\b|@ts-ignore|@ts-nocheck|eslint-disable|console\.log/;
    expect(sources.filter(({ text }) => words.test(text)).map(({ file }) => file)).toEqual([]);
  });

  test('no test of these is skipped or run alone', () => {
    const words = new RegExp(`\\b(${['test', 'describe', 'it'].join('|')})\\.(${['only', 'skip', 'todo'].join('|')})\\b`);
    const unit = tests.filter(({ file }) => !file.startsWith('test/local/'));
    expect(unit.filter(({ text }) => words.test(text)).map(({ file }) => file)).toEqual([]);
  });
});

type Declaration = ts.InterfaceDeclaration | ts.ClassDeclaration | ts.EnumDeclaration;

function publicTypes(): Declaration[] {
  return sources
    .filter(({ file }) => !/\/private\/|^src\/(validation|cli)\//.test(file))
    .flatMap(({ tree }) => [...tree.statements])
    .filter((node): node is Declaration => ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isEnumDeclaration(node))
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword));
}

const docOf = (node: ts.Node): string =>
  ts
    .getJSDocCommentsAndTags(node)
    .map((doc) => doc.getText())
    .join('\n');

function undocumentedIn(type: Declaration): string[] {
  const members = [...type.members].filter((member) => {
    const modifiers = ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [];
    return !modifiers.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword);
  });
  return [type, ...members]
    .filter((node) => docOf(node) === '')
    .map((node) => `${type.name?.text}.${node.name?.getText() ?? 'constructor'}`);
}

interface Named {
  readonly name: string;
  readonly documented: string;
}

function propertiesOf(types: Declaration[]): (Named & { node: ts.PropertySignature | ts.PropertyDeclaration })[] {
  return types.flatMap((type) =>
    [...type.members]
      .filter(
        (member): member is ts.PropertySignature | ts.PropertyDeclaration =>
          ts.isPropertySignature(member) || ts.isPropertyDeclaration(member),
      )
      .map((node) => ({ name: `${type.name?.text}.${node.name.getText()}`, documented: docOf(node), node })),
  );
}

/** Parameters whose documentation names a default. */
function parametersOf(types: Declaration[]): Named[] {
  return types
    .filter(ts.isClassDeclaration)
    .flatMap((type) =>
      [...type.members]
        .filter(ts.isMethodDeclaration)
        .flatMap((method) =>
          [...docOf(method).matchAll(/@param (\w+)([^@]*@default)?/g)]
            .filter(([, , value]) => value)
            .map(([, parameter]) => ({ name: `${type.name?.text}.${method.name.getText()}.${parameter}`, documented: '@default' })),
        ),
    );
}

/** The fixed parts of what a file throws, or hands to what throws, of four words or more. */
function sentencesIn({ tree }: { tree: ts.SourceFile }): string[] {
  const texts = nodesOf(tree)
    .filter(
      (node) =>
        ts.isStringLiteral(node) ||
        ts.isNoSubstitutionTemplateLiteral(node) ||
        ts.isTemplateHead(node) ||
        ts.isTemplateMiddle(node) ||
        ts.isTemplateTail(node),
    )
    .filter((node) => !isSecretDescription(node))
    .map((node) => node.text.trim());
  return texts.filter((text) => text.split(/\s+/).length >= 4);
}

function isSecretDescription(node: ts.Node): boolean {
  return ts.isPropertyAssignment(node.parent) && node.parent.name.getText() === 'description';
}
