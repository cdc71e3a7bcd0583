import { parseArgs } from 'node:util';
import { enroll } from './bootstrap/enroll';
import { exec } from './bootstrap/exec';
import { importSecrets } from './bootstrap/import-secrets';
import { init } from './bootstrap/init';
import { migrate } from './bootstrap/migrate';
import { revoke } from './bootstrap/revoke';
import { rotateKeys } from './bootstrap/rotate-keys';
import { state } from './bootstrap/state';
import { verify } from './bootstrap/verify';
import { lineOf, oneLine, Refusal } from './refusal';
import { openTerminal } from './terminal/terminal';
import { COMMON, type Verb } from './verb';

/** Defined by the bundler. */
declare const CDK_ATLANTIS_VERSION: string;

const VERBS: { readonly [name: string]: Verb } = {
  init,
  enroll,
  'rotate-keys': rotateKeys,
  revoke,
  verify,
  exec,
  'import-secrets': importSecrets,
  state,
  migrate,
};

function help(): string {
  const lines = Object.entries(VERBS).map(([name, { usage, summary }]) => `  ${`${name} ${usage}`.trim()}\n      ${summary}`);
  return [
    'usage: cdk-atlantis bootstrap <verb> [options]',
    '',
    ...lines,
    '',
    'Every verb takes --profile NAME, --yes (agree to every question) and --code-stdin (codes and answers are lines of standard input).',
  ].join('\n');
}

async function run(args: readonly string[]): Promise<number> {
  const [noun, name, ...rest] = args;
  if (noun === '--version') {
    process.stdout.write(`${CDK_ATLANTIS_VERSION}\n`);
    return 0;
  }
  if (noun === undefined || noun === '--help' || noun === 'help' || (noun === 'bootstrap' && (name === undefined || name === '--help'))) {
    process.stdout.write(`${help()}\n`);
    return noun === undefined || name === undefined ? Number(noun !== '--help' && noun !== 'help') : 0;
  }
  if (noun !== 'bootstrap') throw new Refusal(`There is no command ${JSON.stringify(noun)}: try "cdk-atlantis bootstrap --help".`);
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!verb) throw new Refusal(`There is no verb ${JSON.stringify(name)}: try "cdk-atlantis bootstrap --help".`);
  const { values, positionals } = parse(name, verb, rest);
  if (values.help === true) {
    process.stdout.write(`usage: cdk-atlantis bootstrap ${name} ${verb.usage}\n${verb.summary}\n`);
    return 0;
  }
  const terminal = openTerminal({ codeStdin: values['code-stdin'] === true, yes: values.yes === true });
  return verb.run({ values: values as never, positionals, terminal, directory: process.cwd() });
}

function parse(name: string, { options, usage }: Verb, args: string[]) {
  try {
    return parseArgs({ args, options: { ...COMMON, ...options }, allowPositionals: true, strict: true });
  } catch (problem) {
    throw new Refusal(`${oneLine((problem as Error).message)} (usage: bootstrap ${name} ${usage})`);
  }
}

run(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (problem) => {
    process.stderr.write(`${oneLine(lineOf(problem))}\n`);
    process.exitCode = problem instanceof Refusal ? problem.exitCode : 1;
  },
);
