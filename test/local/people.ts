import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateVirtualMFADeviceCommand, EnableMFADeviceCommand, IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, type AssumeRoleCommandInput, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { Authenticator } from '../../integ/local/authenticator';
import { environmentFor, type LocalCloud } from '../../integ/local/local-cloud';
import { provideAwsCli } from '../../integ/local/setup/aws-cli';

/** An access key, or the credentials of a session. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Who may do everything in the local cloud. */
export const ROOT: Keys = { accessKeyId: 'test', secretAccessKey: 'test' };

/** What a session of STS answers, as keys. */
export function keysOf(given?: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string }): Keys {
  return { accessKeyId: given?.AccessKeyId ?? '', secretAccessKey: given?.SecretAccessKey ?? '', sessionToken: given?.SessionToken };
}

/** The emulated AWS, called with somebody's keys. */
export function as(cloud: LocalCloud, keys: Keys) {
  const config = { endpoint: cloud.endpoint, region: 'us-east-1', credentials: keys, maxAttempts: 1 };
  const sts = new STSClient(config);
  return {
    cloudformation: new CloudFormationClient(config),
    dynamodb: new DynamoDBClient(config),
    iam: new IAMClient(config),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sfn: new SFNClient(config),
    ssm: new SSMClient(config),
    sts,
    /** The keys of a session of a role. */
    assume: async (role: string, session: string, more: Partial<AssumeRoleCommandInput> = {}) =>
      keysOf((await sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName: session, ...more }))).Credentials),
    /** The keys of a session of the user. */
    session: async (mfa: { SerialNumber?: string; TokenCode?: string } = {}) =>
      keysOf((await sts.send(new GetSessionTokenCommand(mfa))).Credentials),
  };
}

/** What a program needs in its environment to call the emulated AWS with somebody's keys. */
export function environmentAs(cloud: LocalCloud, keys: Keys): NodeJS.ProcessEnv {
  const { AWS_SESSION_TOKEN: _, ...environment } = environmentFor(cloud);
  return {
    ...environment,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken ? { AWS_SESSION_TOKEN: keys.sessionToken } : {}),
  };
}

/** Runs the AWS command line with somebody's keys. Fails as it does, with what it wrote to stderr. */
export async function aws(cloud: LocalCloud, keys: Keys, ...args: string[]): Promise<string> {
  const program = await provideAwsCli();
  const env = environmentAs(cloud, keys);
  const PATH = `${path.dirname(program)}${path.delimiter}${env.PATH}`;
  return new Promise((resolve, reject) => {
    execFile(program, args, { env: { ...env, PATH } }, (problem, stdout, stderr) =>
      problem ? reject(new Error(stderr)) : resolve(stdout),
    );
  });
}

/** The name of the error that a call ends with, undefined where it passes. */
export async function refusal(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
  } catch (problem) {
    return (problem as Error).name;
  }
  return undefined;
}

/** A virtual MFA device: every code that it shows is good for one use. */
export class Device {
  private readonly authenticator: Authenticator;

  constructor(
    readonly serial: string,
    seed: string,
  ) {
    this.authenticator = new Authenticator(seed);
  }

  public codeOf(step: number): string {
    return this.authenticator.codeOf(step);
  }

  /** Two consecutive codes from the past, so that the present ones are still unused. */
  public pair(): { AuthenticationCode1: string; AuthenticationCode2: string } {
    const [AuthenticationCode1, AuthenticationCode2] = this.authenticator.pair();
    return { AuthenticationCode1, AuthenticationCode2 };
  }

  public code(): Promise<string> {
    return this.authenticator.code();
  }

  public async mfa(): Promise<{ SerialNumber: string; TokenCode: string }> {
    return { SerialNumber: this.serial, TokenCode: await this.code() };
  }
}

/** Makes and enables a device of a user's name, with somebody's keys. */
export async function enrol(cloud: LocalCloud, keys: Keys, user: string): Promise<Device> {
  const { iam } = as(cloud, keys);
  const made = (await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: user }))).VirtualMFADevice;
  const device = new Device(made?.SerialNumber ?? '', Buffer.from(made?.Base32StringSeed ?? []).toString());
  await iam.send(new EnableMFADeviceCommand({ UserName: user, SerialNumber: device.serial, ...device.pair() }));
  return device;
}
