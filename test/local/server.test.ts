import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { deployExample, serverAddress, serverContainers } from '../../integ/local/demo/deployment';
import { type LocalCloud, startCloud } from '../../integ/local/local-cloud';
import { OPENED } from './apps/values';

let cloud: LocalCloud;
let server: string;
let container: string;

beforeAll(async () => {
  cloud = await startCloud({ images: ['atlantis'] });
  await deployExample(cloud, 'test/local/apps/opened.ts', 'Opened');
  server = await serverAddress(cloud);
  [container] = await serverContainers(cloud, 'status=running');
});
afterAll(() => cloud?.stop());

const HOST = 'atlantis.example.com';

/** Sends the path as it is written here: a URL would have its dots resolved before it is sent. */
function ask(path: string, from: string, method = 'GET'): Promise<{ status: number; location?: string; text: string }> {
  const ca = readFileSync(cloud.caFile);
  const options = {
    host: '127.0.0.1',
    port: cloud.frontPort,
    servername: HOST,
    headers: { host: HOST },
    ca,
    path,
    method,
    localAddress: from,
  };
  return new Promise((resolve, reject) => {
    const question = request({ ...options, agent: false }, (answer) => {
      const parts: string[] = [];
      answer.on('data', (part) => parts.push(`${part}`));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, text: parts.join('') }));
    });
    question.on('error', reject).end();
  });
}

describe('the web pages', () => {
  const person = '127.0.0.2';
  const another = ['127.0.1.7', '127.0.2.7', '127.0.3.7'];
  const stranger = '127.0.0.9';

  test.each(['/', '/static/css/custom.css', '/jobs/of-nothing'])('%s is open to the ranges, and to nobody else', async (path) => {
    for (const from of [person, ...another]) expect((await ask(path, from)).status).not.toBe(403);
    expect((await ask(path, stranger)).status).toBe(403);
  });

  test('the page of the locks is the server’s own', async () => {
    expect((await ask('/', person)).text).toContain('<title>atlantis</title>');
  });

  test.each([
    '/api/locks',
    '/api/drift/status',
    '/metrics',
    '/debug/pprof/',
    '/debug/pprof/heap',
    '/status',
    '/readyz',
    '/github-app/setup',
    '/github-app/exchange-code',
    '/jobs/../api/locks',
    '/static/../api/locks',
    '/jobs/%2e%2e/api/locks',
    '/static/..%2fapi/locks',
    '//api/locks',
    '/API/locks',
  ])('%s leads nobody to what is closed, whatever range he comes from', async (path) => {
    const { status, location, text } = await ask(path, person);
    expect(text).not.toMatch(/"Locks"|shutting_down|goroutine|App manifest|No github app/i);
    expect([301, 403, 404]).toContain(status);
    if (location) expect((await ask(new URL(location, `https://${HOST}`).pathname, person)).status).toBe(403);
  });

  test('the server itself would answer what the load balancer closes', async () => {
    const answer = await fetch(`${server}/api/locks`);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(/locks/i)]);
  });
});

describe('the webhook', () => {
  const deliver = (from: string, secret: string) => {
    const body = '{"zen":"Keep it logically awesome."}';
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    return cloud.fetch(`https://${HOST}/events`, {
      method: 'POST',
      from,
      body,
      headers: { 'content-type': 'application/json', 'x-github-event': 'ping', 'x-hub-signature-256': signature },
    });
  };

  test('is taken from the sources, when it is signed', async () => {
    for (const from of ['127.0.0.3', '127.0.4.7', '127.0.5.7', '127.0.6.7'])
      expect((await deliver(from, OPENED.webhookSecret)).status).toBe(200);
    expect((await deliver('127.0.0.3', 'another')).status).toBe(400);
  });

  test('is taken from nobody else', async () => {
    expect((await deliver('127.0.0.9', OPENED.webhookSecret)).status).toBe(403);
  });

  test('is taken by no other method', async () => {
    expect((await ask('/events', '127.0.0.3')).status).toBe(403);
  });
});

describe('what a plan could look into', () => {
  /** As Terraform runs: the server's user, in the server's container. */
  const asPlan = (script: string) => cloud.docker.run(['exec', '--user', '100:1000', container, '/bin/sh', '-c', script]);

  test('no environment and no command line holds a secret', async () => {
    const seen = await asPlan('cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n"; true');
    expect(seen).toContain('ATLANTIS_REPO_ALLOWLIST=github.com/acme/*');
    for (const secret of [OPENED.token, OPENED.webhookSecret]) expect(seen).not.toContain(secret);
  });

  test('no file holds a secret', async () => {
    const grep = `grep -rlsF -e ${OPENED.token} -e ${OPENED.webhookSecret} /atlantis-run /atlantis-data /home /tmp /etc /run /var 2>/dev/null; true`;
    expect(await asPlan(grep)).toBe('');
    expect(await asPlan('ls /atlantis-run/config')).toBe('');
  });

  test('the memory, the descriptors and the environment of the server are refused', async () => {
    const [pid] = (await asPlan('for p in /proc/[0-9]*; do [ "$(cat $p/comm)" = atlantis ] && basename $p; done; true')).trim().split('\n');
    expect(pid).toMatch(/^\d+$/);
    for (const part of ['mem', 'environ', 'maps', 'fd/']) {
      await expect(asPlan(`${part === 'fd/' ? 'ls' : 'head -c 1'} /proc/${pid}/${part}`)).rejects.toThrow(/Permission denied/);
    }
  });

  test('the server’s binary can be run, and neither read nor replaced', async () => {
    expect(await asPlan('/atlantis-run/bin/atlantis version')).toContain('atlantis');
    await expect(asPlan('head -c 1 /atlantis-run/bin/atlantis')).rejects.toThrow(/Permission denied/);
    await expect(asPlan('rm /atlantis-run/bin/atlantis')).rejects.toThrow(/Permission denied/);
    await expect(asPlan('mv /atlantis-run/bin /atlantis-run/other')).rejects.toThrow(/Permission denied/);
  });

  test('the image cannot be changed, and the data can', async () => {
    await expect(asPlan('touch /var/tmp/a')).rejects.toThrow(/Read-only file system/);
    expect(await asPlan('touch /atlantis-data/a /home/atlantis/a /tmp/a && echo written')).toContain('written');
  });
});
