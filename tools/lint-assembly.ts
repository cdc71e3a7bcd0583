/** `tsx tools/lint-assembly.ts [package directory]`, after jsii has compiled: refuses what degrades in other languages. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Assembly } from '@jsii/spec';
import { lintAssembly } from './lint/assembly';
import { lintDeclarations } from './lint/declarations';

export function lintPackage(directory: string) {
  const assembly = JSON.parse(fs.readFileSync(path.join(directory, '.jsii'), 'utf8')) as Assembly;
  const { types } = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8')) as { types: string };
  return [...lintAssembly(assembly), ...lintDeclarations(path.join(directory, types))];
}

if (require.main === module) {
  const findings = lintPackage(process.argv[2] ?? '.');
  for (const { where, message, rule } of findings) console.log(`${where}: ${message} [${rule}]`);
  console.log(`${findings.length} findings in the public API`);
  process.exitCode = findings.length > 0 ? 1 : 0;
}
