import { Lazy, Size } from 'aws-cdk-lib';
import { type CommonLevelOptions, ImageLevel, ImageOs, TcpKeepalive } from '../../src';
import { documentsOfLevel, filesOfLevel, refusalOfLevel, stepsOf, valuesOf } from './levels';

const KERNEL = '/etc/sysctl.d/99-zz-cdk-atlantis.conf';
const REQUIREMENTS = '/usr/share/cdk-atlantis/python-requirements.txt';
const SIX = `attrs==25.3.0 --hash=sha256:${'a'.repeat(64)} --hash=sha256:${'b'.repeat(64)}`;

const files = (options: CommonLevelOptions = {}, os = ImageOs.DEBIAN_12) => filesOfLevel(ImageLevel.common(options), { os });
const documents = (options: CommonLevelOptions = {}, os = ImageOs.DEBIAN_12) => documentsOfLevel(ImageLevel.common(options), { os });
const packagesOf = (options: CommonLevelOptions, os: ImageOs) =>
  valuesOf(documents(options, os)['common-packages'], 'build', 'Install').PACKAGES.split(' ');

describe('the defaults of the common level', () => {
  test('CommonLevelOptions.tcpKeepalive left out: probes after 60 seconds, then each 10, 6 of them', () => {
    expect(files()[KERNEL]).toBe(files({ tcpKeepalive: TcpKeepalive.standard() })[KERNEL]);
    expect(files()[KERNEL]).toContain('net.ipv4.tcp_keepalive_time = 60\n');
  });

  test('CommonLevelOptions.openFilesOfMachine left out: 1048576', () => {
    expect(files()[KERNEL]).toContain('\nfs.file-max = 1048576\n');
    expect(files({ openFilesOfMachine: 99_999 })[KERNEL]).toContain('\nfs.file-max = 99999\n');
  });

  test('CommonLevelOptions.openFilesOfProcess left out: 65536, for sessions and for services', () => {
    expect(files()['/etc/security/limits.d/90-cdk-atlantis.conf']).toBe(
      '* - nofile 65536\n* - core 0\nroot - nofile 65536\nroot - core 0\n',
    );
    expect(files()['/etc/systemd/system.conf.d/90-cdk-atlantis.conf']).toBe('[Manager]\nDefaultLimitNOFILE=65536\nDefaultLimitCORE=0\n');
    expect(files({ openFilesOfProcess: 4096 })['/etc/systemd/system.conf.d/90-cdk-atlantis.conf']).toContain('DefaultLimitNOFILE=4096\n');
    expect(valuesOf(documents({ openFilesOfProcess: 4096 })['common-limits'], 'test', 'Limits').OPEN_FILES).toBe('4096');
  });

  test('CommonLevelOptions.kernelSettings left out: nobody attaches to a process but root, and no redirects are taken', () => {
    expect(files()[KERNEL].split('\n')).toEqual(
      expect.arrayContaining([
        '-kernel.yama.ptrace_scope = 2',
        'kernel.core_pattern = |/bin/false',
        'kernel.dmesg_restrict = 1',
        'net.ipv4.conf.all.accept_redirects = 0',
        'fs.protected_symlinks = 1',
      ]),
    );
  });

  test('CommonLevelOptions.runUser left out: atlantis', () => {
    expect(valuesOf(documents()['common-settings'], 'build', 'RunUser').RUN_USER).toBe('atlantis');
    const named = documents({ runUser: 'api' });
    expect(valuesOf(named['common-settings'], 'validate', 'RunUser').RUN_USER).toBe('api');
    expect(valuesOf(named['common-limits'], 'test', 'Limits').RUN_USER).toBe('api');
  });

  test('CommonLevelOptions.runUserId left out: 4141', () => {
    expect(valuesOf(documents()['common-settings'], 'build', 'RunUser').RUN_USER_ID).toBe('4141');
    expect(valuesOf(documents({ runUserId: 5000 })['common-settings'], 'validate', 'RunUser').RUN_USER_ID).toBe('5000');
  });

  test('CommonLevelOptions.packages left out: what a service wants of each system', () => {
    const debian = ['git', 'git-lfs', 'jq', 'unzip', 'chrony', 'curl', 'ca-certificates', 'python3', 'python3-venv', 'unattended-upgrades'];
    expect(packagesOf({}, ImageOs.DEBIAN_12)).toEqual(debian);
    expect(packagesOf({}, ImageOs.UBUNTU_24_04)).toEqual(debian);
    expect(packagesOf({}, ImageOs.AMAZON_LINUX_2023)).toEqual(
      ['git', 'jq', 'unzip', 'tar', 'gzip', 'chrony', 'amazon-chrony-config', 'amazon-cloudwatch-agent'].concat([
        ...['python3.11', 'python3.11-pip', 'dnf-automatic'],
      ]),
    );
  });

  test('CommonLevelOptions.pythonRequirements left out: boto3 and what it needs, each with its hash', () => {
    const lines = files()
      [REQUIREMENTS].split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.map((line) => line.split('==')[0])).toEqual([
      ...['boto3', 'botocore', 'jmespath', 'python-dateutil', 's3transfer', 'six', 'urllib3'],
    ]);
    expect(lines.filter((line) => !/^[\w-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}$/.test(line))).toEqual([]);
  });

  test('CommonLevelOptions.securityUpdates left out: once a day, without a restart of the machine or of services', () => {
    const apt = files()['/etc/apt/apt.conf.d/90cdk-atlantis'];
    expect(apt).toContain('APT::Periodic::Unattended-Upgrade "1";');
    expect(apt).toContain('Unattended-Upgrade::Automatic-Reboot "false";');
    expect(files()['/etc/needrestart/conf.d/90-cdk-atlantis.conf']).toContain("$nrconf{restart} = 'l';");
    const dnf = files({}, ImageOs.AMAZON_LINUX_2023)['/etc/dnf/automatic.conf'];
    expect(dnf.split('\n')).toEqual(expect.arrayContaining(['upgrade_type = security', 'apply_updates = yes', 'reboot = never']));
  });

  test('CommonLevelOptions.ssh left out: the server is masked, and nothing may listen on port 22', () => {
    const { 'common-settings': settings } = documents();
    expect(valuesOf(settings, 'build', 'LessToAttack').SSH).toBe('false');
    expect(valuesOf(settings, 'test', 'Services').SSH).toBe('false');
  });

  test('CommonLevelOptions.journalSize left out: one gibibyte', () => {
    expect(files()['/etc/systemd/journald.conf.d/90-cdk-atlantis.conf']).toBe('[Journal]\nStorage=persistent\nSystemMaxUse=1024M\n');
    const { '/etc/systemd/journald.conf.d/90-cdk-atlantis.conf': journal } = files({ journalSize: Size.mebibytes(100) });
    expect(journal).toContain('SystemMaxUse=100M\n');
  });
});

