/** `tsx tools/texts.ts`: makes the files that go into images texts of the library, since a package of jsii has no way to read its own files. */
import * as fs from 'node:fs';
import { runMain } from './main';
import { TEXTS_FILE, textsOfFiles } from './texts/texts';

runMain(async () => {
  fs.writeFileSync(TEXTS_FILE, textsOfFiles());
  return 0;
});
