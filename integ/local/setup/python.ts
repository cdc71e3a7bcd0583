import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Failure } from '../progress';
import { cached, keyOf } from './cache';
import { command, lastLines, MissingCommand } from './command';
import { meanwhile } from './meanwhile';

const ROOT = join(__dirname, '..', '..', '..');

export const REQUIREMENTS = join(ROOT, 'integ', 'local', 'requirements.txt');

const OLDEST = [3, 10];

/** The version of the machine's Python, refused in one sentence when there is none or an old one. */
async function pythonVersion(): Promise<string> {
  const wanted = `Python ${OLDEST.join('.')} or newer (python3, with its venv module) is needed`;
  let version: string;
  try {
    version = (await command('python3', ['-c', 'import ensurepip, platform; print(platform.python_version())'])).trim();
  } catch (problem) {
    const found = problem instanceof MissingCommand ? 'there is none on the PATH' : lastLines((problem as Error).message, 1);
    throw new Failure(`${wanted}: ${found}`, { cause: problem });
  }
  const [major, minor] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Failure(`${wanted}: this is ${version}`);
  }
  return version;
}

/** A Python with exactly the packages of a requirements file, whose hashes pip checks. Returns its interpreter. */
export async function providePython(requirements = REQUIREMENTS): Promise<string> {
  const name = join('python', keyOf(await pythonVersion(), readFileSync(requirements)));
  const directory = await cached(name, (unfinished) =>
    meanwhile(`installing the Python packages of ${relative(ROOT, requirements)}`, async () => {
      await command('python3', ['-m', 'venv', unfinished]);
      await command(join(unfinished, 'bin', 'python'), [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'],
        ...['--require-hashes', '--requirement', requirements],
      ]);
    }),
  );
  return join(directory, 'bin', 'python');
}
