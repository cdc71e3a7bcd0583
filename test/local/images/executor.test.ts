import * as fs from 'node:fs';
import * as http from 'node:http';
import type * as net from 'node:net';
import { executeFirst, executeSecond } from '../../../integ/local/images/executors';
import { bash, CAN_RUN, document, Workspace } from './workspace';

(CAN_RUN ? describe : describe.skip).each([
  ['the first executor', executeFirst],
  ['the second executor', executeSecond],
])('%s', (_which, execute) => {
  const workspace = new Workspace();
  let root: string;

  beforeAll(async () => {
    root = await workspace.debian();
  });

  afterAll(() => workspace.remove());

  // biome-ignore lint/suspicious/noExplicitAny: documents have no types
  const run = (...documents: any[]) => execute(['--root', root], workspace.documents(...documents));
  const read = (file: string) => fs.readFileSync(`${root}${file}`, 'utf8');

  test('runs steps as root within the root, with parameters, outputs and loops', async () => {
    const steps = [
      bash('Who', 'echo "$(id -un) of $(. /etc/os-release; echo $ID)"'),
      { name: 'Folder', action: 'CreateFolder', inputs: [{ path: '/opt/made', permissions: '0750', group: 'adm' }] },
      {
        ...{ name: 'File', action: 'CreateFile' },
        inputs: [
          { path: '/opt/made/file', content: '{{ Greeting }}: {{ build.Who.outputs.stdout }}\n', permissions: '0640', owner: 'games' },
        ],
      },
      {
        ...bash('Each', 'echo "{{ loop.index }} {{ loop.value }} in {{ build.File.inputs[0].path }}" >> /opt/made/file'),
        loop: { forEach: ['a', 'b'] },
      },
    ];
    const parameters = [{ Greeting: { type: 'string', default: 'hello' } }];
    const { code, printed } = await run(document(steps, { parameters }));
    expect(printed).toContain('File: done after');
    expect(code).toBe(0);
    expect(read('/opt/made/file')).toBe('hello: root of debian\n0 a in /opt/made/file\n1 b in /opt/made/file\n');
    const stats = fs.statSync(`${root}/opt/made/file`);
    expect([stats.mode & 0o7777, stats.uid, fs.statSync(`${root}/opt/made`).mode & 0o7777]).toEqual([0o640, 5, 0o750]);
  });

  test('fails where a step fails, with its name, its exit code and its last lines, and runs nothing after it', async () => {
    const steps = [bash('Good', 'true'), bash('Bad', 'echo so far >&2', 'exit 3'), bash('Never', 'touch /opt/never')];
    const { code, printed } = await run(document(steps));
    expect(code).toBe(1);
    expect(printed).toMatch(/component Example, phase build, step Bad .*failed.*exit code 3/);
    expect(printed).toContain('so far');
    expect(fs.existsSync(`${root}/opt/never`)).toBe(false);
  });

  test('fails an image whose validate phase fails', async () => {
    const phases = [
      { name: 'build', steps: [bash('Build', 'touch /opt/built')] },
      { name: 'validate', steps: [bash('Check', 'test -e /opt/another')] },
    ];
    const { code, printed } = await run({ name: 'Example', schemaVersion: '1.0', phases });
    expect(code).toBe(1);
    expect(printed).toMatch(/component Example, phase validate, step Check .*failed/);
  });

  test('goes on after a failure as the step says', async () => {
    const bad = bash('Bad', 'exit 1');
    const next = bash('Next', 'echo next >> /opt/next');
    expect((await run(document([{ ...bad, onFailure: 'Ignore' }, next]))).code).toBe(0);
    expect((await run(document([{ ...bad, onFailure: 'Continue' }, next]))).code).toBe(1);
    expect(read('/opt/next')).toBe('next\nnext\n');
  });

  test('tries a step as often as it says', async () => {
    const counted = ['echo attempt >> /opt/attempts', '[ "$(wc -l < /opt/attempts)" = 3 ]'];
    expect((await run(document([{ ...bash('Count', ...counted), maxAttempts: 3 }]))).code).toBe(0);
  });

  test('ends a step that takes longer than its time limit', async () => {
    const { code, printed } = await run(document([{ ...bash('Slow', 'sleep 60'), timeoutSeconds: 1 }]));
    expect(code).toBe(1);
    expect(printed).toContain('it took longer than');
  });

  test('restarts and runs the step again after the exit code 194', async () => {
    const again = bash('Again', 'if [ -e /opt/first ]; then touch /opt/second; exit 0; fi', 'touch /opt/first', 'exit 194');
    expect((await run(document([again, { name: 'Restart', action: 'Reboot' }, bash('After', 'touch /opt/after')]))).code).toBe(0);
    for (const file of ['second', 'after']) expect(fs.existsSync(`${root}/opt/${file}`)).toBe(true);
  });

  test('leaves nothing of its own in the root, and starts no service', async () => {
    const steps = [
      bash('Service', 'invoke-rc.d ssh start || [ "$?" = 101 ]', 'systemctl enable ssh.service', 'systemctl daemon-reload'),
      bash('Names', 'getent hosts publisher.example | grep 127.99.9.9', 'echo more > /run/more', 'echo more > /tmp/more'),
    ];
    const hosts = ['--host', 'publisher.example=127.99.9.9'];
    const { code, printed } = await execute(['--root', root], workspace.documents(document(steps)), { more: hosts });
    expect([code, code === 0 ? '' : printed]).toEqual([0, '']);
    expect(fs.existsSync(`${root}/usr/sbin/policy-rc.d`)).toBe(false);
    expect(read('/etc/hosts')).not.toContain('publisher.example');
    for (const directory of ['/run', '/tmp', '/dev', '/proc', '/sys']) expect(fs.readdirSync(`${root}${directory}`)).toEqual([]);
    expect(fs.readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(root);
  });

  test('does not let a step change the settings of the machine that the image is made on', async () => {
    const before = fs.readFileSync('/proc/sys/kernel/panic', 'utf8');
    try {
      const { code, printed } = await run(document([bash('Setting', 'echo 60 > /proc/sys/kernel/panic')]));
      expect(code).toBe(1);
      expect(printed).toContain('Read-only file system');
      expect(fs.readFileSync('/proc/sys/kernel/panic', 'utf8')).toBe(before);
    } finally {
      fs.writeFileSync('/proc/sys/kernel/panic', before);
    }
  });

  describe('a download', () => {
    const server = http.createServer((request, response) =>
      request.url === '/file' ? response.end('content') : response.writeHead(404).end(),
    );
    const digest = 'ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73';
    let address: string;

    beforeAll(async () => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      address = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
    });

    afterAll(() => server.close());

    const download = (path: string, checksum: string, destination = '/opt/downloads/') =>
      document([
        {
          ...{ name: 'Get', action: 'WebDownload' },
          inputs: [{ source: `${address}${path}`, destination, checksum, algorithm: 'SHA256' }],
        },
      ]);

    test('is saved when it has its checksum', async () => {
      expect((await run(download('/file', digest))).code).toBe(0);
      expect(read('/opt/downloads/file')).toBe('content');
    });

    test('fails the image when its checksum is another one', async () => {
      const wrong = digest.replace('e', 'f');
      const { code, printed } = await run(download('/file', wrong, '/opt/wrong'));
      expect(code).toBe(1);
      expect(printed).toContain(`${address}/file has the SHA256 ${digest}, and ${wrong} is expected`);
      expect(fs.existsSync(`${root}/opt/wrong`)).toBe(false);
    });

    test('fails the image when there is no such file', async () => {
      const { code, printed } = await run(download('/another', digest));
      expect(code).toBe(1);
      expect(printed).toContain(`${address}/another`);
      expect(printed).toContain('404');
    });
  });
});

(CAN_RUN ? test : test.skip)('the first executor says which address it could not reach without a network', async () => {
  const workspace = new Workspace();
  try {
    const root = await workspace.debian();
    const inputs = [{ source: 'https://github.com/file', destination: '/opt/file' }];
    const documents = workspace.documents(document([{ name: 'Get', action: 'WebDownload', inputs }]));
    const { code, printed } = await executeFirst(['--root', root, '--without-network'], documents);
    expect(code).toBe(1);
    expect(printed).toContain('step Get (WebDownload) failed');
    expect(printed).toContain('https://github.com/file cannot be downloaded');
  } finally {
    workspace.remove();
  }
});
