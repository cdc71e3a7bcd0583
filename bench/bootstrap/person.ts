import {
  CreateAccessKeyCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { Authenticator } from '../../integ/local/authenticator';

export interface Person {
  readonly user: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A code that was not used yet: each is good once. Waits for its time, if it must. */
  nextCode(): Promise<string>;
}

/** Somebody with a key and an enrolled, sealed device. */
export async function enrolled(endpoint: string, user: string, sealKey: string): Promise<Person> {
  const iam = new IAMClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
  const { VirtualMFADevice } = await iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: user }));
  const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? '').toString();
  const authenticator = new Authenticator(seed);
  const [AuthenticationCode1, AuthenticationCode2] = authenticator.pair();
  const SerialNumber = VirtualMFADevice?.SerialNumber;
  await iam.send(new EnableMFADeviceCommand({ UserName: user, SerialNumber, AuthenticationCode1, AuthenticationCode2 }));
  await iam.send(new TagUserCommand({ UserName: user, Tags: [{ Key: sealKey, Value: 'sealed' }] }));
  return {
    user,
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    nextCode: () => authenticator.code(),
  };
}
