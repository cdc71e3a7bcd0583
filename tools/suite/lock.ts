import { Failure } from '../../integ/local/progress';
import { missingOptional, readLock } from '../lockfile';
import type { Tally } from './tally';

export async function lock(tally: Tally): Promise<void> {
  for (const file of ['package-lock.json', 'tools/newest/package-lock.json']) {
    await tally.check(`${file} holds the optional dependencies of every platform`, async () => {
      const missing = missingOptional(readLock(file));
      if (missing.length > 0) throw new Failure(`${file} lacks ${missing.join(', ')}`);
    });
  }
}
