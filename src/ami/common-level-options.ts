import type { Size } from 'aws-cdk-lib';
import type { TcpKeepalive } from './tcp-keepalive';

/** What the common level is told. Each has a default, so that the level is complete without any. */
export interface CommonLevelOptions {
  /**
   * When a silent TCP connection is given up.
   *
   * @default TcpKeepalive.standard()
   */
  readonly tcpKeepalive?: TcpKeepalive;

  /**
   * How many files the whole machine may have open: `fs.file-max`.
   *
   * @default 1048576
   */
  readonly openFilesOfMachine?: number;

  /**
   * How many files one process may have open, soft and hard: for sessions in `limits.d`, which systemd does not read, and for services in
   * systemd's own `DefaultLimitNOFILE`.
   *
   * @default 65536
   */
  readonly openFilesOfProcess?: number;

  /**
   * Settings of the kernel, by their names, beside those of this level or in their place: `kernelSettings: { 'vm.swappiness': '1' }`.
   *
   * Those of this level hide addresses and messages of the kernel from users, let nobody attach to a process but root, protect links in
   * folders for everybody, write no core dumps, and take neither redirects nor source routes of the network.
   *
   * @default - those of this level
   * @see https://docs.kernel.org/admin-guide/sysctl/
   */
  readonly kernelSettings?: { [name: string]: string };

  /**
   * The user that the service runs as: a system user with a group of its own, without a password and without a shell, whose home is
   * `/home/<name>`.
   *
   * @default 'atlantis'
   */
  readonly runUser?: string;

  /**
   * The number of that user and of its group. It is fixed, and of none that a system gives away by itself, so that files on a volume belong
   * to the same user when the machine is made of another image.
   *
   * @default 4141
   */
  readonly runUserId?: number;

  /**
   * Packages of the system beside git, git-lfs (not on Amazon Linux), jq, unzip, chrony, Python, and the CloudWatch agent where the system
   * has a package of it, which is Amazon Linux; elsewhere `ImageComponent.managed('amazon-cloudwatch-agent-linux')` installs it.
   *
   * @default - no more
   */
  readonly packages?: string[];

  /**
   * Packages for `/opt/python-tooling` beside boto3, as `pip-compile --generate-hashes` writes them, each on one line: a name, `==`, a
   * version, and `--hash=sha256:` with 64 digits for each file that may be installed. What they need in turn has to be listed too. A line
   * without a hash is refused; and only wheels are installed, so that nothing is compiled.
   *
   * @default - boto3 and what it needs
   * @see https://pip.pypa.io/en/stable/topics/secure-installs/
   */
  readonly pythonRequirements?: string[];

  /**
   * Whether a running machine installs security updates once a day, with `dnf-automatic` or `unattended-upgrades`. It never restarts by
   * itself, and neither does a service: either could end an apply. What needs a restart waits for the next image.
   *
   * @default true
   */
  readonly securityUpdates?: boolean;

  /**
   * Whether people may come in with SSH, then without passwords and not as root. Otherwise the server is masked, and nothing listens on port
   * 22: Session Manager is how people come in.
   *
   * @default false
   */
  readonly ssh?: boolean;

  /**
   * How much of the disk the journal may take.
   *
   * @default Size.gibibytes(1)
   */
  readonly journalSize?: Size;
}