describe('the common level', () => {
  test('brings the system up to date before anything else', () => {
    const [first] = Object.values(documents());
    expect(stepsOf(first, 'build')[1]).toEqual({ name: 'Update', action: 'UpdateOS' });
  });

  test.each([ImageOs.DEBIAN_12, ImageOs.UBUNTU_24_04])('on %s, waits before that until the machine updates nothing by itself', (os) => {
    const [wait, update] = stepsOf(documents({}, os)['common-packages'], 'build');
    expect([wait.name, update.name]).toEqual(['WaitForBoot', 'Update']);
    expect(wait.inputs.commands).toContainEqual(expect.stringContaining('systemctl stop "$unit.timer" "$unit.service"'));
  });

  test.each([true, false])('on Amazon Linux, has the update see the newest release; with security updates: %s', (securityUpdates) => {
    const steps = stepsOf(documents({ securityUpdates }, ImageOs.AMAZON_LINUX_2023)['common-packages'], 'build');
    expect(steps.slice(0, 3).map(({ name }) => name)).toEqual(['NewestRelease', 'Update', 'Install']);
    expect(steps[0].inputs).toEqual([expect.objectContaining({ path: '/etc/dnf/vars/releasever', content: 'latest\n' })]);
  });

  test('takes the time from Amazon, and only from there', () => {
    expect(files()['/etc/chrony/sources.d/cdk-atlantis.sources']).toBe('server 169.254.169.123 prefer iburst minpoll 4 maxpoll 4\n');
    expect(packagesOf({}, ImageOs.AMAZON_LINUX_2023)).toContain('amazon-chrony-config');
  });

  test('installs more packages, and each once', () => {
    const packages = packagesOf({ packages: ['htop', 'jq'] }, ImageOs.DEBIAN_12);
    expect(packages.slice(-1)).toEqual(['htop']);
    expect(packages.filter((name) => name === 'jq')).toEqual(['jq']);
  });

  test('a setting of the kernel that is given takes the place of its own', () => {
    const lines = files({ kernelSettings: { 'kernel.yama.ptrace_scope': '1', 'vm.swappiness': '1', 'fs.file-max': '5' } })[KERNEL];
    expect(lines.split('\n').filter((line) => /ptrace_scope|swappiness|file-max/.test(line))).toEqual([
      'kernel.yama.ptrace_scope = 1',
      'vm.swappiness = 1',
      'fs.file-max = 5',
    ]);
  });

  test('without security updates, nothing of them is installed', () => {
    const names = stepsOf(documents({ securityUpdates: false })['common-packages'], 'build').map(({ name }) => name);
    expect(names).toEqual(['WaitForBoot', 'Update', 'Install']);
    expect(packagesOf({ securityUpdates: false }, ImageOs.AMAZON_LINUX_2023)).not.toContain('dnf-automatic');
    expect(packagesOf({ securityUpdates: false }, ImageOs.UBUNTU_24_04)).not.toContain('unattended-upgrades');
  });

  test('with SSH, nobody comes in with a password or as root', () => {
    const { 'common-settings': settings } = documents({ ssh: true });
    expect(valuesOf(settings, 'build', 'LessToAttack').SSH).toBe('true');
    const lines = files({ ssh: true })['/etc/ssh/sshd_config.d/10-cdk-atlantis.conf'].split('\n');
    expect(lines).toEqual(expect.arrayContaining(['PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PermitRootLogin no']));
  });

  test('further Python packages come behind its own', () => {
    expect(
      files({ pythonRequirements: [SIX] })
        [REQUIREMENTS].trimEnd()
        .split('\n')
        .slice(-1),
    ).toEqual([SIX]);
  });

  test('Amazon Linux has a newer Python than its own for it', () => {
    const interpreter = (os: ImageOs) => valuesOf(documents({}, os)['common-python'], 'build', 'Install').PYTHON;
    expect(Object.values(ImageOs).map(interpreter)).toEqual(['python3.11', 'python3', 'python3']);
  });
});

