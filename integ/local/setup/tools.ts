import { Failure } from '../progress';
import { isCached } from './cache';
import { download, type GoProgramName, nameInCache, provideProgram } from './go';
import { providePython } from './python';

export { debianPackages } from './debian';

/** The programs that the local cloud runs, by their paths in the cache. */
export interface Tools {
  /** An interpreter with the packages of requirements.txt. */
  readonly python: string;
  readonly atlantis: string;
  readonly tofu: string;
  readonly gitea: string;
  readonly relay: string;
}

const OLDEST_NODE = 20;

// What starts earlier is what more of the others wait for; the longest build is last.
const ORDER: GoProgramName[] = ['relay', 'atlantis', 'tofu', 'gitea'];

/** Downloads in the background; what fails here is reported by the build that misses it. */
async function downloadAhead(programs: GoProgramName[]): Promise<void> {
  for (const name of programs) {
    if (!isCached(nameInCache(name))) {
      await download(name).catch(() => undefined);
    }
  }
}

/** Builds or installs what is wanted and not yet in the cache. */
export async function provideTools(wanted: (keyof Tools)[] = ['python', ...ORDER]): Promise<Tools> {
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    throw new Failure(`Node.js ${OLDEST_NODE} or newer is needed: this is ${process.versions.node}`);
  }
  const programs = ORDER.filter((name) => wanted.includes(name));
  const paths: Partial<Record<keyof Tools, string>> = {};
  const python = wanted.includes('python') ? providePython() : undefined;
  python?.catch(() => undefined);
  const ahead = downloadAhead(programs);
  for (const name of programs) {
    paths[name] = await provideProgram(name);
  }
  await ahead;
  if (python) {
    paths.python = await python;
  }
  return paths as Tools;
}
