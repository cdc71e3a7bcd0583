/** The user `atlantis` of the published image. */
export const SERVER_UID = 100;
export const SERVER_GID = 1000;

export const SERVER_PORT = 4141;

/** Where each volume of the task is mounted, in both containers alike. */
export const PATHS = {
  /** The server's configuration while it starts, and its binary. */
  run: '/atlantis-run',
  /** Git credentials and the like: apart from the data, which may be on a shared file system and in backups. */
  home: '/home/atlantis',
  tmp: '/tmp',
  data: '/atlantis-data',
} as const;

export const VOLUMES = { run: 'atlantis-run', home: 'atlantis-home', tmp: 'tmp', data: 'atlantis-data' } as const;

/** How long a start may wait for the lock of a predecessor that was killed: NFS frees it after minutes. */
export const LOCK_WAIT_SECONDS = 180;
