import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, step } from '../progress';
import { command } from './command';
import { findOnPath } from './on-path';

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function missingOf(names: string[]): Promise<string[]> {
  const listed = await command('dpkg-query', ['--list']);
  const present = new Set([...listed.matchAll(/^ii\s+([^\s:]+)/gm)].map(([, name]) => name));
  return names.filter((name) => !present.has(name));
}

/** Another run, or the machine's own upgrades, may be installing something. */
const PATIENT = ['-o', 'DPkg::Lock::Timeout=600'];

/**
 * Installs Debian packages when they are missing and this is root on a Debian; refuses in one sentence otherwise. A package whose program
 * is there is not missing, wherever the program came from.
 */
export async function debianPackages(...names: string[]): Promise<void> {
  const needed = names.filter((name) => !findOnPath(name));
  if (needed.length === 0) {
    return;
  }
  const asked = `install ${names.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new Failure(`please ${asked}: this machine has no apt-get to do it with`);
  }
  const missing = await missingOf(needed);
  if (missing.length === 0) {
    return;
  }
  if (!isRoot()) {
    throw new Failure(`please ${asked}: only root can (sudo apt-get install ${missing.join(' ')})`);
  }
  await step(`installing ${missing.join(', ')}`, async () => {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const install = [...PATIENT, 'install', '--yes', '--no-install-recommends', ...missing];
    try {
      await command('apt-get', install, { env });
    } catch {
      // A fresh machine has no package lists, or old ones whose files are gone from the mirror.
      await command('apt-get', [...PATIENT, 'update'], { env });
      await command('apt-get', install, { env });
    }
  });
}

interface AptSource {
  readonly addresses: string[];
  readonly suites: string[];
  readonly components: string[];
}

const words = (text = '') => text.split(/\s+/).filter((word) => word !== '');

/** The one-line form: `deb [options] address suite component...`. */
function oneLineSources(text: string): AptSource[] {
  return [...text.matchAll(/^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)$/gm)].map(([, address, suite, components]) => ({
    addresses: [address],
    suites: [suite],
    components: words(components),
  }));
}

/** The deb822 form: paragraphs of `Field: value`. */
function deb822Sources(text: string): AptSource[] {
  const field = (paragraph: string, name: string) => words(new RegExp(`^${name}:(.*)$`, 'im').exec(paragraph)?.[1]);
  return text.split(/\n\s*\n/).map((paragraph) => ({
    addresses: field(paragraph, 'URIs'),
    suites: field(paragraph, 'Suites'),
    components: field(paragraph, 'Components'),
  }));
}

function aptSources(etc: string): AptSource[] {
  const directory = join(etc, 'sources.list.d');
  const files = existsSync(directory) ? readdirSync(directory).sort() : [];
  return [join(etc, 'sources.list'), ...files.map((file) => join(directory, file))]
    .filter((file) => existsSync(file))
    .flatMap((file) => (file.endsWith('.sources') ? deb822Sources : oneLineSources)(readFileSync(file, 'utf8')));
}

// Other vendors' repositories also have a `main`, or are for Debian by their path; a mirror of Debian itself ends in its name.
const DEBIAN_PATH = /\/debian(\/\d{8}T\d{6}Z)?\/?$/;

/** The Debian mirror that this machine's apt uses; undefined when it has none (then debootstrap's own default is used). */
export function debianMirror(etc = '/etc/apt'): string | undefined {
  return aptSources(etc)
    .filter((source) => source.components.includes('main'))
    .flatMap((source) => source.addresses)
    .find((address) => DEBIAN_PATH.test(address));
}
