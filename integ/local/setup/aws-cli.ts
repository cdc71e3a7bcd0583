import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, keyOf } from './cache';
import { providePython } from './python';

/** The AWS command line, version 1: the path of a program called `aws`, alone in its directory, so that the directory can go on a PATH. */
export async function provideAwsCli(): Promise<string> {
  const python = await providePython();
  // pip's own program names the directory that the packages were installed in, which has another name since.
  const script = `#!/bin/sh\nexec '${python.replaceAll("'", "'\\''")}' -I -m awscli "$@"\n`;
  const directory = await cached(join('aws-cli', keyOf(script)), async (unfinished) => {
    writeFileSync(join(unfinished, 'aws'), script);
    chmodSync(join(unfinished, 'aws'), 0o755);
  });
  return join(directory, 'aws');
}
