import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';

/** A package of which something is in the bundle. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The text of its licence, where it brings one. */
  readonly text?: string;
}

/** What may be shipped within a package under Apache-2.0. */
const ALLOWED = ['Apache-2.0', 'MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause'];

/** The packages that bundled files are of, by name and version. */
export function packagesIn(files: readonly string[], root: string): Bundled[] {
  const homes = new Set(
    files.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter((home) => home !== undefined),
  );
  const packages = [...homes].map((home) => read(path.join(root, home)));
  const byName = new Map(packages.map((found) => [`${found.name}@${found.version}`, found]));
  return [...byName.keys()].sort().map((key) => byName.get(key) as Bundled);
}

function read(home: string): Bundled {
  const { name, version, license } = JSON.parse(fs.readFileSync(path.join(home, 'package.json'), 'utf8'));
  const file = fs.readdirSync(home).find((entry) => /^licen[cs]e/i.test(entry));
  return { name, version, license: String(license), text: file && fs.readFileSync(path.join(home, file), 'utf8').trim() };
}

/** The file that goes with the bundle. A text that several packages share stands once. Refuses a licence that was not looked at. */
export function licencesOf(packages: readonly Bundled[]): string {
  const refused = packages.filter(({ license }) => !ALLOWED.includes(license));
  if (refused.length > 0) {
    throw new Failure(`the bundle holds ${refused.map(({ name, license }) => `${name} under ${license}`).join(', ')}`);
  }
  // A package of the AWS SDK that brings no text is under the one that the others bring.
  const apache = packages.find(({ license, text }) => license === 'Apache-2.0' && text !== undefined)?.text;
  const texts = new Map<string, Bundled[]>();
  for (const found of packages) {
    const text = found.text ?? (found.license === 'Apache-2.0' ? apache : undefined);
    if (text === undefined) throw new Failure(`${found.name} brings no text of its licence, ${found.license}`);
    texts.set(text, [...(texts.get(text) ?? []), found]);
  }
  const parts = [...texts].map(
    ([text, sharing]) => `${sharing.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n')}\n\n${text}`,
  );
  return `The command cdk-atlantis holds parts of these packages.\n\n${parts.join(`\n\n${'='.repeat(80)}\n\n`)}\n`;
}
