import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Docker } from '../docker';
import { exclusively } from '../lock';
import { cacheDirectory } from '../places';
import { Failure, note, step } from '../progress';
import { keyOf } from './cache';
import { command, lastLines } from './command';
import { DEBIAN_ROOT_KEY, debianRoot } from './debian-root';
import { dockerCommand } from './docker-command';
import { nameInCache } from './go';
import { terraformOnPath } from './host-terraform';
import { IMAGES, type ImageContents, type ImageName, Layout } from './image-contents';
import { provideTools } from './tools';

export { ATLANTIS_IMAGE, GITEA_IMAGE, type ImageName } from './image-contents';

/** Marks the images that were built here, in contrast to the published ones. */
export const BUILT_LABEL = 'org.cdk-atlantis.built';
const INPUTS_LABEL = 'org.cdk-atlantis.inputs';

export type ImageOrigin = 'pulled' | 'built';

// A registry that is there names the image's first layer well within this time.
const REGISTRY_PATIENCE = 15_000;

/** A registry to pull from instead of the public ones, for machines with a mirror. */
const registry = () => process.env.CDK_ATLANTIS_REGISTRY;

/** Where an image is under a registry of one's own: its path there is the same, without the public registry's host. */
function nameInRegistry(image: string, prefix: string): string {
  return `${prefix}/${image.replace(/^[^/]+\.[^/]+\//, '')}`;
}

async function labelsOf(docker: Docker, image: string): Promise<Record<string, string> | undefined> {
  try {
    return JSON.parse(await docker.run(['image', 'inspect', '--format', '{{json .Config.Labels}}', image])) ?? {};
  } catch {
    return undefined;
  }
}

function inputsOf(contents: ImageContents): string {
  const terraform = terraformOnPath();
  return keyOf(
    DEBIAN_ROOT_KEY,
    readFileSync(join(__dirname, 'image-contents.ts')),
    ...contents.programs.map((name) => nameInCache(name)),
    terraform && contents.programs.includes('tofu') ? terraform.key : '',
  );
}

/** Pulls an image, from the given registry when there is one; it is then also known by its own name. */
async function pull(docker: Docker, image: string): Promise<void> {
  const prefix = registry();
  const reference = prefix ? nameInRegistry(image, prefix) : image;
  await step(`pulling ${reference}`, async () => {
    await dockerCommand(docker, ['pull', reference], { firstOutputWithin: REGISTRY_PATIENCE, heartbeat: () => 'still pulling' });
    if (reference !== image) {
      await docker.run(['tag', reference, image]);
    }
  });
}

function checkCanBuild(reasons: string): void {
  const able = process.platform === 'linux' && process.getuid?.() === 0;
  if (!able) {
    throw new Failure(`no container registry answered (${reasons}), and only root on Linux can build the images instead`);
  }
}

async function idOf(docker: Docker, image: string): Promise<string> {
  return (await docker.run(['images', '--quiet', '--no-trunc', image])).trim();
}

async function build(docker: Docker, contents: ImageContents): Promise<void> {
  const terraform = contents.programs.includes('tofu') ? terraformOnPath() : undefined;
  const base = await debianRoot();
  await step(`building ${contents.image}`, async () => {
    mkdirSync(cacheDirectory(), { recursive: true });
    const work = mkdtempSync(join(cacheDirectory(), 'image-'));
    try {
      const layout = new Layout(join(work, 'root'));
      mkdirSync(layout.directory);
      await command('tar', ['--numeric-owner', '--directory', layout.directory, '--extract', '--file', base]);
      layout.account(contents.user);
      await contents.layOut(layout);
      if (terraform) {
        layout.program('usr/local/bin/terraform', terraform.path);
      }
      const tar = join(work, 'image.tar');
      await command('tar', ['--numeric-owner', '--directory', layout.directory, '--create', '--file', tar, '.']);
      const labels = [`LABEL ${BUILT_LABEL}=true`, `LABEL ${INPUTS_LABEL}=${inputsOf(contents)}`];
      const changes = [...contents.changes, ...labels].flatMap((change) => ['--change', change]);
      const former = await idOf(docker, contents.image);
      await docker.run(['import', ...changes, tar, contents.image]);
      if (former) {
        // It would stay without a name; a container of another run may still use it.
        await docker.run(['rmi', former]).catch(() => undefined);
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    const tools = terraform ? `${contents.programs.join(', ')} and this machine's terraform` : contents.programs.join(' and ');
    note(`the real ${tools}, on a Debian root: not the published image, which no registry gave`);
  });
}

/** How the engine already has an image, if it does: a built one counts only while it is what would be built now. */
async function present(docker: Docker, contents: ImageContents): Promise<ImageOrigin | undefined> {
  const labels = await labelsOf(docker, contents.image);
  if (!labels) {
    return undefined;
  }
  if (labels[BUILT_LABEL] !== 'true') {
    return 'pulled';
  }
  return labels[INPUTS_LABEL] === inputsOf(contents) ? 'built' : undefined;
}

/** Pulls what can be pulled, and returns what is left, with the reasons. */
async function pullAll(docker: Docker, missing: ImageContents[]): Promise<{ left: ImageContents[]; reasons: string }> {
  for (const [index, contents] of missing.entries()) {
    try {
      await pull(docker, contents.image);
    } catch (problem) {
      const reason = lastLines((problem as Error).message, 1);
      if (registry()) {
        throw new Failure(`${contents.image} could not be pulled from ${registry()}: ${reason}`, { cause: problem });
      }
      note(`not pulled: ${reason}`);
      return { left: missing.slice(index), reasons: reason };
    }
  }
  return { left: [], reasons: '' };
}

/**
 * Leaves the images in the engine under the names of the published ones: as they are when the engine has them, else pulled,
 * else built from the Go modules on a Debian root. Prints which.
 */
export async function provideImages(docker: Docker, wanted: ImageName[]): Promise<{ how: ImageOrigin }> {
  return exclusively(join(cacheDirectory(), 'images.lock'), () => provide(docker, wanted), 40 * 60_000);
}

async function provide(docker: Docker, wanted: ImageName[]): Promise<{ how: ImageOrigin }> {
  const origins = new Map<ImageContents, ImageOrigin | undefined>();
  for (const name of wanted) {
    origins.set(IMAGES[name], registry() ? undefined : await present(docker, IMAGES[name]));
  }
  const missing = [...origins.keys()].filter((contents) => !origins.get(contents));
  const { left, reasons } = await pullAll(docker, missing);
  for (const contents of missing) {
    origins.set(contents, left.includes(contents) ? 'built' : 'pulled');
  }
  if (left.length > 0) {
    checkCanBuild(reasons);
    await Promise.all([debianRoot(), provideTools(left.flatMap(({ programs }) => programs))]);
    for (const contents of left) {
      await build(docker, contents);
    }
  }
  for (const [contents, origin] of origins) {
    note(`image ${contents.image}: ${origin === 'pulled' ? 'the published one' : 'built here (the real programs on a Debian root)'}`);
  }
  return { how: [...origins.values()].includes('built') ? 'built' : 'pulled' };
}
