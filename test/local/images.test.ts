import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Docker, provideEngine } from '../../integ/local/engine';
import { ownEngine } from '../../integ/local/own-engine';
import { cacheDirectory } from '../../integ/local/places';
import { until } from '../../integ/local/processes';
import { command } from '../../integ/local/setup/command';
import { ATLANTIS_IMAGE, BUILT_LABEL, GITEA_IMAGE, provideImages } from '../../integ/local/setup/images';

jest.setTimeout(40 * 60_000);

let docker: Docker;
let directory: string;
const environment = { ...process.env };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function labels(engine: Docker, image: string): Promise<string> {
  return engine.run(['image', 'inspect', '--format', '{{json .Config.Labels}}', image]);
}

function run(engine: Docker, image: string, program: string, ...args: string[]): Promise<string> {
  return engine.run(['run', '--rm', '--network', 'none', '--entrypoint', program, image, ...args]);
}

beforeAll(async () => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  docker = await provideEngine();
  await provideImages(docker, ['atlantis', 'gitea']);
});

beforeEach(() => {
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-images-'));
});

afterEach(() => {
  process.env = { ...environment };
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

afterAll(async () => {
  await docker.stop();
});

describe('an image that the engine has', () => {
  test('is not made again', async () => {
    const id = () => docker.run(['images', '--quiet', '--no-trunc', ATLANTIS_IMAGE]);
    const before = await id();
    await provideImages(docker, ['atlantis', 'gitea']);
    expect(await id()).toBe(before);
  });

  test('runs the pinned server as its user, with a Terraform or OpenTofu', async () => {
    expect(await run(docker, ATLANTIS_IMAGE, 'atlantis', 'version')).toContain('0.47.1');
    expect(await run(docker, ATLANTIS_IMAGE, 'tofu', 'version')).toContain('v1.12.5');
    expect(await run(docker, ATLANTIS_IMAGE, 'sh', '-c', 'echo $(id -u):$(id -g) $HOME')).toBe('100:1000 /home/atlantis\n');
  });

  test('says whether it was built here', async () => {
    const { how } = await provideImages(docker, ['atlantis']);
    expect((await labels(docker, ATLANTIS_IMAGE)).includes(BUILT_LABEL)).toBe(how === 'built');
  });
});

/** An engine without images, whose cache has what images are built of. */
async function emptyEngine(): Promise<Docker> {
  const cache = join(directory, 'cache');
  mkdirSync(cache);
  for (const name of ['tools', 'debian']) {
    symlinkSync(join(cacheDirectory(), name), join(cache, name));
  }
  process.env.CDK_ATLANTIS_CACHE = cache;
  return ownEngine();
}

// An engine without images is one of our own.
const canStart = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

(canStart ? test : test.skip)('an image that was built of other things than it would be now is replaced', async () => {
  const empty = await emptyEngine();
  try {
    const nothing = join(directory, 'nothing.tar');
    writeFileSync(nothing, Buffer.alloc(10_240));
    const former = await empty.run(['import', '--change', `LABEL ${BUILT_LABEL}=true`, nothing, GITEA_IMAGE]);
    await provideImages(empty, ['gitea']);
    expect(await run(empty, GITEA_IMAGE, 'gitea', '--version')).toContain('1.26.4');
    expect(await empty.run(['images', '--all', '--quiet', '--no-trunc'])).not.toContain(former.trim());
  } finally {
    await empty.stop();
  }
});

(canStart ? describe : describe.skip)('a registry of one’s own', () => {
  let registry: ChildProcess;
  let address: string;

  /** Debian's registry, unpacked only: installed, it would also be started, on all interfaces. */
  async function unpackRegistry(): Promise<string> {
    const download = () => command('apt-get', ['download', 'docker-registry'], { cwd: directory });
    await download().catch(async () => {
      await command('apt-get', ['update']);
      await download();
    });
    const [packed] = readdirSync(directory).filter((name) => name.endsWith('.deb'));
    await command('dpkg', ['--extract', join(directory, packed), join(directory, 'unpacked')]);
    return join(directory, 'unpacked', 'usr', 'bin', 'docker-registry');
  }

  async function startRegistry(): Promise<void> {
    address = `127.0.0.1:${await freePort()}`;
    const configuration = [
      'version: 0.1',
      'log: { level: error }',
      `storage: { filesystem: { rootdirectory: ${join(directory, 'registry')} } }`,
      `http: { addr: '${address}' }`,
    ];
    writeFileSync(join(directory, 'registry.yml'), configuration.join('\n'));
    registry = spawn(await unpackRegistry(), ['serve', join(directory, 'registry.yml')], { stdio: 'ignore' });
    const answers = () =>
      fetch(`http://${address}/v2/`, { signal: AbortSignal.timeout(1_000) }).then(
        (response) => response.ok,
        () => false,
      );
    expect(await until(answers, 10_000)).toBe(true);
  }

  async function push(path: string): Promise<void> {
    await docker.run(['push', '--quiet', `${address}/${path}`]);
    await docker.run(['rmi', `${address}/${path}`]);
  }

  beforeEach(startRegistry);

  afterEach(async () => {
    registry.kill();
    await once(registry, 'exit');
  });

  test('gives the images to an engine that has none, under their own names', async () => {
    await docker.run(['tag', ATLANTIS_IMAGE, `${address}/runatlantis/atlantis:v0.47.1`]);
    await push('runatlantis/atlantis:v0.47.1');
    // One of them is enough for the time that a whole image takes.
    const standIn = join(directory, 'stand-in.tar');
    writeFileSync(standIn, Buffer.alloc(10_240));
    await docker.run(['import', '--change', 'LABEL stand-in=true', standIn, `${address}/gitea/gitea:1.26.4`]);
    await push('gitea/gitea:1.26.4');
    process.env.CDK_ATLANTIS_REGISTRY = address;
    const empty = await emptyEngine();
    try {
      expect(await provideImages(empty, ['atlantis', 'gitea'])).toEqual({ how: 'pulled' });
      expect(await run(empty, ATLANTIS_IMAGE, 'atlantis', 'version')).toContain('0.47.1');
      expect(await labels(empty, GITEA_IMAGE)).toContain('stand-in');
    } finally {
      await empty.stop();
    }
  });

  test('that lacks an image is named in the refusal, and nothing is built instead', async () => {
    process.env.CDK_ATLANTIS_REGISTRY = address;
    await expect(provideImages(docker, ['gitea'])).rejects.toThrow(`${GITEA_IMAGE} could not be pulled from ${address}`);
  });
});

describe('a registry that takes connections and says nothing', () => {
  test('is given up after 15 seconds', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env.CDK_ATLANTIS_REGISTRY = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const started = Date.now();
    await expect(provideImages(docker, ['gitea'])).rejects.toThrow(/did not answer within 15 s/);
    expect(Date.now() - started).toBeLessThan(25_000);
    server.close();
  });
});
