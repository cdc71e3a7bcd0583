import * as fs from 'node:fs';
import * as path from 'node:path';
import * as esbuild from 'esbuild';
import { type Bundled, licencesOf, packagesIn } from './licences';

const ROOT = path.resolve(__dirname, '../..');
export const LICENCES = 'THIRD-PARTY-LICENSES.txt';

/** Bundles the command from its sources, for the oldest Node.js that is supported. Returns the packages that are in it. */
export async function bundle(file: string): Promise<readonly Bundled[]> {
  const { version, engines } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const { metafile } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ['src/cli/main.ts'],
    outfile: file,
    bundle: true,
    minify: true,
    // Names of errors and classes are a part of what is printed and asked for.
    keepNames: true,
    legalComments: 'none',
    platform: 'node',
    target: `node${String(engines.node).replace(/^\D+/, '')}`,
    mainFields: ['module', 'main'],
    banner: { js: '#!/usr/bin/env node' },
    define: {
      CDK_ATLANTIS_VERSION: JSON.stringify(version),
      // Its warning of Node.js 20 is about versions of the SDK to come, and the one in here stays.
      'process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED': '"true"',
    },
    loader: { '': 'text', '.fish': 'text' },
    metafile: true,
    logLevel: 'warning',
  });
  const packages = packagesIn(Object.keys(metafile.inputs), ROOT);
  fs.writeFileSync(path.join(path.dirname(file), LICENCES), licencesOf(packages));
  fs.chmodSync(file, 0o755);
  return packages;
}
