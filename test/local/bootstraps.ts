import { ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  GetPolicyVersionCommand,
  PutUserPolicyCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { deployExample } from '../../integ/local/demo/deployment';
import { type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import type { Manifest } from '../../src/cli/manifest/manifest';
import { as, Device, type Keys, keysOf, ROOT } from './people';

export const ACCOUNT = '123456789012';
const STACK = 'TerraformBootstrap';
const APP = 'test/local/apps/bootstrap.ts';

/** What the stack has made, by its names and ARNs. */
export interface Made {
  readonly manifest: Manifest;
  readonly stack: string;
  readonly bucket: string;
  readonly bootstrapBucket: string;
  readonly logBucket: string;
  readonly key: string;
  readonly table: string;
  readonly trail: string;
  readonly logGroup: string;
  readonly topic: string;
  readonly alarm: string;
}

/** Deploys apps/bootstrap.ts with the CDK, as it is or once again. */
export async function deploy(cloud: LocalCloud, again = false): Promise<Made> {
  const outputs = await deployExample<Record<string, string>>(cloud, again ? `${APP} again` : APP, STACK);
  const output = (name: string) => Object.entries(outputs).find(([id]) => id.includes(name))?.[1] ?? '';
  const manifest = JSON.parse(output('Manifest')) as Manifest;
  const { StackResourceSummaries } = await as(cloud, ROOT).cloudformation.send(new ListStackResourcesCommand({ StackName: STACK }));
  const id = (type: string, part = '') => {
    const found = StackResourceSummaries?.find((made) => made.ResourceType === type && made.LogicalResourceId?.includes(part));
    if (!found?.PhysicalResourceId) throw new Error(`the stack has no ${type} ${part}`);
    return found.PhysicalResourceId;
  };
  const trail = id('AWS::CloudTrail::Trail');
  return {
    manifest,
    stack: STACK,
    bucket: manifest.state.bucket,
    bootstrapBucket: manifest.state.bootstrapBucket,
    logBucket: id('AWS::S3::Bucket', 'AccessLogs'),
    key: manifest.state.kmsKeyArn ?? '',
    table: manifest.lock.table ?? '',
    trail: trail.startsWith('arn:') ? trail : `arn:aws:cloudtrail:us-east-1:${ACCOUNT}:trail/${trail}`,
    logGroup: id('AWS::Logs::LogGroup', 'Watch'),
    topic: id('AWS::SNS::Topic'),
    alarm: id('AWS::CloudWatch::Alarm'),
  };
}

export async function deployBootstrap(): Promise<{ cloud: LocalCloud; made: Made }> {
  const cloud = await startCloud({ enforceIam: true });
  try {
    return { cloud, made: await deploy(cloud) };
  } catch (problem) {
    await cloud.stop();
    throw problem;
  }
}

/** Somebody in the account, with what an administrator and a phone gave them. */
export class Person {
  private constructor(
    private readonly cloud: LocalCloud,
    readonly name: string,
    readonly keys: Keys,
    readonly device?: Device,
  ) {}

  /** A user of the bootstrap, made by the stack or by hand as the stack does, with the first key. */
  public static async of(cloud: LocalCloud, name: string, made = false): Promise<Person> {
    const { iam } = as(cloud, ROOT);
    if (!made) {
      await iam.send(new CreateUserCommand({ UserName: name, Path: '/terraform/' }));
      await iam.send(new AddUserToGroupCommand({ UserName: name, GroupName: 'terraform' }));
    }
    return new Person(cloud, name, keysOf((await iam.send(new CreateAccessKeyCommand({ UserName: name }))).AccessKey));
  }

  /** An administrator, without the bootstrap. */
  public static async administrator(cloud: LocalCloud): Promise<Person> {
    const { iam } = as(cloud, ROOT);
    await iam.send(new CreateUserCommand({ UserName: 'administrator' }));
    const PolicyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
    await iam.send(new AttachUserPolicyCommand({ UserName: 'administrator', PolicyArn }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'administrator' }));
    return new Person(cloud, 'administrator', keysOf(AccessKey));
  }

  /** Somebody who may break the glass, and has a device. */
  public static async emergency(cloud: LocalCloud, role: string): Promise<Person> {
    const { iam } = as(cloud, ROOT);
    const UserName = 'emergency';
    await iam.send(new CreateUserCommand({ UserName, Path: '/terraform-break-glass/' }));
    const may = { Effect: 'Allow', Action: ['sts:AssumeRole', 'iam:CreateVirtualMFADevice', 'iam:EnableMFADevice'], Resource: '*' };
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [may] });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: role.split('/').at(-1), PolicyDocument }));
    const keys = keysOf((await iam.send(new CreateAccessKeyCommand({ UserName }))).AccessKey);
    return new Person(cloud, UserName, keys).enrolled();
  }

  /** All that the person calls by their access key. */
  public get calls() {
    return as(this.cloud, this.keys);
  }

  /** A virtual device that is not enabled yet. */
  public async newDevice(name = this.name): Promise<Device> {
    const { VirtualMFADevice } = await this.calls.iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name }));
    return new Device(VirtualMFADevice?.SerialNumber ?? '', Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString());
  }

  public enable(device: Device) {
    return this.calls.iam.send(new EnableMFADeviceCommand({ UserName: this.name, SerialNumber: device.serial, ...device.pair() }));
  }

  /** With a device of their own, which they made and enabled themselves. */
  public async enrolled(): Promise<Person> {
    const device = await this.newDevice();
    await this.enable(device);
    return new Person(this.cloud, this.name, this.keys, device);
  }

  public async mfa(): Promise<{ SerialNumber: string; TokenCode: string }> {
    if (!this.device) throw new Error(`${this.name} has no device`);
    return this.device.mfa();
  }

  /** A session of the user, with a code. */
  public async session(): Promise<Keys> {
    return this.calls.session(await this.mfa());
  }

  public seal(session: Keys, value = 'sealed', user = this.name) {
    const Tags = [{ Key: 'terraform-mfa', Value: value }];
    return as(this.cloud, session).iam.send(new TagUserCommand({ UserName: user, Tags }));
  }

  /** With a device, and sealed: what `enroll` does. The session is that of its last code. */
  public async ready(): Promise<{ person: Person; session: Keys }> {
    const person = await this.enrolled();
    const session = await person.session();
    await person.seal(session);
    return { person, session };
  }
}

/** Starts a machine with somebody's keys, and waits until it has ended. */
export async function run(cloud: LocalCloud, keys: Keys, stateMachineArn: string): Promise<string | undefined> {
  const { sfn } = as(cloud, keys);
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  for (;;) {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The boundary as it was deployed. */
export async function boundaryOf(cloud: LocalCloud, made: Made): Promise<object> {
  const { iam } = as(cloud, ROOT);
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn: made.manifest.boundary, VersionId: 'v1' }));
  return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? ''));
}
