/**
 * Writes API.md. jsii-docgen reads every assembly below its directory and takes the last one of a name, which may be the released baseline: so
 * it gets a directory without that.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '..');

const directory = fs.mkdtempSync(path.join(tmpdir(), 'docgen-'));
try {
  for (const file of ['.jsii', 'package.json']) fs.copyFileSync(path.join(ROOT, file), path.join(directory, file));
  fs.symlinkSync(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
  execFileSync(path.join(ROOT, 'node_modules/.bin/jsii-docgen'), ['-o', path.join(ROOT, 'API.md')], { cwd: directory, stdio: 'inherit' });
} finally {
  fs.rmSync(directory, { recursive: true });
}
