import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { cacheDirectory, engineStateDirectory } from '../../integ/local/places';
import { until } from '../../integ/local/processes';
import { provideTools } from '../../integ/local/setup/tools';
import { Namespace, Start, traces } from './traces';

// With an engine of the user's, what it publishes would be in the machine's own network namespace, where others may start things as well.
const canRun = process.platform === 'linux' && process.getuid?.() === 0 && !fs.existsSync('/var/run/docker.sock');

const TASK = [process.execPath, '--import', 'tsx', path.join(__dirname, 'task.ts')];
const WAITING = ['sh', '-c', 'echo the command is running; sleep 600'];

(canRun ? describe : describe.skip)('the local cloud', () => {
  let namespace: Namespace;
  let cache: string;
  let before: ReturnType<typeof traces>;

  beforeAll(async () => {
    await provideTools(['python', 'relay']);
    cache = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-'));
    // Builds are not what is looked at here.
    for (const name of ['tools', 'python']) fs.symlinkSync(path.join(cacheDirectory(), name), path.join(cache, name));
    namespace = await Namespace.make();
    before = traces(namespace, cache);
  });

  afterAll(() => {
    namespace.end();
    fs.rmSync(cache, { recursive: true, force: true });
  });

  const start = (...args: string[]) => new Start(namespace, cache, args);

  function expectNothingLeft(): void {
    expect(traces(namespace, cache)).toEqual(before);
  }

  test('leaves nothing behind after a command that succeeds', async () => {
    const cloud = start('sh', '-c', 'test -n "$AWS_ENDPOINT_URL" && echo the command has run');
    expect(await cloud.ended).toBe(0);
    expect(cloud.output).toContain('the command has run');
    expectNothingLeft();
  });

  test('leaves nothing behind after a command that fails, and exits as it did', async () => {
    expect(await start('sh', '-c', 'exit 7').ended).toBe(7);
    expectNothingLeft();
  });

  test('leaves nothing behind after a command that cannot be run', async () => {
    const cloud = start('no-such-command');
    expect(await cloud.ended).toBe(1);
    expect(cloud.output).toMatch(/^no-such-command cannot be run: .*$/m);
    expectNothingLeft();
  });

  test('ends what a command has left running', async () => {
    expect(await start('sh', '-c', 'setsid sleep 600 > /dev/null 2>&1 &').ended).toBe(0);
    expectNothingLeft();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('leaves nothing behind after %s, with a task running', async (signal, code) => {
    const cloud = start(...TASK);
    await cloud.says('the task is running');
    expect(traces(namespace, cache).containers).toHaveLength(2);
    cloud.signal(signal);
    expect(await cloud.ended).toBe(code);
    expectNothingLeft();
  });

  /** The engine's process is there, and does not answer yet. */
  async function engineIsStarting(cloud: Start): Promise<void> {
    await cloud.says('▸ starting a Docker engine');
    const processId = path.join(engineStateDirectory(cache), 'dockerd.pid');
    expect(await until(() => fs.existsSync(processId), 10_000, 1)).toBe(true);
    expect(cloud.output).not.toContain('done in');
  }

  test('leaves nothing behind after SIGTERM while the engine starts', async () => {
    const cloud = start(...WAITING);
    await engineIsStarting(cloud);
    cloud.signal('SIGTERM');
    expect(await cloud.ended).toBe(143);
    expectNothingLeft();
  });

  test('is cleaned up by the next start after SIGKILL while the engine starts', async () => {
    const cloud = start(...WAITING);
    await engineIsStarting(cloud);
    cloud.signal('SIGKILL');
    expect(await cloud.ended).toBe('SIGKILL');
    expect(await start('true').ended).toBe(0);
    expectNothingLeft();
  });

  test.each(['starting a Docker engine', 'starting the network and its relay', 'starting the emulator', 'bootstrapping'])(
    'leaves nothing behind after SIGTERM while it is %s',
    async (step) => {
      const cloud = start(...WAITING);
      await cloud.says(`▸ ${step}`);
      cloud.signal('SIGTERM');
      expect(await cloud.ended).toBe(143);
      expectNothingLeft();
    },
  );

  test.each([
    'starting a Docker engine',
    'starting the network and its relay',
    'starting the emulator',
    'bootstrapping',
    'the task is running',
  ])('is cleaned up by the next start after SIGKILL at: %s', async (point) => {
    const cloud = start(...TASK);
    await cloud.says(point);
    cloud.signal('SIGKILL');
    expect(await cloud.ended).toBe('SIGKILL');
    expect(traces(namespace, cache)).not.toEqual(before);
    const next = start('echo', 'the command has run');
    expect(await next.ended).toBe(0);
    expect(next.output).toMatch(/cleaning up after cdk-atlantis-[0-9a-f]{8}, which was killed/);
    expectNothingLeft();
  });

  test('is cleaned up without another start after SIGKILL', async () => {
    const cloud = start(...TASK);
    await cloud.says('the task is running');
    cloud.signal('SIGKILL');
    await cloud.ended;
    const clean = start('--clean');
    expect(await clean.ended).toBe(0);
    expect(clean.output).toContain('cleaned up after 1 run');
    expectNothingLeft();
  });

  test('is cleaned up after SIGKILL of itself and its engine', async () => {
    const cloud = start(...TASK);
    await cloud.says('the task is running');
    cloud.signal('SIGKILL');
    await cloud.ended;
    process.kill(Number(fs.readFileSync(path.join(engineStateDirectory(cache), 'dockerd.pid'), 'utf8')), 'SIGKILL');
    expect(await start('true').ended).toBe(0);
    expectNothingLeft();
  });

  test('stays up with --keep until Ctrl-C, and says how to look at it', async () => {
    const cloud = start('--keep', 'true');
    await cloud.says('The local cloud stays up until Ctrl-C.');
    expect(cloud.output).toMatch(/^ {2}export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+$/m);
    cloud.signal('SIGINT');
    expect(await cloud.ended).toBe(130);
    expectNothingLeft();
  });

  test("leaves an engine of the user's up, and nothing in it, also after SIGKILL", async () => {
    const users = start(...WAITING);
    await users.says('the command is running');
    const host = `unix://${engineStateDirectory(cache)}/docker.sock`;
    const withoutIt = traces(namespace, cache);
    const cloud = new Start(namespace, cache, TASK, host);
    await cloud.says('the task is running');
    expect(cloud.output).toContain(`using the Docker engine at ${host}`);
    cloud.signal('SIGKILL');
    await cloud.ended;
    expect(await new Start(namespace, cache, ['true'], host).ended).toBe(0);
    expect(traces(namespace, cache)).toEqual(withoutIt);
    users.signal('SIGTERM');
    await users.ended;
    expectNothingLeft();
  });

  test('shares its engine with another start, and the last one to leave stops it', async () => {
    const first = start(...WAITING);
    await first.says('the command is running');
    const second = start(...TASK);
    await second.says('the task is running');
    expect(second.output).toContain('the Docker engine that another run has started');
    first.signal('SIGTERM');
    await first.ended;
    expect(traces(namespace, cache).containers).toHaveLength(2);
    second.signal('SIGTERM');
    await second.ended;
    expectNothingLeft();
  });
});
