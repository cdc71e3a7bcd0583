import { IAMClient, ListMFADevicesCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, type Credentials, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { askCode, type Terminal } from '../terminal/terminal';
import { type Access, type AccessOptions, type Caller, callerFor, type Keys, personOf, roleName } from './access';

/** The longest session that the role allows, in seconds. */
const LONGEST = 3600;

/** A session of the terraform role: the one that is active here, or a new one. */
export interface Session extends Access {
  readonly keys: Keys;
  readonly region: string;
  /** Whose session it is. */
  readonly person: string;
}

export async function sessionFor(manifest: Manifest, options: AccessOptions, terminal: Terminal): Promise<Session> {
  const caller = await callerFor(manifest, options, terminal);
  const keys = caller.role === roleName(manifest) ? await caller.credentials() : await assume(manifest, caller, terminal);
  return { keys, credentials: async () => keys, region: manifest.region, person: nameOf(caller) };
}

const nameOf = ({ user, session, arn }: Caller): string => user ?? session ?? arn;

async function assume(manifest: Manifest, caller: Caller, terminal: Terminal): Promise<Keys> {
  const request = { RoleArn: manifest.role, DurationSeconds: LONGEST };
  const sts = new STSClient(caller);
  if (manifest.people.kind === 'identityCenter' && caller.session !== undefined) {
    const { Credentials } = await sts.send(new AssumeRoleCommand({ ...request, RoleSessionName: caller.session }));
    return keysOf(Credentials);
  }
  const user = personOf(manifest, caller);
  const SerialNumber = await deviceOf(caller, user);
  const TokenCode = askCode(terminal, `Code of ${user}'s device:`);
  const { Credentials } = await sts.send(new AssumeRoleCommand({ ...request, RoleSessionName: user, SerialNumber, TokenCode }));
  return keysOf(Credentials);
}

/** Credentials of the user's own that say that a code was given, with which keys and tags can be changed. */
export async function withCode(caller: Caller, serial: string, code: string): Promise<Access> {
  const { Credentials } = await new STSClient(caller).send(
    new GetSessionTokenCommand({ SerialNumber: serial, TokenCode: code, DurationSeconds: 900 }),
  );
  const keys = keysOf(Credentials);
  return { region: caller.region, credentials: async () => keys };
}

/** The serial number of a user's enabled device. */
export async function deviceOf(access: Access, user: string): Promise<string> {
  const serial = await enabledDevice(access, user);
  if (serial === undefined) throw new Refusal(`${user} has no MFA device yet: run "bootstrap enroll".`);
  return serial;
}

/** Security keys have no codes, so only virtual devices and hardware tokens that show some count. */
export async function enabledDevice(access: Access, user: string): Promise<string | undefined> {
  const { MFADevices = [] } = await new IAMClient(access).send(new ListMFADevicesCommand({ UserName: user }));
  return MFADevices.map(({ SerialNumber }) => SerialNumber).find((serial) => serial !== undefined && !serial.includes(':u2f/'));
}

function keysOf(credentials: Credentials | undefined): Keys {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Refusal('AWS returned no session.');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken, expiration: Expiration };
}
