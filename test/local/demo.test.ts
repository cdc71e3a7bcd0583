import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Docker, RUN_LABEL } from '../../integ/local/docker';
import { provideEngine } from '../../integ/local/engine';
import { provideImages } from '../../integ/local/setup/images';

jest.setTimeout(40 * 60_000);

const ROOT = join(__dirname, '..', '..');
const DEMO = [process.execPath, '--import', 'tsx', join(ROOT, 'integ', 'local', 'demo.ts')];

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly seconds: number;
}

class Demo {
  output = '';
  readonly ended: Promise<Ended>;
  readonly process: ChildProcess;

  constructor(args: string[], options: { env?: NodeJS.ProcessEnv; prefix?: string[] } = {}) {
    const started = performance.now();
    const [program, ...rest] = [...(options.prefix ?? []), ...DEMO, ...args];
    const env = { ...process.env, CDK_ATLANTIS_RUN: undefined, ...options.env };
    this.process = spawn(program, rest, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    this.ended = new Promise((resolve) =>
      this.process.on('close', (code) => resolve({ code, output: this.output, seconds: (performance.now() - started) / 1000 })),
    );
  }
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-demo-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('without an engine', () => {
  const sentences = (output: string) => output.split('\n').filter((line) => line !== '' && !/▸|failed after/.test(line));

  test('that DOCKER_HOST names, the demo says so in one sentence within 10 seconds', async () => {
    const { code, output, seconds } = await new Demo([], { env: { DOCKER_HOST: `unix://${directory}/none.sock` } }).ended;
    expect(code).toBe(1);
    expect(sentences(output)).toEqual([expect.stringMatching(/^No Docker engine answers at .*none\.sock, which DOCKER_HOST names\.$/)]);
    expect(seconds).toBeLessThan(10);
  });

  // In a user namespace that maps nobody, root is not root, but may still read its files.
  const canTry = process.platform === 'linux' && process.getuid?.() === 0 && !existsSync('/var/run/docker.sock');
  (canTry ? test : test.skip)('and without root, the demo says so in one sentence within 10 seconds', async () => {
    const env = { DOCKER_HOST: undefined, HOME: directory, CDK_ATLANTIS_CACHE: join(directory, 'cache'), XDG_RUNTIME_DIR: undefined };
    const { code, output, seconds } = await new Demo([], { env, prefix: ['unshare', '--user'] }).ended;
    expect(code).toBe(1);
    expect(sentences(output)).toEqual([expect.stringMatching(/^No Docker engine answers: start Docker, or run this as root/)]);
    expect(seconds).toBeLessThan(10);
  });
});

test('an option that there is not is answered with those that there are', async () => {
  const { code, output } = await new Demo(['--keeep']).ended;
  expect(code).toBe(1);
  expect(output).toMatch(/'--keeep'[\s\S]*usage: npm run demo/);
});

describe('with an engine', () => {
  let docker: Docker;

  beforeAll(async () => {
    const silent = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    docker = await provideEngine();
    await provideImages(docker, ['atlantis', 'gitea']);
    silent.mockRestore();
  });

  afterAll(async () => {
    await docker.stop();
  });

  /** The example, changed; beside the packages that it imports. */
  async function demoOf(change: (example: string) => string, ...args: string[]): Promise<Demo> {
    const example = readFileSync(join(ROOT, 'examples', 'fargate', 'app.ts'), 'utf8').replaceAll('../../src', join(ROOT, 'src'));
    const changed = change(example);
    mkdirSync(directory, { recursive: true });
    const file = join(directory, 'app.ts');
    writeFileSync(file, changed);
    return new Demo(['--example', file, ...args], { env: { DOCKER_HOST: docker.host, NODE_PATH: join(ROOT, 'node_modules') } });
  }

  async function expectNothingLeft(output: string): Promise<void> {
    const label = new RegExp(`label (${RUN_LABEL}=\\S+)`).exec(output)?.[1];
    expect(label).toBeDefined();
    for (const list of [
      ['ps', '--all'],
      ['network', 'ls'],
      ['volume', 'ls'],
    ]) {
      expect(await docker.run([...list, '--quiet', '--filter', `label=${label}`])).toBe('');
    }
  }

  test('the demo takes a pull request from its plan to its merge, and leaves nothing behind', async () => {
    const { code, output } = await new Demo([], { env: { DOCKER_HOST: docker.host } }).ended;
    const value = /opening a pull request that adds (hello-[0-9a-f]{8})/.exec(output)?.[1];
    expect(output).toContain(`+ input  = "${value}"`);
    expect(output).toMatch(/Apply Failed.*must be approved/);
    expect(output).toContain('Apply complete! Resources: 1 added');
    expect(output).toContain(`greeting = "${value}"`);
    expect(code).toBe(0);
    await expectNothingLeft(output);
  });

  test('a server that does not want the repository fails the demo, which shows its answer and its log, and cleans up', async () => {
    const demo = await demoOf((example) => example.replace('gitea.example.com/acme/*', 'gitea.example.com/others/*'));
    const { code, output } = await demo.ended;
    expect(code).toBe(1);
    expect(output).toMatch(/the plan: expected hello-[0-9a-f]{8} in the server's comment, which is:\n[\s\S]*not allowlisted/);
    expect(output).toMatch(/last lines of container [0-9a-f]+:\n[\s\S]*│ .*"msg":"Atlantis started/);
    await expectNothingLeft(output);
  });

  test('a deployment that fails is reported with the reason, and cleaned up', async () => {
    const demo = await demoOf((example) => example.replace("'atlantis/gitea'", "'no/such/secret'"));
    const { code, output } = await demo.ended;
    expect(code).toBe(1);
    expect(output).toMatch(/CREATE_FAILED[\s\S]*no\/such\/secret/);
    await expectNothingLeft(output);
  });

  test('a demo that is kept stays up until it is interrupted, and is then removed', async () => {
    const demo = await demoOf((example) => example, '--keep');
    const says = new Promise<void>((resolve) => {
      const check = () => demo.output.includes('Everything stays up') && resolve();
      demo.process.stdout?.on('data', check);
      demo.process.stderr?.on('data', check);
    });
    await Promise.race([says, demo.ended]);
    const forge = /the forge +(http:\/\/127\.0\.0\.1:\d+)/.exec(demo.output)?.[1];
    expect((await fetch(`${forge}/api/healthz`)).status).toBe(200);
    demo.process.kill('SIGINT');
    const { code, output } = await demo.ended;
    expect(code).toBe(130);
    await expectNothingLeft(output);
  });
});
