import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, note } from '../progress';
import { cached, isCached, keyOf } from '../setup/cache';
import { command } from '../setup/command';
import { debianMirror, debianPackages } from '../setup/debian';
import { meanwhile } from '../setup/meanwhile';
import { executeFirst } from './executors';

/** The systems whose image can be tried here; Amazon Linux has no public archive that a root is made of. */
export type RootName = 'debian-12' | 'ubuntu-24.04';

interface RootKind {
  readonly title: string;
  readonly suite: string;
  readonly components: string;
  readonly mirror: () => string;
  /** Suites beside the one that the root is made of, each with its own address. */
  readonly updates: (mirror: string) => string[];
  /** Arguments for debootstrap: the keys of an archive that is not this machine's. */
  readonly keys: (work: string) => Promise<string[]>;
  /** The script that debootstrap goes by, since an older one has no link for a newer suite. */
  readonly script: string;
  readonly packages: string[];
}

// What the publisher's EC2 image has, as far as a build may rely on it; cloud-init and the kernel are left out: nothing is booted by them.
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'systemd-resolved', 'dbus', 'udev', 'apt', 'ca-certificates', 'curl', 'python3', 'iproute2', 'procps'],
  ...['kmod', 'e2fsprogs', 'gpgv', 'gnupg', 'openssl', 'netbase', 'openssh-server', 'sudo', 'systemd-timesyncd', 'locales', 'less'],
];

const UBUNTU = process.arch === 'x64' ? 'http://archive.ubuntu.com/ubuntu' : 'http://ports.ubuntu.com/ubuntu-ports';

// The keys of Ubuntu's archive come with it: only these bytes are taken.
const UBUNTU_KEYS = 'pool/main/u/ubuntu-keyring/ubuntu-keyring_2023.11.28.1_all.deb';
const UBUNTU_KEYS_SHA256 = '36de43b15853ccae0028e9a767613770c704833f82586f28eb262f0311adb8a8';

async function ubuntuKeys(work: string): Promise<string[]> {
  const file = join(work, 'keys.deb');
  await command('curl', ['--silent', '--show-error', '--fail', '--max-time', '60', '--output', file, `${UBUNTU}/${UBUNTU_KEYS}`]);
  const found = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (found !== UBUNTU_KEYS_SHA256)
    throw new Failure(`The keys of Ubuntu's archive have the digest ${found}, and not ${UBUNTU_KEYS_SHA256}`);
  await command('dpkg-deb', ['--extract', file, join(work, 'keys')]);
  return [`--keyring=${join(work, 'keys', 'usr/share/keyrings/ubuntu-archive-keyring.gpg')}`];
}

const KINDS: Record<RootName, RootKind> = {
  'debian-12': {
    title: 'Debian 12',
    suite: 'bookworm',
    components: 'main',
    mirror: () => debianMirror() ?? 'http://deb.debian.org/debian',
    updates: (mirror) => [`${mirror} bookworm-updates`, `${mirror.replace(/\/debian(\/|$)/, '/debian-security$1')} bookworm-security`],
    keys: async () => [],
    script: 'sid',
    packages: PACKAGES,
  },
  'ubuntu-24.04': {
    title: 'Ubuntu 24.04',
    suite: 'noble',
    components: 'main,universe',
    mirror: () => UBUNTU,
    updates: (mirror) => [`${mirror} noble-updates`, `${mirror} noble-security`],
    keys: ubuntuKeys,
    script: 'gutsy',
    packages: PACKAGES,
  },
};

// What debootstrap leaves behind of its work, and what each machine has of its own.
const LEFT_OUT = [
  ...['./dev/*', './proc/*', './sys/*', './run/*', './tmp/*', './var/lib/apt/lists/*', './var/log/bootstrap.log'],
  ...['./var/cache/apt/archives/*.deb', './var/cache/apt/*.bin'],
];

// A change of what `finish` does: it is not seen in the packages.
const REVISION = '3';

function nameInCache(kind: RootKind): string {
  return join('roots', `${kind.suite}-${keyOf(kind.suite, kind.components, ...kind.packages, ...LEFT_OUT, REVISION)}`);
}

