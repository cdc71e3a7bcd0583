import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, keyOf } from './cache';
import { command } from './command';
import { debianMirror, debianPackages } from './debian';
import { meanwhile } from './meanwhile';

const SUITE = 'bookworm';

// Those of the published images; gettext-base has envsubst, which Gitea's start script calls.
const PACKAGES = ['ca-certificates', 'curl', 'dumb-init', 'gettext-base', 'git', 'git-lfs', 'openssh-client'];

// What debootstrap leaves behind of its work, and what the container runtime mounts.
const LEFT_OUT = ['./dev/*', './proc/*', './sys/*', './tmp/*', './var/cache/apt/*', './var/lib/apt/lists/*', './var/log/*'];

export const DEBIAN_ROOT_KEY = keyOf(SUITE, ...PACKAGES, ...LEFT_OUT);

/** A tar file with the root of a small Debian, which images are made on where no container registry is reachable. */
export async function debianRoot(): Promise<string> {
  const directory = await cached(join('debian', DEBIAN_ROOT_KEY), (unfinished) =>
    meanwhile(`making the root of a Debian ${SUITE}`, async () => {
      await debianPackages('debootstrap');
      const root = join(unfinished, 'root');
      const mirror = debianMirror();
      // In namespaces of its own, so that what debootstrap mounts and starts goes away with it, however it ends.
      await command(
        'unshare',
        [
          ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
          ...['debootstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`, SUITE, root],
          ...(mirror ? [mirror] : []),
        ],
        { env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' }, heartbeat: () => 'still making the root of a Debian' },
      );
      const excludes = LEFT_OUT.map((path) => `--exclude=${path}`);
      await command('tar', ['--numeric-owner', ...excludes, '--directory', root, '--create', '--file', join(unfinished, 'root.tar'), '.']);
      rmSync(root, { recursive: true });
    }),
  );
  return join(directory, 'root.tar');
}
