import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Session, sessionFor } from '../aws/session';
import { bucketOf, stateKey } from '../hcl/backend';
import { readManifest } from '../manifest/manifest';
import { lineOf, Refusal } from '../refusal';
import { describe, parseState, type StateDocument } from '../state/document';
import { changedMeanwhile, checkDigest, type Place, placeOf, whileLocked, writeDigest } from '../state/lock';
import { readObject, readState, writeState } from '../state/store';
import type { Terminal } from '../terminal/terminal';
import { accessOptions, flag, type Given, text, type Verb } from '../verb';

const LOCAL = 'terraform.tfstate';

export const migrate: Verb = {
  usage: '--key network/prod [--from FILE | --from s3://BUCKET/KEY [--from-table TABLE]] [--workspace W] [--bootstrap] [--remove]',
  summary: 'Moves a local state, or one of another bucket, to the bucket of the bootstrap, with a backup and checks of serial and lineage.',
  options: {
    key: { type: 'string' },
    from: { type: 'string' },
    'from-table': { type: 'string' },
    workspace: { type: 'string' },
    bootstrap: { type: 'boolean' },
    remove: { type: 'boolean' },
  },
  async run(given) {
    const { terminal, directory } = given;
    const manifest = readManifest(directory);
    const name = text(given, 'key');
    if (name === undefined) throw new Refusal('The name of the state is wanted: bootstrap migrate --key network/prod');
    const bucket = bucketOf(manifest, flag(given, 'bootstrap'));
    const from = text(given, 'from');
    if (from?.startsWith('s3://')) {
      const key = stateKey(name, text(given, 'workspace'));
      if (flag(given, 'remove')) throw new Refusal('Only a local state is removed: leave --remove out.');
      const source = remotePlace(from, text(given, 'from-table'));
      const session = await sessionFor(manifest, accessOptions(given), terminal);
      await fromBucket(session, source, placeOf(manifest, bucket, key), given);
    } else {
      const sources = localStates(given, name, from);
      const session = await sessionFor(manifest, accessOptions(given), terminal);
      await fromFiles(session, sources, (key) => placeOf(manifest, bucket, key), given);
    }
    terminal.note('Now run "terraform init -reconfigure" with the backend.tf of "bootstrap init".');
    return 0;
  },
};

interface Local {
  readonly file: string;
  readonly key: string;
  readonly state: StateDocument;
}

/** The local states, read and checked before anything is done: the one that is named, or that of each workspace here. */
function localStates(given: Given, name: string, from: string | undefined): Local[] {
  const { directory } = given;
  const workspaces = path.join(directory, `${LOCAL}.d`);
  const all: [file: string, workspace: string | undefined][] = [[from ?? LOCAL, text(given, 'workspace')]];
  if (from === undefined && text(given, 'workspace') === undefined && fs.existsSync(workspaces)) {
    for (const workspace of fs.readdirSync(workspaces)) all.push([path.join(`${LOCAL}.d`, workspace, LOCAL), workspace]);
  }
  const there = all.filter(([file]) => fs.existsSync(path.join(directory, file)) || path.isAbsolute(file));
  if (there.length === 0) throw new Refusal(`There is no ${all[0][0]} here: name the local state with --from.`);
  return there.map(([named, workspace]) => {
    const file = path.resolve(directory, named);
    if (isLocked(file)) {
      throw new Refusal(`${named} is locked by a Terraform that is running; nothing was changed.`);
    }
    return { file, key: stateKey(name, workspace), state: parseState(readText(file, named), named) };
  });
}

/** Terraform puts this beside a local state that it uses. */
const isLocked = (file: string): boolean => fs.existsSync(path.join(path.dirname(file), `.${path.basename(file)}.lock.info`));

function readText(file: string, named: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (problem) {
    throw new Refusal(`${named} cannot be read: ${(problem as Error).message}`);
  }
}

function remotePlace(url: string, table: string | undefined): Place {
  const [, bucket, key] = /^s3:\/\/([a-z0-9.-]+)\/(.+)$/.exec(url) ?? [];
  if (key === undefined) throw new Refusal(`A state in a bucket is named like s3://bucket/key: got ${JSON.stringify(url)}.`);
  return { bucket, key, table, native: table === undefined };
}

/** Where a state goes, and what was seen there when the person was asked. */
interface Move {
  readonly state: StateDocument;
  readonly target: Place;
  readonly there: StateDocument | undefined;
}