describe('wrong options are refused:', () => {
  const UNKNOWN = Lazy.string({ produce: () => 'x' });
  const NUMBER = Lazy.number({ produce: () => 1 });

  test.each<[CommonLevelOptions, string]>([
    [{ openFilesOfMachine: 1 }, 'openFilesOfMachine: got 1; give a whole number from 8192 to 9007199254740991'],
    [{ openFilesOfProcess: 2 ** 21 }, 'openFilesOfProcess: got 2097152; give a whole number from 1024 to 1048576'],
    [{ openFilesOfProcess: NUMBER }, 'openFilesOfProcess: got a number that only the deployment knows; give a whole number from 1024 to'],
    [{ runUserId: 999 }, 'runUserId: got 999; give a whole number from 1000 to 60000'],
    [{ runUser: 'Root' }, 'runUser: got "Root"; start with a small letter, then small letters, digits and dashes'],
    [{ runUser: UNKNOWN }, '; start with a small letter, then small letters, digits and dashes'],
    [{ kernelSettings: { swappiness: '1' } }, 'kernelSettings: got the name "swappiness"; give it with dots, such as vm.swappiness'],
    [{ kernelSettings: { 'vm.swappiness': '1\nkernel.x = 1' } }, 'for vm.swappiness; give a value of one line, known at synth'],
    [{ packages: ['jq=1.6'] }, 'packages: got "jq=1.6"; give the name of a package, without a version'],
    [{ packages: ['--force'] }, 'packages: got "--force"; give the name of a package, without a version'],
    [
      { pythonRequirements: ['requests==2.32.3'] },
      'got "requests==2.32.3"; give a name, a version and its hashes, such as six==1.17.0 --hash=sha256: with 64 digits',
    ],
    [{ pythonRequirements: [`requests>=2 --hash=sha256:${'a'.repeat(64)}`] }, '--hash=sha256: with 64 digits'],
    [
      { pythonRequirements: [`Python_Dateutil==1.0 --hash=sha256:${'a'.repeat(64)}`] },
      'pythonRequirements: has python-dateutil, which this level installs already; leave it out',
    ],
    [{ journalSize: Size.mebibytes(NUMBER) }, 'journalSize: got a size that only the deployment knows; give 16 MiB or more'],
    [{ journalSize: Size.mebibytes(8) }, 'journalSize: got 8 MiB; give 16 MiB or more, of which systemd makes files'],
  ])('%j', (options, message) => {
    const refusal = refusalOfLevel(ImageLevel.common(options));
    expect(refusal).toContain('[Level] common.');
    expect(refusal).toContain(message);
  });

  test('all of them at once', () => {
    expect(refusalOfLevel(ImageLevel.common({ runUserId: 1, packages: ['a b'], tcpKeepalive: undefined }))).toContain('2 problems:');
  });
});
