import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Publisher } from '../../../integ/local/images/publisher';
import { differences, treeOf } from '../../../integ/local/images/trees';
import { command } from '../../../integ/local/setup/command';
import { ImageLevel, RuntimeTool } from '../../../src';
import { BuiltLevel } from './built-level';

const GO_ARCHITECTURE = process.arch === 'x64' ? 'amd64' : 'arm64';
const TERRAFORM = '1.11.4';
const OLDER = '1.5.7';

const LEVEL = ImageLevel.runtime({
  tools: [
    RuntimeTool.terraform(TERRAFORM),
    RuntimeTool.terraform(OLDER),
    RuntimeTool.openTofu('1.12.5'),
    RuntimeTool.terragrunt('1.1.6'),
    RuntimeTool.conftest('0.66.0'),
  ],
});

describe.each(['debian-12', 'ubuntu-24.04'] as const)('the runtime level by itself on %s', (name) => {
  let directory: string;
  let publisher: Publisher;
  let built: BuiltLevel | undefined;

  beforeAll(async () => {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-atlantis-runtime-'));
    publisher = await Publisher.start(path.join(directory, 'publisher'), [
      { program: 'terraform', version: TERRAFORM },
      { program: 'terraform', version: OLDER },
      { program: 'opentofu', version: '1.12.5' },
      { program: 'terragrunt', version: '1.1.6' },
      { program: 'conftest', version: '0.66.0' },
    ]);
    built = await BuiltLevel.on(name);
  });

  afterEach(() => publisher.mend());

  afterAll(async () => {
    await built?.remove();
    await publisher?.stop();
    fs.rmSync(directory, { recursive: true });
  });

  /** Where the archive of the system cannot be had, the level is only linted for it. */
  const there = (body: (level: BuiltLevel) => Promise<void>) => async () => {
    if (built) await body(built);
  };

  const tofu = `github.com/opentofu/opentofu/releases/download/v1.12.5/tofu_1.12.5_linux_${GO_ARCHITECTURE}.zip`;

  test(
    'with one flipped byte in a download there is no image',
    there(async (level) => {
      publisher.flip(tofu);
      expect(await level.build(LEVEL, publisher.options)).toEqual([
        expect.stringMatching(
          `^OpenTofu 1\\.12\\.5: https://${tofu} has the SHA-256 [0-9a-f]{64}, and [0-9a-f]{64} is what https://github`,
        ),
      ]);
      expect(fs.existsSync(path.join(level.root, 'usr/local/bin/tofu1.12.5'))).toBe(false);
    }),
  );

  test(
    'each tool is there, of its version and owned by root, and the same again after another build',
    there(async (level) => {
      expect(await level.build(LEVEL, publisher.options)).toEqual([]);
      const once = treeOf(level.root);
      expect(await level.build(LEVEL, publisher.options)).toEqual([]);
      expect(differences(once, treeOf(level.root))).toEqual([]);
      const folder = path.join(level.root, 'usr/local/bin');
      const tools = ['conftest0.66.0', `terraform${OLDER}`, `terraform${TERRAFORM}`, 'terragrunt1.1.6', 'tofu1.12.5'];
      expect(fs.readdirSync(folder).sort()).toEqual([...tools, 'conftest', 'terraform', 'terragrunt', 'tofu'].sort());
      expect(fs.readlinkSync(path.join(folder, 'terraform'))).toBe(`/usr/local/bin/terraform${TERRAFORM}`);
      expect(await command('chroot', [level.root, 'tofu', 'version'])).toContain('OpenTofu v1.12.5\n');
    }),
  );

  test(
    'a tool that says another version is no tool of this image',
    there(async (level) => {
      const check = { component: 'runtime', phase: 'validate', step: 'Check-tofu-1-12-5' } as const;
      const program = path.join(level.root, 'usr/local/bin/tofu1.12.5');
      const real = fs.readFileSync(program);
      const checker = { component: 'runtime', phase: 'validate', step: 'Checker' } as const;
      fs.writeFileSync(program, '#!/bin/sh\necho "OpenTofu v1.12.4"\n');
      expect(await level.build(LEVEL, [], checker)).toEqual([]);
      expect(await level.build(LEVEL, [], check)).toEqual([
        'OpenTofu 1.12.5: /usr/local/bin/tofu says "OpenTofu v1.12.4", and 1.12.5 was asked for',
      ]);
      fs.writeFileSync(program, real);
    }),
  );

  test(
    'curl is installed where a system has none, and without a network that fails in one line',
    there(async (level) => {
      await command('chroot', [level.root, 'dpkg', '--force-depends', '--remove', 'curl']);
      expect(await level.build(LEVEL, ['--without-network'])).toEqual([
        expect.stringMatching(
          /^Terraform \S+: curl is missing; packages: could not fetch the lists of packages: E: Failed to fetch .*resol/,
        ),
      ]);
      expect(await level.build(LEVEL, publisher.options)).toEqual([]);
      expect(fs.existsSync(path.join(level.root, 'usr/bin/curl'))).toBe(true);
    }),
  );

  test(
    'without a network it fails in one line that says what could not be reached',
    there(async (level) => {
      expect(await level.build(LEVEL, ['--without-network'])).toEqual([
        expect.stringMatching(
          /^Terraform \S+: could not fetch https:\/\/releases\.hashicorp\.com\/\S+_SHA256SUMS: curl: \(\d+\) .*resolve/,
        ),
      ]);
    }),
  );
});