/** Every check and question comes before the first change, and before the lock: whoever ends the command at a question leaves none. */
async function fromFiles(session: Session, sources: readonly Local[], targetOf: (key: string) => Place, given: Given): Promise<void> {
  const moves: [Local, Move][] = [];
  for (const source of sources) moves.push([source, await plan(session, source.state, targetOf(source.key), given.terminal)]);
  const moved: string[] = [];
  for (const [source, move] of moves) {
    try {
      await whileLocked(session, move.target, () => put(session, move, given));
    } catch (problem) {
      if (moved.length === 0) throw problem;
      throw new Refusal(`${lineOf(problem).replace(NOTHING, '')}; already moved: ${moved.join(', ')}.`);
    }
    moved.push(source.key);
    settle(source, given);
  }
}

const NOTHING = /([;.] nothing was changed(: run it again)?)?\.$/i;

/** The local state stays, or goes if it is still what was copied. A copy stays on this disk in any case. */
function settle({ file, key, state }: Local, given: Given): void {
  const { terminal, directory } = given;
  const shown = path.relative(directory, file);
  if (!flag(given, 'remove')) {
    terminal.note(`${shown} is still there: with --remove it is removed once it is in the bucket.`);
    return;
  }
  terminal.note(`What was copied is kept in ${backUp(state, key, directory)}.`);
  if (isLocked(file) || readText(file, shown) !== state.text) {
    throw new Refusal(`${shown} has changed meanwhile: it was not removed. Run migrate again.`);
  }
  fs.rmSync(file);
  terminal.note(`${shown} removed: ${key} is in the bucket.`);
}

/** Both are locked meanwhile. The source stays: it is the backup. */
async function fromBucket(session: Session, source: Place, target: Place, given: Given): Promise<void> {
  if (source.bucket === target.bucket && source.key === target.key) throw new Refusal(`${source.key} is where it is to go already.`);
  const state = await readState(session, source.bucket, source.key);
  if (!state) throw new Refusal(`There is no state ${source.key} in ${source.bucket}.`);
  await checkDigest(session, source, state.text);
  const move = await plan(session, state, target, given.terminal);
  await whileLocked(session, source, async () => {
    if ((await readObject(session, source.bucket, source.key)) !== state.text) throw changedMeanwhile(source.key);
    await whileLocked(session, target, () => put(session, move, given));
  });
  given.terminal.note(`${source.bucket}/${source.key} is still there, as a backup.`);
}

/** A state goes where none is, or where an older one of the same lineage is and the person agrees. */
async function plan(session: Session, state: StateDocument, target: Place, terminal: Terminal): Promise<Move> {
  const { bucket, key } = target;
  const there = await readState(session, bucket, key);
  if (there && there.text !== state.text) {
    checkOrder(there, state, key);
    if (!terminal.agree(`Replace ${key} (${describe(there)}) with ${describe(state)}?`)) throw new Refusal('Nothing was changed.');
  }
  return { state, target, there };
}

/** Puts a state where it was planned to go. What is replaced is written to a file first. */
async function put(session: Session, { state, target, there }: Move, { terminal, directory }: Given): Promise<void> {
  const { bucket, key } = target;
  if ((await readObject(session, bucket, key)) !== there?.text) throw changedMeanwhile(key);
  if (there?.text === state.text) {
    terminal.note(`${key} is in the bucket already (${describe(state)}).`);
    return;
  }
  if (there) terminal.note(`What was there is kept in ${backUp(there, key, directory)}.`);
  await writeState(session, bucket, key, state, there === undefined);
  await writeDigest(session, target, state.text);
  terminal.note(`${key} is in the bucket (${describe(state)}), read back and compared.`);
}

function checkOrder(there: StateDocument, state: StateDocument, key: string): void {
  if (there.lineage !== state.lineage) {
    throw new Refusal(`${key} is there already and of another lineage: it was made by another init. Nothing was changed.`);
  }
  if (there.serial >= state.serial) {
    throw new Refusal(
      `${key} is there already with serial ${there.serial}, and this has ${state.serial}: it is older. Nothing was changed.`,
    );
  }
}

/** Readable by its owner only, and matched by what `init` ignores. Another backup of that name stays. */
function backUp(state: StateDocument, key: string, directory: string): string {
  for (let another = 0; ; another++) {
    const name = `${key.replaceAll(/[/:]+/g, '-')}.${state.serial}${another === 0 ? '' : `.${another}`}.backup`;
    const file = path.join(directory, name);
    try {
      fs.writeFileSync(file, state.text, { mode: 0o600, flag: 'wx' });
      return name;
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== 'EEXIST') throw problem;
      if (readText(file, name) === state.text) return name;
    }
  }
}
