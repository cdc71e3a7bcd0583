import * as fs from 'node:fs';
import { command } from './setup/command';

/** Mount points at and below a directory, the deepest first. */
function mountsBelow(directory: string): string[] {
  if (!fs.existsSync('/proc/self/mountinfo')) return [];
  return fs
    .readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))))
    .filter((point) => point === directory || point.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length);
}

export async function unmountBelow(directory: string): Promise<void> {
  for (const point of mountsBelow(directory)) await command('umount', ['--lazy', point]);
}
