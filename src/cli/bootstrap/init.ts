import * as fs from 'node:fs';
import { CreateAccountAliasCommand, IAMClient, ListAccountAliasesCommand } from '@aws-sdk/client-iam';
import { type Caller, findAccess, identify } from '../aws/access';
import { addLines, type Wanted, writeFiles } from '../files/files';
import { backendText } from '../hcl/backend';
import { findManifest } from '../manifest/find';
import { MANIFEST_FILE, type Manifest, manifestIn, manifestText, readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { scriptsOf } from '../scripts';
import type { Terminal } from '../terminal/terminal';
import { accessOptions, flag, type Given, text, type Verb } from '../verb';

/** What holds state or secrets is not committed. */
const IGNORED = ['.terraform/', '*.tfstate', '*.tfstate.*', '*.tfvars', '*.tfvars.json', 'crash.log'];

export const init: Verb = {
  usage:
    '[--stack NAME] [--key network/prod [--bootstrap] [--assume-role ARN | --backend-profile NAME] [--tool-version V]] [--region R] [--offline]',
  summary: 'Writes .cdk-atlantis.json from the stack (or reads it, with --offline), backend.tf, activate, deactivate and .gitignore.',
  options: {
    stack: { type: 'string' },
    key: { type: 'string' },
    bootstrap: { type: 'boolean' },
    'assume-role': { type: 'string' },
    'backend-profile': { type: 'string' },
    'tool-version': { type: 'string' },
    region: { type: 'string' },
    offline: { type: 'boolean' },
  },
  async run(given) {
    const { terminal, directory } = given;
    const caller = flag(given, 'offline')
      ? undefined
      : await identify(findAccess({ ...accessOptions(given), region: text(given, 'region') }, terminal));
    const manifest = caller ? await findManifest(caller, text(given, 'stack')) : readManifest(directory);
    refuseForeign(directory);
    const files: Wanted[] = [
      ...(caller ? [{ file: MANIFEST_FILE, text: manifestText(manifest) }] : []),
      ...backendOf(given, manifest),
      ...scriptsOf(manifest),
    ];
    const setAlias = caller && (await aliasToSet(caller, manifest, terminal));
    writeFiles(directory, files, terminal);
    addLines(directory, '.gitignore', IGNORED, terminal);
    await setAlias?.();
    return 0;
  },
};

/** A file of that name which is none of ours is not replaced, whatever was agreed to. */
function refuseForeign(directory: string): void {
  const file = `${directory}/${MANIFEST_FILE}`;
  if (!fs.existsSync(file) || manifestIn(fs.readFileSync(file, 'utf8'))) return;
  throw new Refusal(`${MANIFEST_FILE} is not of a cdk-atlantis bootstrap: remove it first, if nothing needs it.`);
}

function backendOf(given: Given, manifest: Manifest): Wanted[] {
  const name = text(given, 'key') ?? (flag(given, 'bootstrap') ? 'bootstrap' : undefined);
  if (name === undefined) {
    given.terminal.note('No backend.tf is written without --key, the name of a state such as network/prod.');
    return [];
  }
  const backend = backendText(manifest, {
    name,
    bootstrap: flag(given, 'bootstrap'),
    role: text(given, 'assume-role'),
    profile: text(given, 'backend-profile'),
    toolVersion: text(given, 'tool-version'),
  });
  return [{ file: 'backend.tf', text: backend }];
}

/** CloudFormation knows no account alias, so it is set here. An account has one at most. Returns what is left to do once that is agreed to. */
async function aliasToSet(caller: Caller, { accountAlias }: Manifest, terminal: Terminal): Promise<() => Promise<void>> {
  const nothing = async () => undefined;
  if (accountAlias === undefined) return nothing;
  const iam = new IAMClient(caller);
  const { AccountAliases = [] } = await iam.send(new ListAccountAliasesCommand({}));
  if (AccountAliases.includes(accountAlias)) return nothing;
  const instead = AccountAliases.length > 0 ? ` instead of ${AccountAliases[0]}, which then no longer signs in` : '';
  if (!terminal.agree(`Give account ${caller.account} the alias ${accountAlias}${instead}?`)) return nothing;
  return async () => {
    try {
      await iam.send(new CreateAccountAliasCommand({ AccountAlias: accountAlias }));
    } catch (problem) {
      if ((problem as Error).name !== 'EntityAlreadyExistsException') throw problem;
      throw new Refusal(`The alias ${accountAlias} is another account's. The files are written.`);
    }
    terminal.note(`Account ${caller.account} is ${accountAlias} now.`);
  };
}
