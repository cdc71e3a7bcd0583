import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { ImageBase, ImageLevel, ImageOs, RuntimeTool } from '../../src';
import { schemaProblems } from './document-schema';
import { documentsIn, image } from './synthesized-image';

const SSM_AGENT = { version: '3.3.2299.0', sha256: 'b'.repeat(64) };
const SHA256 = 'c'.repeat(64);
const LEVELS = [
  ImageLevel.common(),
  ImageLevel.runtime({
    tools: [
      RuntimeTool.terraform('1.14.9', { sha256: SHA256 }),
      RuntimeTool.openTofu('1.12.5'),
      RuntimeTool.terragrunt('0.99.1'),
      RuntimeTool.conftest('0.67.0'),
    ],
  }),
  ImageLevel.atlantis({ repoAllowlist: ['github.com/acme/*'] }),
];

describe.each(
  Object.values(ImageOs).flatMap((os) => Object.values(InstanceArchitecture).map((architecture) => [os, architecture] as const)),
)('the components for %s, %s', (os, architecture) => {
  const ssmAgent = os === ImageOs.DEBIAN_12 ? SSM_AGENT : undefined;
  const { template } = image({ base: ImageBase.latest(os, { architecture, ssmAgent }), levels: LEVELS });
  const documents = documentsIn(template);

  test('are as AWS says documents are', () => {
    expect(documents.length).toBeGreaterThan(5);
    expect(documents.flatMap(schemaProblems)).toEqual([]);
  });

  test('fit into the template, and into a recipe', () => {
    expect(documents.filter((document) => JSON.stringify(document).length > 16_000)).toEqual([]);
    expect(documents.length).toBeLessThanOrEqual(20);
  });

  test('end at the first command that fails', () => {
    // biome-ignore lint/suspicious/noExplicitAny: documents have no types
    const steps: any[] = documents.flatMap(({ phases }) => phases).flatMap(({ steps }) => steps);
    const bash = steps.filter(({ action }) => action === 'ExecuteBash');
    expect(bash.length).toBeGreaterThan(10);
    expect(bash.filter(({ inputs }) => inputs.commands[0] !== 'set -euo pipefail')).toEqual([]);
  });
});

test.each([
  [{ schemaVersion: '1.0', phases: [] }, 'there are no phases'],
  [{ schemaVersion: 1, phases: [{ name: 'deploy', steps: [] }] }, 'phase deploy: not one'],
  [{ schemaVersion: '1.0', phases: [{ name: 'build', steps: [{ name: 'a', action: 'Fly' }] }] }, 'build a: there is no action Fly'],
  [
    { schemaVersion: '1.0', phases: [{ name: 'build', steps: [{ name: 'a', action: 'ExecuteBash', inputs: {} }] }] },
    'build a: lacks commands',
  ],
  [
    {
      schemaVersion: '1.0',
      phases: [{ name: 'build', steps: [{ name: 'a', action: 'WebDownload', inputs: [{ source: 'x', destination: 'y' }] }] }],
    },
    'build a: nothing is compared',
  ],
])('a wrong document is found: %j', (document, problem) => {
  expect(schemaProblems(document)).toContain(problem);
});