/** Brings a fresh root to what the publisher's image is like when Image Builder starts it. */
function finish(root: string, kind: RootKind, mirror: string): void {
  const components = kind.components.replaceAll(',', ' ');
  const lines = [`${mirror} ${kind.suite}`, ...kind.updates(mirror)].map((from) => `deb ${from} ${components}\n`);
  writeFileSync(join(root, 'etc/apt/sources.list'), lines.join(''));
  // As in the publishers' images, where the network's name servers are those of systemd-resolved.
  rmSync(join(root, 'etc/resolv.conf'), { force: true });
  symlinkSync('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
  writeFileSync(join(root, 'etc/hostname'), 'localhost\n');
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n');
  writeFileSync(join(root, 'etc/machine-id'), '');
}

/** The publishers renew their images all the time, so that a build finds little to update. */
async function update(root: string, unfinished: string, kind: RootKind): Promise<void> {
  const file = join(unfinished, 'update.json');
  const steps = [
    { name: 'Update', action: 'UpdateOS' },
    { name: 'Clean', action: 'ExecuteBash', inputs: { commands: ['apt-get clean'] } },
  ];
  writeFileSync(file, JSON.stringify({ schemaVersion: '1.0', phases: [{ name: 'build', steps }] }));
  const { code, printed } = await executeFirst(['--root', root], ['--document', file]);
  if (code !== 0) throw new Failure(`The root of ${kind.title} cannot be updated:\n${printed}`);
  rmSync(file);
}

async function make(kind: RootKind, unfinished: string): Promise<void> {
  await debianPackages('debootstrap');
  const root = join(unfinished, 'root');
  const mirror = kind.mirror();
  const keys = await kind.keys(unfinished);
  // In namespaces of its own, so that what debootstrap mounts and starts goes away with it, however it ends.
  await command(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
      ...['debootstrap', '--variant=minbase', ...keys, `--components=${kind.components}`, `--include=${kind.packages.join(',')}`],
      ...[kind.suite, root, mirror, join('/usr/share/debootstrap/scripts', kind.script)],
    ],
    { env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' }, heartbeat: () => `still making the root of ${kind.title}` },
  );
  finish(root, kind, mirror);
  await update(root, unfinished, kind);
  const excludes = LEFT_OUT.map((path) => `--exclude=${path}`);
  await command('tar', ['--numeric-owner', ...excludes, '--directory', root, '--create', '--file', join(unfinished, 'root.tar'), '.']);
  rmSync(root, { recursive: true });
  rmSync(join(unfinished, 'keys'), { recursive: true, force: true });
  rmSync(join(unfinished, 'keys.deb'), { force: true });
}

/** Whether the archive that a root is made of answers; a mirror that does not is not waited for. */
async function answers(kind: RootKind): Promise<boolean> {
  const release = `${kind.mirror()}/dists/${kind.suite}/Release`;
  return command('curl', ['--silent', '--fail', '--location', '--max-time', '20', '--output', '/dev/null', release]).then(
    () => true,
    () => false,
  );
}

/**
 * A tar file with a root that stands for the publisher's image of a system. Undefined, with the reason printed, when its archive cannot be
 * had: what is built for that system is then only read by linters.
 */
export async function provideRoot(name: RootName, mirror?: string): Promise<string | undefined> {
  const kind = { ...KINDS[name], ...(mirror === undefined ? {} : { mirror: () => mirror }) };
  const cachedName = nameInCache(kind);
  if (!isCached(cachedName) && !(await answers(kind))) {
    note(`${kind.title}: linted only, its archive ${kind.mirror()} did not answer`);
    return undefined;
  }
  const directory = await cached(cachedName, (unfinished) => meanwhile(`making a root of ${kind.title}`, () => make(kind, unfinished)));
  return join(directory, 'root.tar');
}

/** A fresh copy of a root in a directory, which is made. */
export async function layOut(root: string, directory: string): Promise<void> {
  if (existsSync(directory)) throw new Failure(`${directory} is there already.`);
  mkdirSync(directory, { recursive: true });
  await command('tar', ['--numeric-owner', '--directory', directory, '--extract', '--file', root]);
}
