import * as fs from 'node:fs';
import * as path from 'node:path';
import { command } from '../../integ/local/setup/command';
import { providePython } from '../../integ/local/setup/python';
import { pacmak } from './pacmak';

const CONSUMER = path.resolve(__dirname, '../consume/python');

/** A Python of its own that holds the wheel and, from a hashed list, what the wheel needs. Returns its interpreter. */
export async function installWheel(directory: string): Promise<string> {
  const built = await pacmak('python', directory);
  const [wheel] = fs.readdirSync(built).filter((name) => name.endsWith('.whl'));
  const needed = await providePython(path.join(CONSUMER, 'requirements.txt'));
  const clean = path.join(directory, 'venv');
  await command('python3', ['-m', 'venv', '--without-pip', clean]);
  const python = path.join(clean, 'bin/python');
  const [lib] = fs.readdirSync(path.join(clean, 'lib'));
  const installed = path.join(clean, 'lib', lib, 'site-packages');
  fs.writeFileSync(path.join(installed, 'needed.pth'), `${(await command(needed, ['-c', SITE_PACKAGES])).trim()}\n`);
  await command(needed, ['-m', 'pip', 'install', '--quiet', '--no-deps', '--no-index', '--target', installed, path.join(built, wheel)]);
  await command(python, ['-c', 'import cdk_atlantis']);
  return python;
}

const SITE_PACKAGES = 'import sysconfig; print(sysconfig.get_path("purelib"))';

export async function synthesizePython(python: string, app: string, ...args: string[]): Promise<void> {
  await command(python, [app, ...args], { env: { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' } });
}
