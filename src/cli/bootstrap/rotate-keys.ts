import { callerFor, personOf } from '../aws/access';
import { replaceKey } from '../aws/keys';
import { profileWith, writeKeys } from '../aws/profiles';
import { deviceOf, withCode } from '../aws/session';
import { readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { askCode } from '../terminal/terminal';
import { accessOptions, type Verb } from '../verb';

export const rotateKeys: Verb = {
  usage: '[--profile NAME]',
  summary: 'Replaces your access key. The old one is deleted when the new one works.',
  options: {},
  async run(given) {
    const { terminal } = given;
    const manifest = readManifest(given.directory);
    const options = accessOptions(given);
    const caller = await callerFor(manifest, options, terminal);
    const user = personOf(manifest, caller);
    const { accessKeyId } = await caller.credentials();
    const profile = profileWith(accessKeyId, options.profile);
    if (profile === undefined) throw new Refusal(`The key ${accessKeyId} is in no profile, so a new one could not be kept: use --profile.`);
    const serial = await deviceOf(caller, user);
    const withMfa = await withCode(caller, serial, askCode(terminal, `Code of ${serial}:`));
    await replaceKey(withMfa, user, accessKeyId, (keys) => writeKeys(profile, keys), terminal);
    terminal.note(`${user} has a new key, in the profile ${profile}. The old one is deleted.`);
    return 0;
  },
};
