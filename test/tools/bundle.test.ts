import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type Bundled, licencesOf, packagesIn } from '../../tools/bundle/licences';
import { Command } from '../cli/command';

const ROOT = path.resolve(__dirname, '../..');

describe('the bundled command', () => {
  let command: Command;
  let text: string;

  beforeAll(async () => {
    command = await Command.bundle();
    text = fs.readFileSync(command.file, 'utf8');
  }, 60_000);
  afterAll(() => command.remove());

  test('is one file below a megabyte that needs nothing but Node.js', () => {
    expect(fs.statSync(command.file).size).toBeLessThan(2 ** 20);
    const required = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name.replace(/^node:/, ''));
    expect(required.length).toBeGreaterThan(5);
    // The SDK looks for this one where a request is signed for several regions, which none of ours is.
    const optional = ['@aws-sdk/signature-v4-crt'];
    expect(required.filter((name) => !builtinModules.includes(name) && !optional.includes(name))).toEqual([]);
  });

  test('runs where there are no packages, and can be executed', () => {
    const elsewhere = path.join(fs.mkdtempSync(path.join(tmpdir(), 'bundle-')), 'cdk-atlantis.js');
    fs.copyFileSync(command.file, elsewhere);
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(execFileSync(elsewhere, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
    fs.rmSync(path.dirname(elsewhere), { recursive: true });
  });

  test('names no path of the machine that made it', () => {
    expect(text.includes(ROOT)).toBe(false);
  });

  test('has the licences of its packages beside it', () => {
    const licences = fs.readFileSync(path.join(command.directory, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    for (const name of ['@aws-sdk/client-s3', '@aws-sdk/credential-providers', '@smithy/core', 'uqr'])
      expect(licences).toContain(`\n${name} `);
    expect(licences).toContain('Apache License');
    expect(licences).toContain('Permission is hereby granted, free of charge');
  });
});

describe('the licences', () => {
  const of = (name: string, license: string, text?: string): Bundled => ({ name, version: '1.0.0', license, text });

  test('stand once for packages that share one', () => {
    expect(licencesOf([of('a', 'MIT', 'the text'), of('b', 'MIT', 'the text')])).toBe(
      'The command cdk-atlantis holds parts of these packages.\n\na 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nthe text\n',
    );
  });

  test('that were not looked at are refused', () => {
    expect(() => licencesOf([of('a', 'AGPL-3.0', 'x')])).toThrow('the bundle holds a under AGPL-3.0');
  });

  test('have to come with their texts', () => {
    expect(() => licencesOf([of('a', 'MIT')])).toThrow('a brings no text of its licence, MIT');
    expect(licencesOf([of('a', 'Apache-2.0', 'x'), of('b', 'Apache-2.0')])).toContain('b 1.0.0 (Apache-2.0)\n\nx');
  });

  test('are of the packages whose files are bundled', () => {
    const files = ['src/cli/main.ts', 'node_modules/uqr/dist/index.mjs', 'node_modules/@aws-sdk/client-sts/dist-es/index.js'];
    expect(packagesIn(files, ROOT).map(({ name }) => name)).toEqual(['@aws-sdk/client-sts', 'uqr']);
  });
});
