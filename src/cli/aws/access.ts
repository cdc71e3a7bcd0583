import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromEnv, fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { askCode, type Terminal } from '../terminal/terminal';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What a client of the SDK is made of. */
export interface Access {
  readonly region?: string;
  readonly credentials: () => Promise<Keys>;
}

/** An access, and whose it is. */
export interface Caller extends Access {
  readonly account: string;
  readonly arn: string;
  /** The name of an IAM user. */
  readonly user?: string;
  /** The path of an IAM user. */
  readonly path?: string;
  /** The name of the role of a session. */
  readonly role?: string;
  /** The name of a role's session. */
  readonly session?: string;
}

export interface AccessOptions {
  readonly profile?: string;
  readonly region?: string;
}

/** Finds credentials as the AWS command line does: a named profile, the environment, then all other places. */
export function findAccess({ profile, region }: AccessOptions, terminal: Terminal): Access {
  const options = {
    mfaCodeProvider: async (serial: string) => askCode(terminal, `Code of ${serial}:`),
    ...(region === undefined ? {} : { clientConfig: { region } }),
  };
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  if (profile !== undefined) return { region, credentials: fromIni({ ...options, profile }) };
  if (AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) return { region, credentials: fromEnv() };
  return { region, credentials: fromNodeProviderChain(options) };
}

/** Asks AWS whose the credentials are. */
export async function identify(access: Access): Promise<Caller> {
  // Without credentials, that is what is said, whatever else is missing.
  await access.credentials();
  const { Account, Arn } = await new STSClient(access).send(new GetCallerIdentityCommand({}));
  return { ...access, ...callerOf(Account ?? '', Arn ?? '') };
}

export function callerOf(account: string, arn: string): Omit<Caller, keyof Access> {
  const user = /^arn:[^:]+:iam::\d+:user(\/(?:.*\/)?)([^/]+)$/.exec(arn);
  if (user) return { account, arn, path: user[1], user: user[2] };
  const session = /^arn:[^:]+:sts::\d+:assumed-role\/([^/]+)\/([^/]+)$/.exec(arn);
  if (session) return { account, arn, role: session[1], session: session[2] };
  return { account, arn };
}

/** The caller, who has to be of the manifest's account. */
export async function callerFor(manifest: Manifest, options: AccessOptions, terminal: Terminal): Promise<Caller> {
  const caller = await identify(findAccess({ ...options, region: manifest.region }, terminal));
  checkAccount(manifest, caller);
  return caller;
}

export function checkAccount(manifest: Manifest, { account, arn }: { account: string; arn: string }): void {
  if (account === manifest.account) return;
  throw new Refusal(`This is the wrong account: ${arn} is of ${account}, and the bootstrap is of ${manifest.account}.`);
}

/** Keys and devices are of users only. */
export function checkHasUsers({ people }: Manifest): void {
  if (people.kind === 'users') return;
  throw new Refusal('The people of this bootstrap come from IAM Identity Center: they have no keys and no device here.');
}

/** The name of the caller, who has to be one of the bootstrap's users with their own keys. */
export function personOf(manifest: Manifest, caller: Caller): string {
  checkHasUsers(manifest);
  if (caller.user !== undefined && caller.path === manifest.people.path) return caller.user;
  refuseSession(manifest, caller);
  throw new Refusal(`${caller.arn} is not one of the users under ${manifest.people.path}: name your profile with --profile.`);
}

/** A session stands for no keys of one's own, and may have been stolen. */
export function refuseSession(manifest: Manifest, { role }: Caller): void {
  if (role !== roleName(manifest)) return;
  throw new Refusal('This is a session of the terraform role: deactivate it, or name your own profile with --profile.');
}

export const roleName = ({ role }: Manifest): string => role.slice(role.lastIndexOf('/') + 1);
