import { GetUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { callerFor, checkHasUsers } from '../aws/access';
import { keysOf, makeKey } from '../aws/keys';
import { checkProfileName, hasProfile, writeKeys, writeRegion } from '../aws/profiles';
import type { Manifest } from '../manifest/manifest';
import { isMissing, Refusal } from '../refusal';
import { accessOptions, type Given, text } from '../verb';

/** An administrator's part of an enrolment: the first access key of a user, who replaces it. */
export async function issue(given: Given, manifest: Manifest, user: string): Promise<number> {
  const { terminal } = given;
  const profile = text(given, 'write-profile');
  if (profile !== undefined) checkProfileName(profile);
  const caller = await callerFor(manifest, accessOptions(given), terminal);
  checkHasUsers(manifest);
  const path = await pathOf(new IAMClient(caller), user);
  if (path !== manifest.people.path)
    throw new Refusal(`${user} is no user of the bootstrap: its path is ${path}, not ${manifest.people.path}.`);
  const [there] = await keysOf(caller, user);
  if (there) throw new Refusal(`${user} has an access key, ${there.AccessKeyId}: delete it first, if it was lost.`);
  if (profile !== undefined && hasProfile(profile) && !terminal.agree(`The profile ${profile} is there. Replace its keys?`)) {
    throw new Refusal('Nothing was changed.');
  }
  const keys = await makeKey(caller, user);
  if (profile !== undefined) {
    writeKeys(profile, keys);
    writeRegion(profile, manifest.region);
    terminal.note(`The first key of ${user} is the profile ${profile}.`);
  } else {
    terminal.say(`AWS access key: ${keys.accessKeyId}`);
    terminal.say(`AWS secret access key: ${keys.secretAccessKey}`);
    terminal.note(`It is shown this once. Hand it to ${user}, who replaces it with "cdk-atlantis bootstrap enroll".`);
  }
  return 0;
}

async function pathOf(iam: IAMClient, user: string): Promise<string | undefined> {
  try {
    return (await iam.send(new GetUserCommand({ UserName: user }))).User?.Path;
  } catch (problem) {
    if (isMissing(problem)) throw new Refusal(`There is no user ${user}.`);
    throw problem;
  }
}
