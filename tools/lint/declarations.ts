import * as path from 'node:path';
import * as ts from 'typescript';
import { collect, type Finding, type Report } from './finding';

/** Lints what `.jsii` forgets: dropped exports, literal types (plain strings and numbers elsewhere) and the type `this`. */
export function lintDeclarations(file: string): Finding[] {
  const program = ts.createProgram([path.resolve(file)], {
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    skipLibCheck: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path.resolve(file));
  const module = source && checker.getSymbolAtLocation(source);
  if (!module) throw new Error(`${file} exports nothing`);
  return collect((report) => {
    for (const exported of checker.getExportsOfModule(module)) {
      lintExport(exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported, report);
    }
  });
}

function lintExport(symbol: ts.Symbol, report: Report) {
  for (const declaration of symbol.declarations ?? []) {
    if (isHidden(declaration)) continue;
    if (symbol.flags & (ts.SymbolFlags.Variable | ts.SymbolFlags.Function))
      report(symbol.name, 'dropped', 'only classes, interfaces and enums exist in the other languages');
    else if (symbol.flags & ts.SymbolFlags.TypeAlias) report(symbol.name, 'dropped', 'a type alias does not exist in the other languages');
    else visit(declaration, symbol.name, report);
  }
}

function visit(node: ts.Node, where: string, report: Report) {
  if (isHidden(node)) return;
  const here = isMember(node) ? `${where}.${ts.isConstructorDeclaration(node) ? 'constructor' : node.name?.getText()}` : where;
  if (ts.isLiteralTypeNode(node) && node.literal.kind !== ts.SyntaxKind.NullKeyword)
    report(here, 'literal', 'a literal type is a plain string, number or boolean elsewhere: use an enum');
  if (ts.isTemplateLiteralTypeNode(node)) report(here, 'literal', 'a template literal type is a plain string elsewhere');
  if (node.kind === ts.SyntaxKind.ThisType) report(here, 'this', 'the type `this` loses the subclass elsewhere');
  ts.forEachChild(node, (child) => visit(child, here, report));
}

function isMember(node: ts.Node): node is ts.ClassElement | ts.TypeElement {
  return ts.isClassElement(node) || ts.isTypeElement(node);
}

function isHidden(node: ts.Node): boolean {
  const declaration = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return (
    (ts.isClassElement(node) && (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) !== 0) ||
    ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'internal')
  );
}
