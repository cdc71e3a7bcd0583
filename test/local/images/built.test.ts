import * as fs from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { cleanUp } from '../../../integ/local/images/clean-up';
import { documentArguments, documentsOf, type TemplateDocument } from '../../../integ/local/images/documents';
import { type Execution, executeFirst, executeSecond, inMachine, inRoot } from '../../../integ/local/images/executors';
import { Machine, makeVolume } from '../../../integ/local/images/machine';
import { Publisher } from '../../../integ/local/images/publisher';
import type { RootName } from '../../../integ/local/images/roots';
import { differences, treeOf } from '../../../integ/local/images/trees';
import { ImageBase, ImageComponent, ImageLevel, ImageOs, RuntimeTool, TcpKeepalive, TfDistribution, VcsProvider } from '../../../src';
import { image } from '../../ami/synthesized-image';
import { CAN_RUN, Workspace } from './workspace';

const ARCHITECTURE = process.arch === 'x64' ? InstanceArchitecture.X86_64 : InstanceArchitecture.ARM_64;
const SYSTEMS: Record<RootName, ImageOs> = { 'debian-12': ImageOs.DEBIAN_12, 'ubuntu-24.04': ImageOs.UBUNTU_24_04 };
const RELEASES = [
  { program: 'atlantis', version: '0.47.1' },
  { program: 'opentofu', version: '1.12.5' },
  { program: 'terragrunt', version: '1.1.6' },
  { program: 'conftest', version: '0.66.0' },
] as const;

/** The documents of a template with all three levels, and with a component of AWS's own, whose document nobody has. */
function documentsFor(name: RootName): { documents: TemplateDocument[]; notExecuted: string[] } {
  const secrets = new Stack();
  const given = (id: string) =>
    Secret.fromSecretCompleteArn(secrets, id, `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${id}-AbCdEf`);
  const os = SYSTEMS[name];
  const ssmAgent = os === ImageOs.DEBIAN_12 ? { version: '3.3.0.0', sha256: '0'.repeat(64) } : undefined;
  const { template } = image({
    base: ImageBase.latest(os, { architecture: ARCHITECTURE, ssmAgent }),
    levels: [
      ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora() }),
      ImageLevel.runtime({ tools: [RuntimeTool.openTofu('1.12.5'), RuntimeTool.terragrunt('1.1.6'), RuntimeTool.conftest('0.66.0')] }),
      ImageLevel.atlantis({
        vcs: [
          VcsProvider.gitea({
            user: 'atlantis',
            credentials: given('token'),
            webhookSecret: given('hook'),
            baseUrl: 'http://gitea.example.com:3000',
          }),
        ],
        repoAllowlist: ['gitea.example.com/acme/*'],
        settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
        url: 'http://atlantis.example.com:4141',
      }),
    ],
    tests: [ImageComponent.managed('simple-boot-test-linux')],
  });
  return documentsOf(template.toJSON());
}

function expectWell({ code, printed }: Execution): void {
  if (code !== 0) throw new Error(printed);
}

