import * as fs from 'node:fs';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';
import { command } from '../../integ/local/setup/command';
import { pacmak } from './pacmak';

const ROOT = path.resolve(__dirname, '../..');

/** What a user needs: compiled code, the command in one file with the licences of what is in it, its types, the assembly for other languages, and what npm wants. */
const HELD = [
  /^lib\/(?!cli\/).*\.(js|d\.ts)$/,
  /^lib\/cli\/(cdk-atlantis\.js|THIRD-PARTY-LICENSES\.txt)$/,
  /^\.jsii$/,
  /^(LICENSE|README\.md|package\.json)$/,
];
const NEEDED = [
  ...['.jsii', 'LICENSE', 'README.md', 'lib/index.d.ts', 'lib/index.js', 'package.json'],
  ...['lib/cli/cdk-atlantis.js', 'lib/cli/THIRD-PARTY-LICENSES.txt'],
];

/** The oldest versions that are tested; `npm run test:newest` tries the newest ones. */
const PEERS: Readonly<Record<string, string>> = { 'aws-cdk-lib': '^2.257.0', constructs: '^10.5.1' };

/** The tarball, as it is published. */
export async function packNpm(directory: string): Promise<string> {
  const packed = await pacmak('js', directory);
  const [tarball] = fs.readdirSync(packed).filter((name) => name.endsWith('.tgz'));
  return path.join(packed, tarball);
}

export async function listTarball(tarball: string): Promise<string[]> {
  const listed = await command('tar', ['--list', '--file', tarball]);
  return listed
    .split('\n')
    .filter((name) => name !== '' && !name.endsWith('/'))
    .map((name) => name.replace(/^package\//, ''));
}

/** Refuses files that no user needs, and a package that lacks one that every user needs. */
export function checkFiles(files: readonly string[]): void {
  const extra = files.filter((file) => !HELD.some((pattern) => pattern.test(file)));
  const missing = NEEDED.filter((file) => !files.includes(file));
  if (extra.length > 0) throw new Failure(`the package holds what no user needs: ${extra.join(', ')}`);
  if (missing.length > 0) throw new Failure(`the package lacks ${missing.join(', ')}`);
}

/** Refuses any dependency but the two peers. */
export function checkDependencies(manifest: Readonly<Record<string, unknown>>): void {
  for (const kind of ['dependencies', 'optionalDependencies', 'bundledDependencies', 'bundleDependencies']) {
    const named = Object.keys(manifest[kind] ?? {});
    if (named.length > 0) throw new Failure(`the package has ${kind}: ${named.join(', ')}`);
  }
  const named = (peers: object) =>
    Object.entries(peers)
      .map((peer) => peer.join(' '))
      .sort()
      .join(', ');
  const peers = named(manifest.peerDependencies ?? {});
  if (peers !== named(PEERS)) throw new Failure(`the peers are ${peers}, not ${named(PEERS)}`);
}

/** An empty app with the package and its peers at their floors, as a user installs them. Returns the app's directory. */
export async function makeEmptyApp(tarball: string, directory: string): Promise<string> {
  const { devDependencies } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  fs.mkdirSync(directory, { recursive: true });
  const dependencies = {
    'cdk-atlantis': `file:${tarball}`,
    ...Object.fromEntries(Object.keys(PEERS).map((peer) => [peer, devDependencies[peer]])),
  };
  fs.writeFileSync(path.join(directory, 'package.json'), JSON.stringify({ name: 'app', private: true, dependencies }));
  await command('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  return directory;
}

export function installedManifest(app: string): Record<string, unknown> {
  return JSON.parse(fs.readFileSync(path.join(app, 'node_modules/cdk-atlantis/package.json'), 'utf8'));
}

/** What was installed beside the package and what its peers need themselves. */
export function checkInstalled(app: string): void {
  const lock = JSON.parse(fs.readFileSync(path.join(app, 'package-lock.json'), 'utf8'));
  const ofPeers = Object.keys(lock.packages['node_modules/aws-cdk-lib'].dependencies);
  const expected = new Set(['cdk-atlantis', ...Object.keys(PEERS), ...ofPeers]);
  const extra = Object.keys(lock.packages)
    .map((installed) => installed.replace(/^node_modules\//, ''))
    .filter((name) => name !== '' && !name.includes('/node_modules/') && !expected.has(name));
  if (extra.length > 0) throw new Failure(`the package brings ${extra.join(', ')}`);
}

/** Type-checks a copy of an app of ours in the empty app, where it imports the package by its name, and synthesizes it. */
export async function synthesize(app: string, source: string, ...args: string[]): Promise<void> {
  const name = `${path.basename(path.dirname(source))}.ts`;
  const code = fs.readFileSync(path.join(ROOT, source), 'utf8').replace(/'(\.\.\/)+src'/, "'cdk-atlantis'");
  fs.writeFileSync(path.join(app, name), code);
  const bin = path.join(ROOT, 'node_modules/.bin');
  const types = ['--typeRoots', path.join(ROOT, 'node_modules/@types'), '--types', 'node'];
  await command(path.join(bin, 'tsc'), [...['--noEmit', '--strict', '--module', 'node16', '--target', 'es2022'], ...types, name], {
    cwd: app,
  });
  await command(path.join(bin, 'tsx'), [name, ...args], { cwd: app });
}
