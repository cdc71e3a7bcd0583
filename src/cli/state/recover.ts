import type { Session } from '../aws/session';
import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import type { Terminal } from '../terminal/terminal';
import { describe, withSerial } from './document';
import { placeOf, whileLocked, writeDigest } from './lock';
import { readState, versionsOf, writeState } from './store';

export interface Recovery {
  readonly bucket: string;
  readonly key: string;
  readonly version: string;
}

/**
 * Makes an old version the current one, under the state's lock. Its serial becomes the next one: a plan that was saved between the two would
 * otherwise look as if it were made for what was recovered.
 */
export async function recover(
  session: Session,
  manifest: Manifest,
  { bucket, key, version }: Recovery,
  terminal: Terminal,
): Promise<number> {
  const place = placeOf(manifest, bucket, key);
  return whileLocked(session, place, async () => {
    const old = await readState(session, bucket, key, version);
    if (!old) throw new Refusal(`${key} has no version ${version}; nothing was changed.`);
    const newest = await newestState(session, bucket, key);
    const current = await readState(session, bucket, key);
    if (current && current.lineage !== old.lineage) {
      throw new Refusal(
        `Version ${version} is of another lineage than the current state: it was made by another init. Nothing was changed.`,
      );
    }
    if (current && current.text === old.text) throw new Refusal(`Version ${version} is what is current already; nothing was changed.`);
    const state = withSerial(old, Math.max(newest, old.serial) + 1);
    const now = current ? `the current state (${describe(current)})` : 'the deleted state';
    if (!terminal.agree(`Replace ${now} with version ${version} (${describe(old)})?`)) throw new Refusal('Nothing was changed.');
    await writeState(session, bucket, key, state, false);
    await writeDigest(session, place, state.text);
    terminal.note(`${key} is version ${version} again, with serial ${state.serial}. What was current is still among its versions.`);
    return 0;
  });
}

/** The serial of the newest version that is a state. */
async function newestState(session: Session, bucket: string, key: string): Promise<number> {
  const newest = (await versionsOf(session, bucket, key)).find(({ deleted }) => !deleted);
  return newest ? ((await readState(session, bucket, key, newest.id))?.serial ?? 0) : 0;
}
