import { appendFileSync, chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GoProgramName, provideProgram, sourcesOf } from './go';

/** The published images, by the names that task definitions and the forge use. */
export const ATLANTIS_IMAGE = 'ghcr.io/runatlantis/atlantis:v0.47.1';
export const GITEA_IMAGE = 'gitea/gitea:1.26.4';

export type ImageName = 'atlantis' | 'gitea';

export interface ImageContents {
  /** The published image that this one stands for. */
  readonly image: string;
  readonly programs: GoProgramName[];
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string };
  /** Changes to the configuration, as of a Dockerfile; those of the published image. */
  readonly changes: string[];
  /** Lays what comes on top of the Debian root below a directory. */
  layOut(root: Layout): Promise<void>;
}

/** The root of an image in the making. */
export class Layout {
  constructor(readonly directory: string) {}

  private at(path: string): string {
    const target = join(this.directory, path);
    mkdirSync(dirname(target), { recursive: true });
    return target;
  }

  program(path: string, from: string): void {
    copyFileSync(from, this.at(path));
    chmodSync(this.at(path), 0o755);
  }

  script(path: string, ...lines: string[]): void {
    writeFileSync(this.at(path), `${lines.join('\n')}\n`, { mode: 0o755 });
  }

  tree(path: string, from: string): void {
    cpSync(from, this.at(path), { recursive: true });
  }

  folder(path: string, uid: number, gid: number): void {
    mkdirSync(this.at(path), { recursive: true });
    chownSync(this.at(path), uid, gid);
  }

  account({ name, uid, gid, home }: ImageContents['user']): void {
    appendFileSync(this.at('etc/passwd'), `${name}:x:${uid}:${gid}::${home}:/bin/bash\n`);
    appendFileSync(this.at('etc/group'), `${name}:x:${gid}:\n`);
  }
}

const atlantis: ImageContents = {
  image: ATLANTIS_IMAGE,
  programs: ['atlantis', 'tofu'],
  user: { name: 'atlantis', uid: 100, gid: 1000, home: '/home/atlantis' },
  changes: ['USER atlantis', 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["server"]', 'EXPOSE 4141', 'WORKDIR /'],
  async layOut(root) {
    root.program('usr/local/bin/docker-entrypoint.sh', join(await sourcesOf('atlantis'), 'docker-entrypoint.sh'));
    root.program('usr/local/bin/atlantis', await provideProgram('atlantis'));
    root.program('usr/local/bin/tofu', await provideProgram('tofu'));
    root.folder('docker-entrypoint.d', 0, 0);
    root.folder('home/atlantis', 100, 1000);
  },
};

const gitea: ImageContents = {
  image: GITEA_IMAGE,
  programs: ['gitea'],
  user: { name: 'git', uid: 1000, gid: 1000, home: '/data/git' },
  changes: [
    'ENV USER=git',
    'ENV GITEA_CUSTOM=/data/gitea',
    // The published binary carries its templates and pages, which a Go build alone cannot.
    'ENV GITEA__server__STATIC_ROOT_PATH=/app/gitea',
    'VOLUME ["/data"]',
    'ENTRYPOINT ["/usr/bin/entrypoint"]',
    // The published image has a supervisor here, for an SSH server too, which nothing of ours uses.
    'CMD ["dumb-init", "sh", "-c", "cd /etc/s6/gitea && exec ./run"]',
    'EXPOSE 3000',
    'WORKDIR /',
  ],
  async layOut(root) {
    const sources = await sourcesOf('gitea');
    const scripts = join(sources, 'docker', 'root');
    for (const script of ['usr/bin/entrypoint', 'usr/local/bin/gitea', 'usr/local/bin/environment-to-ini']) {
      root.program(script, join(scripts, script));
    }
    for (const file of ['etc/s6/gitea/run', 'etc/s6/gitea/setup', 'etc/templates/app.ini']) {
      root.program(file, join(scripts, file));
    }
    root.script(
      'usr/local/bin/su-exec',
      '#!/bin/sh',
      'user=$1',
      'shift',
      'export HOME=$(getent passwd "$user" | cut -d: -f6)',
      'exec setpriv --reuid "$user" --regid "$user" --init-groups "$@"',
    );
    root.program('app/gitea/gitea', await provideProgram('gitea'));
    for (const folder of ['templates', 'options', 'public']) {
      root.tree(`app/gitea/${folder}`, join(sources, folder));
    }
  },
};

export const IMAGES: Record<ImageName, ImageContents> = { atlantis, gitea };
