import { type Session, sessionFor } from '../aws/session';
import { bucketOf, stateKey } from '../hcl/backend';
import { type Manifest, readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { describe, stateIn } from '../state/document';
import { by, lockInfo, lockInTable } from '../state/lock';
import { recover } from '../state/recover';
import { keysIn, readObject, type Version, versionsOf } from '../state/store';
import { writersInLocks, writersInLog } from '../state/writers';
import type { Terminal } from '../terminal/terminal';
import { accessOptions, flag, type Given, text, type Verb } from '../verb';

/** What the keys of states end with. */
const STATE = '/terraform.tfstate';
const MINUTE = 60_000;
/** The longest session: an older lock is held by nobody who has one. */
const STALE = 60 * MINUTE;

export const state: Verb = {
  usage: '(list [--key K] | who --key K [--log-group G] | recover --key K --version V | locks) [--workspace W] [--bootstrap]',
  summary: 'Lists states, the versions of one and who wrote them, recovers a version, and finds locks that were left.',
  options: {
    key: { type: 'string' },
    workspace: { type: 'string' },
    bootstrap: { type: 'boolean' },
    version: { type: 'string' },
    'log-group': { type: 'string' },
  },
  async run(given) {
    const [action, ...rest] = given.positionals;
    const act = action !== undefined && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (!act || rest.length > 0) throw new Refusal('One of list, who, recover and locks is wanted: bootstrap state list');
    const manifest = readManifest(given.directory);
    const where = { manifest, bucket: bucketOf(manifest, flag(given, 'bootstrap')), key: keyOf(given) };
    if (where.key === undefined && /^(who|recover)$/.test(action))
      throw new Refusal(`The name of a state is wanted: bootstrap state ${action} --key network/prod`);
    if (action === 'recover' && text(given, 'version') === undefined) {
      throw new Refusal('A version is wanted, of those that "bootstrap state list --key" shows: --version ID');
    }
    return act(await sessionFor(manifest, accessOptions(given), given.terminal), where, given);
  },
};

interface Where {
  readonly manifest: Manifest;
  readonly bucket: string;
  readonly key: string | undefined;
}

const ACTIONS: { readonly [name: string]: (session: Session, where: Where, given: Given) => Promise<number> } = {
  async list(session, { bucket, key }, { terminal }) {
    if (key === undefined) {
      for (const { key: found, modified } of await keysIn(session, bucket, STATE)) terminal.say(`${time(modified)}  ${found}`);
      return 0;
    }
    for (const version of await versions(session, bucket, key))
      terminal.say(`${heading(version)}  ${await content(session, bucket, key, version)}`);
    return 0;
  },

  async who(session, { manifest, bucket, key = '' }, given) {
    const found = await versions(session, bucket, key);
    const logGroup = text(given, 'log-group') ?? manifest.watch?.logGroup;
    const writers = logGroup === undefined ? await writersInLocks(session, bucket, key, found) : await writersInLog(session, logGroup, key);
    given.terminal.note(`S3 does not keep who wrote a version. What follows is from ${writers.source}.`);
    for (const version of found)
      given.terminal.say(`${heading(version)}  ${version.deleted ? 'deleted' : (writers.of(version) ?? 'not known')}`);
    return 0;
  },

  recover: (session, { manifest, bucket, key = '' }, given) =>
    recover(session, manifest, { bucket, key, version: text(given, 'version') ?? '' }, given.terminal),

  async locks(session, { manifest, bucket }, { terminal }) {
    let found = 0;
    for (const { key, modified } of await keysIn(session, bucket, '.tflock')) {
      const info = lockInfo(await readObject(session, bucket, key));
      found += sayLock(terminal, key.replace(/\.tflock$/, ''), by(info), modified);
    }
    const { table } = manifest.lock;
    for (const { key } of table === undefined ? [] : await keysIn(session, bucket, STATE)) {
      const info = await lockInTable(session, String(table), bucket, key);
      if (info) found += sayLock(terminal, key, `${by(info)}, in ${table}`, new Date(info.Created ?? 0));
    }
    if (found === 0) terminal.note('There is no lock.');
    else terminal.note('A lock that nobody holds any more is removed in its directory with "terraform force-unlock ID".');
    return 0;
  },
};

function keyOf(given: Given): string | undefined {
  const name = text(given, 'key');
  return name === undefined ? undefined : stateKey(name, text(given, 'workspace'));
}

async function versions(session: Session, bucket: string, key: string): Promise<Version[]> {
  const found = await versionsOf(session, bucket, key);
  if (found.length === 0) throw new Refusal(`There is no state ${key} in ${bucket}.`);
  return found;
}

async function content(session: Session, bucket: string, key: string, { id, deleted, size }: Version): Promise<string> {
  if (deleted) return 'deleted';
  const found = stateIn((await readObject(session, bucket, key, id)) ?? '');
  return found ? describe(found) : `${size} bytes, no state`;
}

const time = (date: Date): string => date.toISOString().replace(/\.\d+/, '');
const heading = ({ id, modified, current }: Version): string => `${current ? '*' : ' '} ${time(modified)}  ${id}`;

function sayLock(terminal: Terminal, key: string, held: string, since: Date): number {
  const age = Date.now() - since.getTime();
  terminal.say(`${key}  locked${held}, ${Math.floor(age / MINUTE)} minutes old${age > STALE ? ', stale: longer than any session' : ''}`);
  return 1;
}
