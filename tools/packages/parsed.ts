import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';
import { command } from '../../integ/local/setup/command';
import { providePython } from '../../integ/local/setup/python';

const CONSUMER = path.resolve(__dirname, '../consume');

/** Parses generated Go code with Go's own parser. It is not compiled: Go's module of the CDK is too large for a small machine. */
export async function parseGo(directory: string): Promise<void> {
  const files = fs.readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.go'));
  if (files.length === 0) throw new Failure(`${directory} holds no Go file`);
  const root = (await command('go', ['env', 'GOROOT'])).trim();
  await command(path.join(root, 'bin/gofmt'), ['-e', '-l', directory]);
}

/** Parses generated C# code with tree-sitter's grammar. It is not compiled: that needs the .NET SDK. */
export async function parseCsharp(directory: string): Promise<void> {
  const python = await providePython(path.join(CONSUMER, 'dotnet/requirements.txt'));
  await command(python, [path.join(CONSUMER, 'dotnet/parse.py'), directory]);
}
