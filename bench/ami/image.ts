import * as fs from 'node:fs';
import { documentArguments } from '../../integ/local/images/documents';
import { executeFirst, inRoot } from '../../integ/local/images/executors';
import { Machine, makeVolume } from '../../integ/local/images/machine';
import { Metadata } from '../../integ/local/images/metadata';
import { Publisher } from '../../integ/local/images/publisher';
import { layOut, provideRoot } from '../../integ/local/images/roots';
import { until } from '../../integ/local/processes';
import { command } from '../../integ/local/setup/command';
import { Stores } from '../../test/local/images/atlantis-stores';
import { ACCOUNT, REGION } from '../../test/synthesized';
import { kilobytes } from '../timing';
import type { Workshop } from '../workshop';
import { documentsByLevel } from './levels';

const ATLANTIS = '0.47.1';
const OPENTOFU = '1.12.5';
const SECRETS = { Token: { token: 'token-of-the-forge' }, Webhook: { webhook_secret: 'webhook-secret-of-24-letters' } };
const STORES = '[Service]\nEnvironment=AWS_ENDPOINT_URL=http://127.0.0.1:4566\n';

interface Step {
  readonly component: string;
  readonly seconds: number;
}

/** An image of Debian 12 is built from the template's documents, booted, and measured: by wall time, on this machine and not on EC2. */
export async function benchImage(workshop: Workshop): Promise<void> {
  if (process.getuid?.() !== 0 || !fs.existsSync('/etc/debian_version')) {
    console.log('the image: not run, needs root on Debian');
    return;
  }
  const tar = await provideRoot('debian-12');
  if (!tar) return;
  console.log('an image of Debian 12, by wall time; packages that were downloaded once come from a cache');
  const stores = await Stores.start(workshop.directory);
  try {
    const root = workshop.path('root');
    await layOut(tar, root);
    const before = await measured(root);
    await build(workshop, root, stores);
    const after = await measured(root);
    console.log(`size of the image: ${kilobytes(after.bytes)}, of which its base ${kilobytes(before.bytes)}`);
    console.log(`packages on it: ${after.packages}, of which its base has ${before.packages}`);
    await boot(workshop, root, stores);
  } finally {
    stores.stop();
  }
}

async function build(workshop: Workshop, root: string, stores: Stores): Promise<void> {
  const arns: Record<string, string> = {};
  for (const [name, value] of Object.entries(SECRETS)) arns[name] = await stores.makeSecret(name, JSON.stringify(value));
  const parts = documentsByLevel(OPENTOFU, arns);
  const documents = documentArguments(
    parts.map(({ document }) => document),
    workshop.path('documents'),
  );
  const publisher = await Publisher.start(workshop.path('publisher'), [
    { program: 'atlantis', version: ATLANTIS },
    { program: 'opentofu', version: OPENTOFU },
  ]);
  try {
    const result = workshop.path('result.json');
    const { code, printed } = await executeFirst(inRoot(root), documents, { more: [...publisher.options, '--result', result] });
    if (code !== 0) throw new Error(printed);
    const steps: Step[] = JSON.parse(fs.readFileSync(result, 'utf8')).steps;
    for (const level of new Set(parts.map((part) => part.level))) {
      const titles = parts.filter((part) => part.level === level).map(({ document }) => document.title);
      const own = steps.filter(({ component }) => titles.includes(component));
      const seconds = own.reduce((sum, step) => sum + step.seconds, 0);
      console.log(`build and validation of ${level}: ${seconds.toFixed(1)} s, ${titles.length} components, ${own.length} steps`);
    }
  } finally {
    await publisher.stop();
  }
}

async function measured(root: string): Promise<{ bytes: number; packages: number }> {
  const used = await command('du', ['--summarize', '--bytes', '--one-file-system', root]);
  const packages = await command('dpkg-query', [`--root=${root}`, '--show']);
  return { bytes: Number(used.split('\t')[0]), packages: packages.trim().split('\n').length };
}

async function boot(workshop: Workshop, root: string, stores: Stores): Promise<void> {
  const credentials = { accessKeyId: 'ASIAINSTANCEROLE0000', secretAccessKey: 'secret', sessionToken: 'token' };
  const metadata = await Metadata.start({
    region: REGION,
    accountId: ACCOUNT,
    instanceId: 'i-0123456789abcdef0',
    role: 'atlantis',
    credentials,
  });
  const data = await makeVolume(workshop.path('data'), 512);
  const started = performance.now();
  const machine = await Machine.boot(root, {
    failedUnitsToo: true,
    forwards: [...metadata.forwards, { address: '127.0.0.1', port: 4566, to: stores.port }],
    volumes: { '/dev/sdf': data },
    files: { '/run/systemd/system/atlantis-secrets.service.d/stores.conf': STORES },
  });
  try {
    const healthy = ['curl', '--fail', '--silent', '--max-time', '5', 'http://127.0.0.1:4141/healthz'];
    if (!(await until(async () => (await machine.try(healthy)).code === 0, 120_000, 50))) throw new Error(await machine.journal());
    console.log(`boot until /healthz answers, secrets fetched: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const security = await machine.run(['systemd-analyze', 'security', '--no-pager', 'atlantis.service']);
    console.log(
      `exposure of atlantis.service in systemd-analyze security: ${/: (\d+\.\d) /.exec(security.trim().split('\n').at(-1) ?? '')?.[1]}`,
    );
  } finally {
    await machine.stop();
    await metadata.stop();
  }
}
