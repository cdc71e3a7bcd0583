import { existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = [
  ...['/etc/sudoers.d/90-cloud-init-users', '/etc/locale.conf', '/etc/.updated', '/etc/aliases.db', '/etc/hostname', '/var/.updated'],
  ...['/var/log/audit/audit.log', '/var/log/boot.log', '/var/log/dmesg', '/var/log/cron', '/root/.ssh/authorized_keys'],
  ...['rsa', 'ecdsa', 'ed25519'].flatMap((kind) => [`/etc/ssh/ssh_host_${kind}_key`, `/etc/ssh/ssh_host_${kind}_key.pub`]),
];
const EMPTIED = ['/var/lib/cloud', '/var/tmp', '/var/log/journal', '/var/log/amazon/ssm'];

/**
 * What Image Builder removes of an image after its build, before anything is started from it: people's keys, the machine's own ones, and all
 * that a step has left in /var/tmp.
 *
 * @see https://docs.aws.amazon.com/imagebuilder/latest/userguide/security-best-practices.html
 */
export function cleanUp(root: string): void {
  for (const file of FILES) rmSync(join(root, file), { force: true });
  const home = join(root, 'home');
  for (const user of existsSync(home) ? readdirSync(home) : []) rmSync(join(home, user, '.ssh/authorized_keys'), { force: true });
  for (const directory of EMPTIED.map((path) => join(root, path)).filter((path) => existsSync(path))) {
    for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  }
  const id = join(root, 'etc/machine-id');
  if (existsSync(id) && statSync(id).size > 0) truncateSync(id);
  else writeFileSync(id, '');
}
