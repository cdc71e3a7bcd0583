import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Failure } from '../../integ/local/progress';
import { providePython } from '../../integ/local/setup/python';
import { stream } from '../commands/stream';
import { judge } from '../semantic/accepted';
import { cfnLint } from '../semantic/cfn-lint';
import { checkov } from '../semantic/checkov';
import type { Finding } from '../semantic/finding';
import { nag } from '../semantic/nag';
import type { Tally } from './tally';

const FAULTY = 'tools/semantic/faulty.template.json';

type Linter = (templates: readonly string[]) => Promise<Finding[]>;

/** Holds the templates of the examples and of the integration tests against what others know of CloudFormation and of security. */
export async function semantic(tally: Tally): Promise<void> {
  const python = await tally.check('cfn-lint and Checkov are installed', () => providePython('tools/semantic/requirements.txt'));
  if (!python) return;
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-templates-'));
  try {
    const templates = await tally.check('the examples synthesize', () => synthesizeExamples(directory));
    if (!templates) return;
    templates.push(...snapshots(tally));
    const linters: Record<string, Linter> = {
      'cfn-lint': (files) => cfnLint(python, files),
      Checkov: (files) => checkov(python, files),
      'cdk-nag': async (files) => nag(files),
    };
    const findings: Finding[] = [];
    for (const [name, lint] of Object.entries(linters)) {
      await tally.check(`${name} finds what is wrong in a faulty template`, () => expectFindings(lint));
      const found = await tally.check(`${name} reads ${templates.length} templates`, () => lint(templates));
      findings.push(...(found ?? []));
    }
    await tally.check('nothing is found but what is accepted with a reason', async () => expectAccepted(findings));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function synthesizeExamples(directory: string): Promise<string[]> {
  const examples = fs.readdirSync('examples').filter((name) => fs.existsSync(`examples/${name}/app.ts`));
  for (const example of examples) {
    await stream('npx', ['tsx', `examples/${example}/app.ts`], { env: { CDK_OUTDIR: path.join(directory, example) } });
  }
  return examples.flatMap((example) => templatesIn(path.join(directory, example)));
}

function snapshots(tally: Tally): string[] {
  const found = fs
    .readdirSync('integ')
    .filter((name) => name.endsWith('.snapshot'))
    .flatMap((name) => templatesIn(path.join('integ', name)));
  const ours = found.filter((file) => !/DeployAssert|-asserted\./.test(file));
  for (const file of found) {
    if (!ours.includes(file)) tally.skip(path.basename(file), 'it holds the functions of integ-tests-alpha, which no user deploys');
  }
  return ours;
}

function templatesIn(directory: string): string[] {
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => path.join(directory, name));
}

async function expectFindings(lint: Linter): Promise<void> {
  if ((await lint([FAULTY])).length === 0) throw new Failure(`nothing was found in ${FAULTY}`);
}

function expectAccepted(findings: readonly Finding[]): void {
  const { refused, stale } = judge(findings);
  const lines = [
    ...refused.map(
      ({ tool, rule, resource, template, message }) => `${path.basename(template)}: ${resource}: ${message} [${tool} ${rule}]`,
    ),
    ...stale.map(({ tool, rule }) => `${tool} ${rule} is accepted, but no template has it any more`),
  ];
  if (lines.length > 0) throw new Failure(lines.join('\n'));
}
