import { createHmac } from 'node:crypto';
import {
  CreateAccessKeyCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  TagUserCommand,
} from '@aws-sdk/client-iam';

const STEP = 30_000;

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
  const now = Math.floor(Date.now() / STEP);
  const [AuthenticationCode1, AuthenticationCode2] = [totp(seed, now - 2), totp(seed, now - 1)];
  const SerialNumber = VirtualMFADevice?.SerialNumber;
  await iam.send(new EnableMFADeviceCommand({ UserName: user, SerialNumber, AuthenticationCode1, AuthenticationCode2 }));
  await iam.send(new TagUserCommand({ UserName: user, Tags: [{ Key: sealKey, Value: 'sealed' }] }));
  let next = now;
  return {
    user,
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    async nextCode() {
      next = Math.max(next, Math.floor(Date.now() / STEP));
      // one step ahead is accepted
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, (next - 1) * STEP - Date.now())));
      return totp(seed, next++);
    },
  };
}

/** https://datatracker.ietf.org/doc/html/rfc6238 */
function totp(seed: string, step: number): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(step));
  const digest = createHmac('sha1', base32(seed)).update(message).digest();
  const offset = (digest.at(-1) as number) & 15;
  return `${(digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000}`.padStart(6, '0');
}

function base32(text: string): Buffer {
  const bits = [...text.replace(/=+$/, '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}
