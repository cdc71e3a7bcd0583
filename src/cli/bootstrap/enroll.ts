import { type Caller, callerFor, checkAccount, findAccess, identify, type Keys, personOf } from '../aws/access';
import { enrollDevice, isSealed, seal } from '../aws/device';
import { replaceKey } from '../aws/keys';
import { checkProfileName, hasProfile, profileWith, writeKeys, writeRegion } from '../aws/profiles';
import { enabledDevice, withCode } from '../aws/session';
import { type Manifest, readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { askCode, type Terminal } from '../terminal/terminal';
import { type Given, text, type Verb } from '../verb';
import { issue } from './issue';

export const enroll: Verb = {
  usage: '[--profile NAME] | --issue USER [--write-profile NAME]',
  summary: 'Makes you a person of the bootstrap: profile, own key, MFA device, seal. With --issue, an administrator makes the first key.',
  options: { issue: { type: 'string' }, 'write-profile': { type: 'string' } },
  async run(given) {
    const manifest = readManifest(given.directory);
    const user = text(given, 'issue');
    return user === undefined ? enrollSelf(given, manifest) : issue(given, manifest, user);
  },
};

/** Each step is done only where it was not, so that an interrupted enrolment goes on where it was. The seal comes last. */
async function enrollSelf(given: Given, manifest: Manifest): Promise<number> {
  const { terminal } = given;
  const { caller, profile } = await findPerson(given, manifest);
  const user = personOf(manifest, caller);

  const enabled = await enabledDevice(caller, user);
  if (enabled !== undefined && (await isSealed(caller, manifest, user))) {
    terminal.note(`${user} is enrolled already, with ${enabled}.`);
    return 0;
  }
  const { serial, used } = enabled === undefined ? await enrollDevice(caller, user, terminal) : { serial: enabled, used: [] };
  const withMfa = await withCode(caller, serial, askCode(terminal, `One more code of ${serial}:`, used));
  const { accessKeyId } = await caller.credentials();
  await replaceKey(withMfa, user, accessKeyId, (keys) => writeKeys(profile, keys), terminal);
  terminal.note(`The key that was issued is replaced by your own, in the profile ${profile}.`);
  await seal(withMfa, manifest, user);
  terminal.note('The device is enabled and sealed: another one needs a code of this one.');
  terminal.say(`export AWS_PROFILE=${profile}`);
  return 0;
}

/** Whoever has credentials here, or the key that an administrator handed over. It is written as a profile once AWS knows it. */
async function findPerson(given: Given, manifest: Manifest): Promise<{ caller: Caller; profile: string }> {
  const { terminal } = given;
  const named = text(given, 'profile');
  if (named !== undefined) checkProfileName(named);
  const access = findAccess({ profile: named, region: manifest.region }, terminal);
  const found = named !== undefined && !hasProfile(named) ? undefined : await access.credentials().catch(() => undefined);
  const keys = found ?? askForKey(terminal);
  const caller = found ? await callerFor(manifest, { profile: named }, terminal) : await identifyKey(manifest, keys);
  const user = personOf(manifest, caller);
  const profile = named ?? profileWith(keys.accessKeyId, process.env.AWS_PROFILE) ?? user;
  if (profileWith(keys.accessKeyId, profile) === undefined) {
    if (hasProfile(profile) && !terminal.agree(`The profile ${profile} is there, without this key. Replace its keys?`)) {
      throw new Refusal('Nothing was changed: name another profile with --profile.');
    }
    writeKeys(profile, keys);
  }
  writeRegion(profile, manifest.region);
  return { caller, profile };
}

function askForKey(terminal: Terminal): Keys {
  terminal.note('There are no AWS credentials here yet: enter the access key that an administrator issued.');
  return { accessKeyId: terminal.ask('AWS access key:'), secretAccessKey: terminal.askHidden('AWS secret access key:') };
}

async function identifyKey(manifest: Manifest, keys: Keys): Promise<Caller> {
  const caller = await identify({ region: manifest.region, credentials: async () => keys });
  checkAccount(manifest, caller);
  return caller;
}
