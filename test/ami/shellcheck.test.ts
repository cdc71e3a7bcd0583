import { spawnSync } from 'node:child_process';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { debianPackages } from '../../integ/local/setup/tools';
import { ImageLevel, ImageOs, RuntimeTool } from '../../src';
import { FILES } from '../../src/ami/private/files';
import { documentsOfLevel } from './levels';

beforeAll(() => debianPackages('shellcheck'), 120_000);

function shellcheck(script: string): string {
  const { stdout, status } = spawnSync('shellcheck', ['-'], { input: script, encoding: 'utf8' });
  return status === 0 ? '' : stdout;
}

const scripts = Object.entries(FILES).filter(([name]) => name.endsWith('.sh'));

test.each(scripts)('shellcheck finds nothing in %s', (_, text) => {
  expect(shellcheck(text)).toBe('');
});

const levels = {
  common: ImageLevel.common({ ssh: true }),
  runtime: ImageLevel.runtime({
    tools: [
      RuntimeTool.terraform('1.14.9'),
      RuntimeTool.openTofu('1.12.5'),
      RuntimeTool.terragrunt('1.1.6'),
      RuntimeTool.conftest('0.66.0'),
    ],
  }),
};

describe.each(Object.values(ImageOs).flatMap((os) => (['common', 'runtime'] as const).map((name) => [os, name] as const)))(
  'for %s, in what bash is told by the %s level',
  (os, name) => {
    test('shellcheck finds nothing', () => {
      const documents = Object.values(documentsOfLevel(levels[name], { os, architecture: InstanceArchitecture.ARM_64 }));
      // biome-ignore lint/suspicious/noExplicitAny: documents have no types
      const steps: any[] = documents.flatMap(({ phases }) => phases).flatMap(({ steps: inPhase }) => inPhase);
      const told = steps.filter(({ action }) => action === 'ExecuteBash').map(({ inputs }) => inputs.commands.join('\n'));
      expect(told.length).toBeGreaterThan(3);
      expect(told.map((script) => shellcheck(`# shellcheck shell=bash\n${script}`)).filter((found) => found !== '')).toEqual([]);
    });
  },
);

test('shellcheck would find an unquoted variable', () => {
  const script = FILES['run-user.sh'];
  expect(shellcheck(script.replace('install -d --owner="$RUN_USER"', 'install -d --owner=$RUN_USER'))).toContain('SC2086');
});
