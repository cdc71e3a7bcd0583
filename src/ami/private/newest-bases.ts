import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { ImageOs } from '../image-os';

/**
 * The public parameters that the publishers keep.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
 * @see https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
 * @see https://wiki.debian.org/Cloud/AmazonEC2Image/Bookworm
 */
export function newestBase(os: ImageOs, architecture: InstanceArchitecture): string {
  const arm = architecture === InstanceArchitecture.ARM_64;
  switch (os) {
    case ImageOs.AMAZON_LINUX_2023:
      return `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${arm ? 'arm64' : 'x86_64'}`;
    case ImageOs.UBUNTU_24_04:
      return `/aws/service/canonical/ubuntu/server/24.04/stable/current/${arm ? 'arm64' : 'amd64'}/hvm/ebs-gp3/ami-id`;
    case ImageOs.DEBIAN_12:
      return `/aws/service/debian/release/12/latest/${arm ? 'arm64' : 'amd64'}`;
  }
}

/** What the publishers call the root device. */
export function rootDeviceOf(os: ImageOs): string {
  return os === ImageOs.UBUNTU_24_04 ? '/dev/sda1' : '/dev/xvda';
}
