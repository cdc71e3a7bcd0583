import { App, Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { documentsOf, type TemplateDocument } from '../../integ/local/images/documents';
import { AtlantisAmi, ImageBase, ImageLevel, ImageOs, RuntimeTool, TfDistribution, VcsProvider } from '../../src';
import { ACCOUNT, REGION } from '../../test/synthesized';

const ARCHITECTURE = process.arch === 'x64' ? InstanceArchitecture.X86_64 : InstanceArchitecture.ARM_64;

// none that exists: here no machine is started that would fetch it
const SSM_AGENT = { version: '0.0.0.0', sha256: '0'.repeat(64) };

/** The documents of an image of Debian 12 with all levels, and the level that each is of. Secrets have these ARNs. */
export function documentsByLevel(openTofu: string, secretArns: Record<string, string>): { level: string; document: TemplateDocument }[] {
  const levels = (stack: Stack) => [
    ImageLevel.common(),
    ImageLevel.runtime({ tools: [RuntimeTool.openTofu(openTofu)] }),
    ImageLevel.atlantis({
      vcs: [VcsProvider.github({ user: 'atlantis', credentials: new Secret(stack, 'Token'), webhookSecret: new Secret(stack, 'Webhook') })],
      repoAllowlist: ['github.com/acme/*'],
      settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
    }),
  ];
  const documents = (count: number) => {
    const stack = new Stack(new App(), 'Ami', { env: { account: ACCOUNT, region: REGION } });
    const base = ImageBase.latest(ImageOs.DEBIAN_12, { architecture: ARCHITECTURE, ssmAgent: SSM_AGENT });
    new AtlantisAmi(stack, 'Ami', { base, levels: levels(stack).slice(0, count) });
    const template = (stack.node.root as App).synth().getStackArtifact(stack.artifactId).template;
    const secrets = Object.entries<{ Type: string }>(template.Resources).filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret');
    const values = secrets.map(([id]) => [id, Object.entries(secretArns).find(([name]) => id.startsWith(name))?.[1] ?? '']);
    return documentsOf(template, { values: Object.fromEntries(values) }).documents;
  };
  const titles = [1, 2, 3].map((count) => new Set(documents(count).map(({ title }) => title)));
  return documents(3).map((document) => {
    const level = ['common', 'runtime', 'atlantis'][titles.findIndex((known) => known.has(document.title))];
    return { level: document.title === 'BillOfMaterials' ? 'bill of materials' : level, document };
  });
}
