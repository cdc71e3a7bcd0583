import {
  CreateVirtualMFADeviceCommand,
  DeleteVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  ListUserTagsCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import type { Manifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { drawQrCode, otpUri } from '../terminal/qr-code';
import { askCode, type Terminal } from '../terminal/terminal';
import type { Access, Caller } from './access';

/** Makes the user's virtual device, shows its secret, and enables it with two codes. Returns its serial number and the codes. */
export async function enrollDevice(caller: Caller, user: string, terminal: Terminal): Promise<{ serial: string; used: string[] }> {
  const iam = new IAMClient(caller);
  const { serial, secret } = await makeDevice(iam, caller, user, terminal);
  terminal.note(drawQrCode(otpUri({ secret, account: caller.account, user }), process.stderr.isTTY));
  terminal.note(`Scan it with an authenticator, or give it this secret: ${secret}`);
  const first = askCode(terminal, 'First code:');
  const second = askCode(terminal, 'Next code:', [first]);
  await iam.send(
    new EnableMFADeviceCommand({ UserName: user, SerialNumber: serial, AuthenticationCode1: first, AuthenticationCode2: second }),
  );
  return { serial, used: [first, second] };
}

/** The device is named as the user: the group's policy allows no other. One that an interrupted enrolment left is made anew. */
async function makeDevice(iam: IAMClient, caller: Caller, user: string, terminal: Terminal): Promise<{ serial: string; secret: string }> {
  const make = () => iam.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: user }));
  const { VirtualMFADevice } = await make().catch(async (problem) => {
    if (problem.name !== 'EntityAlreadyExistsException') throw problem;
    const left = `arn:${caller.arn.split(':')[1]}:iam::${caller.account}:mfa/${user}`;
    terminal.note(`An earlier enrolment left the device ${left}, which was never enabled: it is made anew.`);
    await iam.send(new DeleteVirtualMFADeviceCommand({ SerialNumber: left })).catch(({ message }) => {
      throw new Refusal(`${left} is left from an earlier enrolment: an administrator has to delete it (${message}).`);
    });
    return make();
  });
  const { SerialNumber, Base32StringSeed } = VirtualMFADevice ?? {};
  if (!SerialNumber || !Base32StringSeed) throw new Refusal('AWS returned no MFA device.');
  return { serial: SerialNumber, secret: Buffer.from(Base32StringSeed).toString('ascii') };
}

/** Whether a user has the tag after which no other device can be enrolled without a code. */
export async function isSealed(access: Access, { people }: Manifest, user: string): Promise<boolean> {
  const { Tags = [] } = await new IAMClient(access).send(new ListUserTagsCommand({ UserName: user }));
  return Tags.some(({ Key, Value }) => Key === people.sealKey && Value === people.sealValue);
}

export async function seal(access: Access, { people }: Manifest, user: string): Promise<void> {
  await new IAMClient(access).send(new TagUserCommand({ UserName: user, Tags: [{ Key: people.sealKey, Value: people.sealValue }] }));
}
