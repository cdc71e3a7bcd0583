import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  checkDependencies,
  checkFiles,
  checkInstalled,
  installedManifest,
  listTarball,
  makeEmptyApp,
  packNpm,
  synthesize,
} from '../packages/npm';
import type { Tally } from './tally';

/** Packs the library as it is published, and uses it as a user does. */
export async function packed(tally: Tally): Promise<void> {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-packed-'));
  try {
    const tarball = await tally.check('the npm package is packed', () => packNpm(directory));
    if (!tarball) return;
    await tally.check('it holds what a user needs and nothing else', async () => checkFiles(await listTarball(tarball)));
    const app = await tally.check('it installs in an empty app', () => makeEmptyApp(tarball, path.join(directory, 'app')));
    if (!app) return;
    await tally.check('it depends on its two peers alone', async () => {
      checkDependencies(installedManifest(app));
      checkInstalled(app);
    });
    await tally.check('the example synthesizes with it', () => synthesize(app, 'examples/fargate/app.ts'));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}
