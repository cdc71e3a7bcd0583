import type { CommonLevelOptions } from '../../common-level-options';

/** What is behind a dash may be missing in a kernel. */
const HARDENING: { readonly [name: string]: string } = {
  'kernel.kptr_restrict': '2',
  'kernel.dmesg_restrict': '1',
  'kernel.unprivileged_bpf_disabled': '1',
  'kernel.core_pattern': '|/bin/false',
  // what a pull request runs has the server's own user, and must not read the server's memory
  '-kernel.yama.ptrace_scope': '2',
  'fs.suid_dumpable': '0',
  'fs.protected_hardlinks': '1',
  'fs.protected_symlinks': '1',
  'fs.protected_fifos': '2',
  'fs.protected_regular': '2',
  'net.ipv4.conf.all.rp_filter': '1',
  'net.ipv4.conf.default.rp_filter': '1',
  'net.ipv4.conf.all.accept_redirects': '0',
  'net.ipv4.conf.default.accept_redirects': '0',
  'net.ipv4.conf.all.secure_redirects': '0',
  'net.ipv4.conf.default.secure_redirects': '0',
  'net.ipv4.conf.all.send_redirects': '0',
  'net.ipv4.conf.default.send_redirects': '0',
  'net.ipv4.conf.all.accept_source_route': '0',
  'net.ipv4.conf.default.accept_source_route': '0',
  'net.ipv4.icmp_echo_ignore_broadcasts': '1',
  'net.ipv4.tcp_syncookies': '1',
  '-net.ipv6.conf.all.accept_redirects': '0',
  '-net.ipv6.conf.default.accept_redirects': '0',
  '-net.ipv6.conf.all.accept_source_route': '0',
  '-net.ipv6.conf.default.accept_source_route': '0',
};

/** The file that the kernel is set by when the machine starts. */
export function kernelSettings(options: Required<CommonLevelOptions>): string {
  const own = { ...options.tcpKeepalive._settings, 'fs.file-max': String(options.openFilesOfMachine), ...HARDENING };
  const given = Object.keys(options.kernelSettings);
  const kept = Object.entries(own).filter(([name]) => !given.includes(name.replace(/^-/, '')));
  return [...kept, ...Object.entries(options.kernelSettings)].map(([name, value]) => `${name} = ${value}\n`).join('');
}
