/** `tsx tools/bundle.ts`: makes the command one file, lib/cli/cdk-atlantis.js, beside the licences of all that is in it. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { bundle } from './bundle/bundle';
import { runMain } from './main';

runMain(async () => {
  const file = path.join(__dirname, '..', 'lib', 'cli', 'cdk-atlantis.js');
  const packages = await bundle(file);
  console.log(`lib/cli/cdk-atlantis.js: ${Math.ceil(fs.statSync(file).size / 1024)} KiB, with ${packages.length} packages in it`);
  return 0;
});
