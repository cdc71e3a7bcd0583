/** An operating system that images are made of. */
export enum ImageOs {
  /** Amazon Linux 2023. */
  AMAZON_LINUX_2023 = 'amazon-linux-2023',
  /** Ubuntu 24.04 LTS. */
  UBUNTU_24_04 = 'ubuntu-24.04',
  /** Debian 12. */
  DEBIAN_12 = 'debian-12',
}
