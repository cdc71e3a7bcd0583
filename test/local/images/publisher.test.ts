import * as fs from 'node:fs';
import { executeFirst } from '../../../integ/local/images/executors';
import { Publisher } from '../../../integ/local/images/publisher';
import { bash, CAN_RUN, document, Workspace } from './workspace';

const FOLDER = 'github.com/gruntwork-io/terragrunt/releases/download/v1.1.6';
const PROGRAM = `${FOLDER}/terragrunt_linux_${process.arch === 'x64' ? 'amd64' : 'arm64'}`;

(CAN_RUN ? describe : describe.skip)("the publishers' stand-in", () => {
  const workspace = new Workspace();
  let publisher: Publisher;
  let root: string;

  beforeAll(async () => {
    root = await workspace.debian();
    publisher = await Publisher.start(workspace.file('publisher'), [
      { program: 'atlantis', version: '0.47.1' },
      { program: 'terragrunt', version: '1.1.6' },
      { program: 'conftest', version: '0.66.0' },
    ]);
  });

  afterAll(async () => {
    await publisher?.stop();
    workspace.remove();
  });

  const fetched = `curl --silent --show-error --fail --location --proto =https --output /opt/program https://${PROGRAM}`;
  const compared = [
    `curl --silent --show-error --fail --location --proto =https --output /opt/list https://${FOLDER}/SHA256SUMS`,
    `cd /opt; grep '  ${PROGRAM.split('/').at(-1)}$' list | sed 's/  .*/  program/' | sha256sum --check --strict`,
  ];
  const run = () =>
    executeFirst(['--root', root], workspace.documents(document([bash('Fetch', fetched, ...compared)])), { more: publisher.options });

  test('names what it could not have', () => {
    expect(publisher.standIns.map(({ program }) => program)).toEqual(['terragrunt', 'conftest']);
  });

  test('has the real program in an archive, under its name', async () => {
    const archive = 'runatlantis/atlantis/releases/download/v0.47.1/atlantis_linux';
    const url = `https://${publisher.addresses.find((address) => address.includes(archive))}`;
    const unpack = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract("atlantis", "/opt")';
    const steps = [
      bash('Fetch', `curl -sSfL -o /opt/zip ${url}`, `python3 -c '${unpack}' /opt/zip`, 'chmod +x /opt/atlantis', '/opt/atlantis version'),
    ];
    const { code, printed } = await executeFirst(['--root', root], workspace.documents(document(steps)), {
      more: [...publisher.options, '--verbose'],
    });
    expect(printed).toContain('atlantis 0.47.1');
    expect(code).toBe(0);
  });

  test('answers at the address of the publisher, over TLS, and as GitHub does with another address first', async () => {
    expect(await run()).toMatchObject({ code: 0 });
    expect(publisher.asked).toEqual(
      expect.arrayContaining([PROGRAM, PROGRAM.replace('github.com', 'release-assets.githubusercontent.com')]),
    );
    expect(fs.readFileSync(`${root}/opt/program`, 'utf8')).toContain('a stand-in');
  });

  test('is not trusted by those who were not told to', async () => {
    const untrusting = publisher.options.filter((option, position, all) => option !== '--trust' && all[position - 1] !== '--trust');
    const documents = workspace.documents(document([bash('Fetch', fetched)]));
    const { code, printed } = await executeFirst(['--root', root], documents, { more: untrusting });
    expect([code, printed]).toEqual([1, expect.stringContaining('SSL certificate problem')]);
  });

  test.each([
    ['program', PROGRAM],
    ['list', `${FOLDER}/SHA256SUMS`],
  ])('can change one byte of the %s, which is found out', async (_what, address) => {
    publisher.flip(address);
    try {
      expect((await run()).code).toBe(1);
    } finally {
      publisher.mend();
    }
    expect((await run()).code).toBe(0);
  });
});
