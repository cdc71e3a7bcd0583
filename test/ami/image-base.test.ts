import { App, Lazy, Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { type IGoldenImage, ImageBase, type ImageBaseOptions, ImageOs } from '../../src';
import { Problems } from '../../src/validation/problems';

const SSM_AGENT = { version: '3.3.2299.0', sha256: 'b'.repeat(64) };
const x86 = { architecture: InstanceArchitecture.X86_64 };
const { AMAZON_LINUX_2023, DEBIAN_12, UBUNTU_24_04 } = ImageOs;

function refusalOf(base: ImageBase): string {
  const problems = new Problems();
  base._validate(new Stack(new App(), 'Test'), problems);
  try {
    problems.throwIfAny();
  } catch (problem) {
    return (problem as Error).message;
  }
  return 'taken';
}

const debian = (options: ImageBaseOptions) => ImageBase.latest(DEBIAN_12, options);

describe('ImageBase.latest', () => {
  test.each([
    [AMAZON_LINUX_2023, {}, 'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64'],
    [AMAZON_LINUX_2023, x86, 'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64'],
    [UBUNTU_24_04, {}, 'ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id'],
    [UBUNTU_24_04, x86, 'ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id'],
    [DEBIAN_12, {}, 'ssm:/aws/service/debian/release/12/latest/arm64'],
    [DEBIAN_12, x86, 'ssm:/aws/service/debian/release/12/latest/amd64'],
  ])('of %s %j it is the parameter that the publisher keeps', (os, options, parent) => {
    expect(ImageBase.latest(os, options)._bind().parentImage).toBe(parent);
  });

  test('ImageBaseOptions.architecture left out: ARM64', () => {
    expect(ImageBase.latest(AMAZON_LINUX_2023).architecture).toBe(InstanceArchitecture.ARM_64);
  });

  test('ImageBaseOptions.rootDeviceName left out: what the publisher calls it', () => {
    const names = [AMAZON_LINUX_2023, UBUNTU_24_04, DEBIAN_12].map((os) => ImageBase.latest(os)._bind().rootDeviceName);
    expect(names).toEqual(['/dev/xvda', '/dev/sda1', '/dev/xvda']);
  });

  test('ImageBaseOptions.ssmAgent left out: nothing runs before Image Builder comes, and Debian is refused', () => {
    expect(ImageBase.latest(AMAZON_LINUX_2023)._bind().userData).toBeUndefined();
    expect(refusalOf(ImageBase.latest(UBUNTU_24_04))).toBe('taken');
    expect(refusalOf(debian({}))).toContain(
      "base.ssmAgent: Debian's images have no Systems Manager agent, without which Image Builder cannot reach the machine; give its version and checksum",
    );
  });

  test('an agent that is given is installed when the machine starts, if it is the one of that checksum', () => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'eu-west-1' } });
    const script = JSON.stringify(stack.resolve(debian({ ssmAgent: SSM_AGENT, ...x86 })._bind().userData));
    expect(script).toContain('/3.3.2299.0/debian_amd64/amazon-ssm-agent.deb');
    expect(script).toContain(`SHA256='${SSM_AGENT.sha256}'`);
    expect(
      JSON.stringify(debian({ ssmAgent: SSM_AGENT })._bind().userData && stack.resolve(debian({ ssmAgent: SSM_AGENT })._bind().userData)),
    ).toContain('debian_arm64');
  });

  test.each([
    [debian({ ssmAgent: { ...SSM_AGENT, version: 'latest' } }), 'got "latest"; give four numbers with dots, such as 3.3.2299.0'],
    [debian({ ssmAgent: { ...SSM_AGENT, sha256: 'ABC' } }), 'got "ABC"; give the 64 hexadecimal digits of a SHA-256, in small letters'],
    [debian({ ssmAgent: SSM_AGENT, rootDeviceName: 'xvda' }), 'got "xvda"; give the name of a device, such as /dev/xvda'],
  ])('a wrong option is refused', (base, message) => {
    expect(refusalOf(base)).toContain(message);
  });
});

describe('ImageBase by name', () => {
  test.each([
    [ImageBase.ssmParameter('/own/base', UBUNTU_24_04), 'ssm:/own/base'],
    [ImageBase.amiId('ami-0123456789abcdef0', UBUNTU_24_04), 'ami-0123456789abcdef0'],
    [ImageBase.marketplace('prod-abc123', UBUNTU_24_04), 'prod-abc123'],
  ])('stands in the recipe as Image Builder wants it', (base, parent) => {
    expect([refusalOf(base), base._bind().parentImage]).toEqual(['taken', parent]);
  });

  test('a device name of its own is taken', () => {
    expect(ImageBase.amiId('ami-0123456789abcdef0', UBUNTU_24_04, { rootDeviceName: '/dev/nvme' })._bind().rootDeviceName).toBe(
      '/dev/nvme',
    );
  });

  test('what is known at deployment only is taken', () => {
    const later = Lazy.string({ produce: () => 'ami-0123456789abcdef0' });
    expect(refusalOf(ImageBase.amiId(later, UBUNTU_24_04))).toBe('taken');
  });

  test.each([
    [ImageBase.ssmParameter('own', UBUNTU_24_04), 'got "own"; give the name of a parameter, which starts with a slash'],
    [ImageBase.amiId('own', UBUNTU_24_04), 'got "own"; give the id of an image, as in ami-0123456789abcdef0'],
    [ImageBase.marketplace('a b', UBUNTU_24_04), 'got "a b"; give the id of a product, letters, digits and dashes'],
  ])('another text is refused', (base, message) => {
    expect(refusalOf(base)).toContain(message);
  });
});

test('on a golden image, another one is built: its operating system, architecture and device, and its promoted parameter', () => {
  const golden: IGoldenImage = {
    promotedParameterName: '/images/common/promoted',
    os: DEBIAN_12,
    architecture: InstanceArchitecture.X86_64,
    rootDeviceName: '/dev/xvdz',
  };
  const base = ImageBase.golden(golden);
  expect([refusalOf(base), base.os, base.architecture]).toEqual(['taken', DEBIAN_12, InstanceArchitecture.X86_64]);
  expect(base._bind()).toEqual({ parentImage: 'ssm:/images/common/promoted', rootDeviceName: '/dev/xvdz', userData: undefined });
});
