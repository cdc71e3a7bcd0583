import * as fs from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { Refusal } from '../refusal';
import type { Keys } from './access';

/** The file in which the AWS command line keeps keys. */
export const credentialsFile = (): string => process.env.AWS_SHARED_CREDENTIALS_FILE || path.join(homedir(), '.aws', 'credentials');

const configFile = (): string => process.env.AWS_CONFIG_FILE || path.join(homedir(), '.aws', 'config');

export function checkProfileName(name: string): void {
  if (!/^[\w+=,.@-]+$/.test(name)) throw new Refusal(`A profile is named like a user: got ${JSON.stringify(name)}.`);
}

/** Whether a profile is there: with keys, or with another way to credentials, such as IAM Identity Center. */
export const hasProfile = (name: string): boolean =>
  [...read(credentialsFile()), ...read(configFile())].some((line) => PROFILE.exec(headerOf(line) ?? '')?.[1] === name);

/** The profile whose keys these are. */
export function profileWith(accessKeyId: string, named: string | undefined): string | undefined {
  const lines = read(credentialsFile());
  const names = named !== undefined ? [named] : lines.flatMap((line) => headerOf(line) ?? []);
  return names.find((name) => {
    const section = sectionOf(lines, name);
    return section && lines.slice(section.start, section.end).some((line) => isSetting(line, 'aws_access_key_id', accessKeyId));
  });
}

/** Writes the keys of a profile, and leaves everything else in the file as it is. The old file is replaced at once, or not at all. */
export function writeKeys(name: string, { accessKeyId, secretAccessKey }: Keys): void {
  write(credentialsFile(), name, { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey }, ['aws_session_token']);
}

/** Gives a profile its region, unless it has one. */
export function writeRegion(name: string, region: string): void {
  const header = name === 'default' ? name : `profile ${name}`;
  const lines = read(configFile());
  const section = sectionOf(lines, header);
  if (section && lines.slice(section.start, section.end).some((line) => /^\s*region\s*=/.test(line))) return;
  write(configFile(), header, { region });
}

function read(file: string): string[] {
  try {
    return fs.readFileSync(file, 'utf8').split('\n');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw problem;
  }
}

/** In the configuration a name follows a word, and may be quoted. */
const PROFILE = /^(?:profile\s+)?["']?(.+?)["']?$/;
const headerOf = (line: string): string | undefined => /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
const isSetting = (line: string, key: string, value: string): boolean => {
  const [name, ...rest] = line.split('=');
  return name.trim() === key && rest.join('=').trim() === value;
};

/** The lines below a header. */
function sectionOf(lines: readonly string[], header: string): { start: number; end: number } | undefined {
  const start = lines.findIndex((line) => headerOf(line) === header) + 1;
  if (start === 0) return undefined;
  const next = lines.slice(start).findIndex((line) => headerOf(line) !== undefined);
  return { start, end: next === -1 ? lines.length : start + next };
}

function write(file: string, header: string, settings: Readonly<Record<string, string>>, dropped: readonly string[] = []): void {
  const lines = read(file);
  const set = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  const section = sectionOf(lines, header);
  if (section) {
    const gone = [...Object.keys(settings), ...dropped];
    const kept = lines.slice(section.start, section.end).filter((line) => !gone.includes(line.split('=')[0].trim()));
    lines.splice(section.start, section.end - section.start, ...set, ...kept);
  } else {
    while (lines.length > 0 && lines[lines.length - 1] === '') lines.pop();
    lines.push(...(lines.length > 0 ? [''] : []), `[${header}]`, ...set);
  }
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // A link, as dotfiles are kept, stays one.
  const target = fs.existsSync(file) ? fs.realpathSync(file) : file;
  const draft = `${target}.${process.pid}`;
  fs.writeFileSync(draft, `${lines.join('\n').trimEnd()}\n`, { mode: 0o600 });
  fs.renameSync(draft, target);
}
