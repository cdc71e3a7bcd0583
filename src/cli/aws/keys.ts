import { setTimeout } from 'node:timers/promises';
import {
  type AccessKeyMetadata,
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  IAMClient,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { Refusal } from '../refusal';
import type { Terminal } from '../terminal/terminal';
import { type Access, identify, type Keys } from './access';

/** How often a new key is tried, a second and a half apart: IAM takes some seconds to know it everywhere. */
const TRIES = 20;

export async function keysOf(access: Access, user: string): Promise<AccessKeyMetadata[]> {
  return (await new IAMClient(access).send(new ListAccessKeysCommand({ UserName: user }))).AccessKeyMetadata ?? [];
}

export async function makeKey(access: Access, user: string): Promise<Keys> {
  const { AccessKey } = await new IAMClient(access).send(new CreateAccessKeyCommand({ UserName: user }));
  if (!AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) throw new Refusal('AWS returned no access key.');
  return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
}

/**
 * Replaces the one key of a user. The old one goes only when the new one was kept and works, so that an interruption leaves one that works.
 * `access` may change keys; `keep` writes the new one down.
 */
export async function replaceKey(access: Access, user: string, old: string, keep: (keys: Keys) => void, terminal: Terminal): Promise<void> {
  const iam = new IAMClient(access);
  const others = (await keysOf(access, user)).filter(({ AccessKeyId }) => AccessKeyId !== old);
  for (const { AccessKeyId } of others) {
    if (!terminal.agree(`${user} has another access key, ${AccessKeyId}. Delete it?`)) {
      throw new Refusal(`A user has two access keys at most: delete ${AccessKeyId} or ${old} first.`);
    }
    await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId }));
  }
  const keys = await makeKey(access, user);
  keep(keys);
  await untilKnown({ region: access.region, credentials: async () => keys });
  await iam.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: old }));
}

async function untilKnown(access: Access): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await identify(access);
      return;
    } catch (problem) {
      if (!/InvalidClientTokenId|SignatureDoesNotMatch/.test((problem as Error).name) || tries === TRIES) throw problem;
      await setTimeout(1500);
    }
  }
}
