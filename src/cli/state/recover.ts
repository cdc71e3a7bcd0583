import type { Session } from '../aws/session';
import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import type { Terminal } from '../terminal/terminal';
import { describe, type StateDocument, stateIn, withSerial } from './document';
import { changedMeanwhile, placeOf, whileLocked, writeDigest } from './lock';
import { readObject, readState, versionsOf, writeState } from './store';

export interface Recovery {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
}

/**
 * Makes an old version the current one, under the state's lock. Its serial becomes the next one: a plan that was saved between the two would
 * otherwise look as if it were made for what was recovered. What is current may be damaged, or deleted.
 */
export async function recover(
  session: Session,
  manifest: Manifest,
  { bucket, key, version }: Recovery,
  terminal: Terminal,
): Promise<number> {
  const place = placeOf(manifest, bucket, key);
  const old = await readState(session, bucket, key, version);
  if (!old) throw new Refusal(`${key} has no version ${version}; nothing was changed.`);
  const there = await readObject(session, bucket, key);
  const newest = await newestState(session, bucket, key);
  if (there !== undefined && newest && newest.lineage !== old.lineage) {
    throw new Refusal(`Version ${version} is of another lineage than the current state: it was made by another init. Nothing was changed.`);
  }
  if (there === old.text) throw new Refusal(`Version ${version} is what is current already; nothing was changed.`);
  const state = withSerial(old, Math.max(newest?.serial ?? 0, old.serial) + 1);
  // A question is asked before the lock is taken, so that whoever ends the command there leaves none.
  if (!terminal.agree(`Replace ${nameOf(there)} with version ${version} (${describe(old)})?`)) throw new Refusal('Nothing was changed.');
  await whileLocked(session, place, async () => {
    if ((await readObject(session, bucket, key)) !== there) throw changedMeanwhile(key);
    await writeState(session, bucket, key, state, false);
    await writeDigest(session, place, state.text);
  });
  terminal.note(`${key} is version ${version} again, with serial ${state.serial}. What was current is still among its versions.`);
  return 0;
}

function nameOf(there: string | undefined): string {
  if (there === undefined) return 'the deleted state';
  const state = stateIn(there);
  return state ? `the current state (${describe(state)})` : 'the current version, which is damaged,';
}

/** The newest version that is a state: those that are damaged do not count. */
async function newestState(session: Session, bucket: string, key: string): Promise<StateDocument | undefined> {
  for (const { id, deleted } of await versionsOf(session, bucket, key)) {
    const state = deleted ? undefined : stateIn((await readObject(session, bucket, key, id)) ?? '');
    if (state) return state;
  }
  return undefined;
}
