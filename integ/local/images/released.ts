import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, keyOf } from '../setup/cache';
import { command } from '../setup/command';
import { terraformOnPath } from '../setup/host-terraform';
import { provideTools } from '../setup/tools';

export type ProgramName = 'atlantis' | 'terraform' | 'opentofu' | 'terragrunt' | 'conftest';

/** A program's release, as its publisher has it. */
export interface Release {
  readonly program: ProgramName;
  readonly version: string;
}

/** What is published, and what of it is not the program itself. */
export interface Published {
  /** Files by their addresses, without `https://`. */
  readonly files: Map<string, Buffer>;
  readonly standIns: Release[];
}

interface Kind {
  /** The folder of a release's files. */
  readonly folder: (version: string) => string;
  readonly archive: (version: string) => string;
  readonly list: (version: string) => string;
  /** The program's name in the archive; without one, the file is the program. */
  readonly entry?: string;
  /** What the program prints for its version, as far as checks read it. */
  readonly says: (version: string) => string;
}

const GO_ARCHITECTURE = process.arch === 'x64' ? 'amd64' : 'arm64';
const UNAME = process.arch === 'x64' ? 'x86_64' : 'arm64';
const github = (repository: string) => (version: string) => `github.com/${repository}/releases/download/v${version}`;

const KINDS: Record<ProgramName, Kind> = {
  atlantis: {
    folder: github('runatlantis/atlantis'),
    archive: () => `atlantis_linux_${GO_ARCHITECTURE}.zip`,
    list: () => 'checksums.txt',
    entry: 'atlantis',
    says: (version) => `atlantis ${version}`,
  },
  terraform: {
    folder: (version) => `releases.hashicorp.com/terraform/${version}`,
    archive: (version) => `terraform_${version}_linux_${GO_ARCHITECTURE}.zip`,
    list: (version) => `terraform_${version}_SHA256SUMS`,
    entry: 'terraform',
    says: (version) => `Terraform v${version}`,
  },
  opentofu: {
    folder: github('opentofu/opentofu'),
    archive: (version) => `tofu_${version}_linux_${GO_ARCHITECTURE}.zip`,
    list: (version) => `tofu_${version}_SHA256SUMS`,
    entry: 'tofu',
    says: (version) => `OpenTofu v${version}`,
  },
  terragrunt: {
    folder: github('gruntwork-io/terragrunt'),
    archive: () => `terragrunt_linux_${GO_ARCHITECTURE}`,
    list: () => 'SHA256SUMS',
    says: (version) => `terragrunt version v${version}`,
  },
  conftest: {
    folder: github('open-policy-agent/conftest'),
    archive: (version) => `conftest_${version}_Linux_${UNAME}.tar.gz`,
    list: () => 'checksums.txt',
    entry: 'conftest',
    says: (version) => `Conftest: ${version}`,
  },
};

/** The program itself, where this machine has it or can make it. */
async function programOf(program: ProgramName): Promise<string | undefined> {
  if (program === 'atlantis') return (await provideTools(['atlantis'])).atlantis;
  if (program === 'opentofu') return (await provideTools(['tofu'])).tofu;
  return program === 'terraform' ? terraformOnPath()?.path : undefined;
}

async function isOfVersion(path: string, { program, version }: Release): Promise<boolean> {
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '/dev/null' };
  const said = await command(path, ['version'], { onlyEnv: env }).catch(() => '');
  return said.split('\n')[0].startsWith(KINDS[program].says(version));
}

// Only what stands for a program that cannot be had here, and says so.
const standIn = (says: string) => `#!/bin/sh\necho '${says} (a stand-in: the program could not be had)'\n`;

const ZIP = `import sys, zipfile
archive, program, entry = sys.argv[1:]
with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
    opened.write(program, entry)
`;

async function pack(archive: string, directory: string, entry: string): Promise<void> {
  const file = join(directory, archive);
  const program = join(directory, entry);
  if (archive.endsWith('.zip')) await command('python3', ['-c', ZIP, file, program, entry]);
  else await command('tar', ['--create', '--gzip', '--owner=0', '--group=0', '--file', file, '--directory', directory, entry]);
  rmSync(program);
}

async function archiveOf(release: Release): Promise<{ readonly content: Buffer; readonly isStandIn: boolean }> {
  const kind = KINDS[release.program];
  const archive = kind.archive(release.version);
  const found = await programOf(release.program);
  const real = found && (await isOfVersion(found, release)) ? found : undefined;
  const text = standIn(kind.says(release.version));
  const origin = real ? [real, String(statSync(real).size), String(statSync(real).mtimeMs)] : [text];
  const directory = await cached(join('released', `${release.program}-${keyOf(archive, ZIP, ...origin)}`), async (unfinished) => {
    const program = join(unfinished, kind.entry ?? archive);
    if (real) copyFileSync(real, program);
    else writeFileSync(program, text);
    chmodSync(program, 0o755);
    if (kind.entry) await pack(archive, unfinished, kind.entry);
  });
  return { content: readFileSync(join(directory, archive)), isStandIn: real === undefined };
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** What the publishers have of releases: archives of the real programs, and lists of their checksums in the form that each publisher has. */
export async function published(releases: Release[]): Promise<Published> {
  const files = new Map<string, Buffer>();
  const standIns: Release[] = [];
  for (const release of releases) {
    const kind = KINDS[release.program];
    const folder = kind.folder(release.version);
    const archive = kind.archive(release.version);
    const { content, isStandIn } = await archiveOf(release);
    if (isStandIn) standIns.push(release);
    files.set(`${folder}/${archive}`, content);
    // A list has a line for each system: only the right one may be read.
    const another = archive.replace('linux', 'darwin').replace('Linux', 'Darwin');
    files.set(`${folder}/${kind.list(release.version)}`, Buffer.from(`${'0'.repeat(64)}  ${another}\n${sha256(content)}  ${archive}\n`));
  }
  return { files, standIns };
}
