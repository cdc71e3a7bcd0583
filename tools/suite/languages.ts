import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Assembly } from '@jsii/spec';
import { Failure } from '../../integ/local/progress';
import { stream } from '../commands/stream';
import { JAVA, PYTHON, type Spelling, TYPESCRIPT, unused } from '../packages/coverage';
import { buildJar, synthesizeJava } from '../packages/java';
import { pacmak } from '../packages/pacmak';
import { parseCsharp, parseGo } from '../packages/parsed';
import { installWheel, synthesizePython } from '../packages/python';
import { checkSameTemplates } from '../packages/templates';
import type { Tally } from './tally';

const APPS: readonly { spelling: Spelling; directory: string; ending: string }[] = [
  { spelling: TYPESCRIPT, directory: 'tools/consume/typescript', ending: '.ts' },
  { spelling: PYTHON, directory: 'tools/consume/python', ending: '.py' },
  { spelling: JAVA, directory: 'tools/consume/java/src/main/java/compared', ending: '.java' },
];

/** Builds the library for other languages, and compares what the same app makes of it there, byte by byte. */
export async function languages(tally: Tally): Promise<void> {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-atlantis-languages-'));
  const at = (...names: string[]) => path.join(directory, ...names);
  try {
    await everythingUsed(tally);
    await tally.check('the compared app synthesizes in TypeScript', () =>
      stream('npx', ['tsx', path.join(APPS[0].directory, 'app.ts'), at('typescript')]),
    );

    const python = await tally.check('a Python wheel is built and installed', () => installWheel(at('wheel')));
    if (python) {
      await tally.check('it gives the same templates in Python', async () => {
        await synthesizePython(python, path.join(APPS[1].directory, 'app.py'), at('python'));
        checkSameTemplates(at('typescript'), at('python'));
      });
      await compareExamples(tally, python, at('examples'));
    }

    const repository = await tally.check('a Java jar is built', () => buildJar(at('jar')));
    if (repository) {
      await tally.check('it gives the same templates in Java', async () => {
        await synthesizeJava(repository, at('jar'), at('java'));
        checkSameTemplates(at('typescript'), at('java'));
      });
    }

    await tally.check('Go code is generated, and parses', async () => parseGo(await pacmak('go', at('code'), 'code-only')));
    await tally.check('C# code is generated, and parses', async () => parseCsharp(await pacmak('dotnet', at('code'), 'code-only')));
  } finally {
    fs.rmSync(directory, { recursive: true });
  }
}

async function everythingUsed(tally: Tally): Promise<void> {
  const assembly = JSON.parse(fs.readFileSync('.jsii', 'utf8')) as Assembly;
  for (const { spelling, directory, ending } of APPS) {
    await tally.check(`the compared app uses every factory and enum member in ${spelling.language}`, async () => {
      const sources = fs.readdirSync(directory).filter((name) => name.endsWith(ending));
      const source = sources.map((name) => fs.readFileSync(path.join(directory, name), 'utf8')).join('\n');
      const missing = unused(assembly, source, spelling);
      if (missing.length > 0) throw new Failure(`${directory} does not use ${missing.join(', ')}`);
    });
  }
}

/** Each example that is there in Python, too. */
async function compareExamples(tally: Tally, python: string, directory: string): Promise<void> {
  for (const example of fs.readdirSync('examples').filter((name) => fs.existsSync(`examples/${name}/app.py`))) {
    await tally.check(`examples/${example} is the same in Python`, async () => {
      const outputs = ['typescript', 'python'].map((language) => path.join(directory, example, language));
      await stream('npx', ['tsx', `examples/${example}/app.ts`], { env: { CDK_OUTDIR: outputs[0] } });
      await stream(python, [`examples/${example}/app.py`], {
        env: { CDK_OUTDIR: outputs[1], JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' },
      });
      checkSameTemplates(outputs[0], outputs[1]);
    });
  }
}