(CAN_RUN ? describe : describe.skip)("an image of the template's documents", () => {
  const workspace = new Workspace();
  let publisher: Publisher;
  let documents: TemplateDocument[];
  let notExecuted: string[];
  let root: string;
  let second: string;

  const all = () => documentArguments(documents, workspace.file('all'));
  const named = (name: RegExp) =>
    documentArguments(
      documents.filter(({ title }) => name.test(title)),
      workspace.file(String(name)),
    );

  beforeAll(async () => {
    ({ documents, notExecuted } = documentsFor('debian-12'));
    [root, second] = [await workspace.debian(), await workspace.debian()];
    publisher = await Publisher.start(workspace.file('publisher'), [...RELEASES]);
    const more = publisher.options;
    const both = [executeFirst(inRoot(root), all(), { more }), executeSecond(inRoot(second), all(), { more })];
    for (const done of await Promise.all(both)) expectWell(done);
  });

  afterAll(async () => {
    await publisher?.stop();
    workspace.remove();
  });

  test('has what each level is for', () => {
    expect(fs.readFileSync(`${root}/opt/atlantis/config.yaml`, 'utf8')).toContain('repo-allowlist');
    for (const file of ['usr/bin/atlantis', 'usr/local/bin/tofu', 'opt/python-tooling/bin/python', 'etc/systemd/system/atlantis.service']) {
      expect(fs.lstatSync(`${root}/${file}`, { throwIfNoEntry: false })).toBeDefined();
    }
  });

  test("names AWS's own components as not executed", () => {
    expect(notExecuted).toEqual([expect.stringMatching(/:aws:component\/simple-boot-test-linux\/x\.x\.x$/)]);
  });

  test('is the same when a second executor, which shares no code with the first, makes it in another root', () => {
    const tree = treeOf(root);
    expect(tree.size).toBeGreaterThan(10_000);
    expect(differences(tree, treeOf(second))).toEqual([]);
  });

  test('is the same when the documents are run a second time', async () => {
    const before = treeOf(root);
    expectWell(await executeFirst(inRoot(root), all(), { more: publisher.options }));
    expect(differences(before, treeOf(root))).toEqual([]);
  });

  test('boots after the clean-up, and passes its test phase', async () => {
    cleanUp(second);
    const volumes = { '/dev/sdf': await makeVolume(workspace.file('volume'), 1024) };
    const machine = await Machine.boot(second, { failedUnitsToo: true, volumes });
    try {
      expectWell(await executeFirst(inMachine(machine.processId), all()));
      // Without the secrets, which come from AWS when the machine starts, the server waits for them, and nothing else has failed.
      const { stdout } = await machine.try(['systemctl', '--failed', '--plain', '--no-legend']);
      expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['atlantis-secrets.service', '']);
    } finally {
      await machine.stop();
    }
  });

  test.each([
    ['runtime', /^runtime/, 'opentofu/opentofu/releases'],
    ['atlantis', /^atlantis/, 'runatlantis/atlantis/releases'],
  ])('is no image when a byte of the archive of the %s level is another one', async (_level, name, release) => {
    publisher.flip(publisher.addresses.find((address) => address.includes(release)) as string);
    const { code, printed } = await executeFirst(inRoot(root), named(name), { more: publisher.options });
    publisher.mend();
    expect([code, printed]).toEqual([
      1,
      expect.stringMatching(/has the SHA-256 [0-9a-f]{64}, and [0-9a-f]{64} is what https:\/\/github\.com\/.* names/),
    ]);
  });

  test.each([
    ['its packages', /^common-packages/, /(Could not|could not|Temporary failure)/],
    ['a release', /^runtime/, /could not fetch https:\/\/github\.com\/opentofu\/.*: curl: \(6\) Could not resolve host: github\.com/],
  ])('is no image without a network, and the error says that it could not have %s', async (_what, name, sentence) => {
    const { code, printed } = await executeFirst(['--root', root], named(name), { more: ['--without-network'] });
    expect([code, printed]).toEqual([1, expect.stringMatching(sentence)]);
  });
});

(CAN_RUN ? test : test.skip)(
  'an image of Ubuntu 24.04 is built, boots and passes its test phase, where its archive can be had',
  async () => {
    const workspace = new Workspace();
    const publisher = await Publisher.start(workspace.file('publisher'), [...RELEASES]);
    try {
      const root = await workspace.root('ubuntu-24.04');
      if (!root) return;
      const documents = documentArguments(documentsFor('ubuntu-24.04').documents, workspace.file('documents'));
      expectWell(await executeFirst(inRoot(root), documents, { more: publisher.options }));
      cleanUp(root);
      const machine = await Machine.boot(root, { failedUnitsToo: true });
      try {
        expectWell(await executeFirst(inMachine(machine.processId), documents));
      } finally {
        await machine.stop();
      }
    } finally {
      await publisher.stop();
      workspace.remove();
    }
  },
);
