/** `npm run api:release`: makes the API as last compiled the one that `npx projen compat` holds later ones against. Run it after each release, and commit what it writes. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const BASELINE = 'api/released';

/** What a comparison does not read, or what moves without a change of the API. */
const LEFT_OUT = new Set(['dependencyClosure', 'readme', 'locationInModule', 'fingerprint']);

/** The assembly without what a comparison does not read. */
export function baselineOf(assembly: object): string {
  return `${JSON.stringify({ ...assembly, fingerprint: '*' }, (key, value) => (LEFT_OUT.has(key) && value !== '*' ? undefined : value), 2)}\n`;
}

if (require.main === module) {
  const { name, version, types, main, peerDependencies } = JSON.parse(fs.readFileSync('package.json', 'utf8'));
  fs.mkdirSync(BASELINE, { recursive: true });
  fs.writeFileSync(path.join(BASELINE, '.jsii'), baselineOf(JSON.parse(fs.readFileSync('.jsii', 'utf8'))));
  const manifest = { name, version, private: true, main, types, peerDependencies, jsii: {} };
  fs.writeFileSync(path.join(BASELINE, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  console.log(`${BASELINE} holds the API of .jsii`);
}
