import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { cleanDeadRuns } from './dead-runs';
import { environmentFor, type LocalCloud, startCloud } from './local-cloud';
import { Failure, note, report } from './progress';

const USAGE = `usage: npm run cloud -- [--keep] [--image atlantis] [--image gitea] [--region REGION]... [--enforce-iam] COMMAND...
       npm run cloud -- --clean

Runs a command with an emulated AWS account in its environment, and exits as the command did. Nothing is left behind.

  --keep         leave everything up after the command, until Ctrl-C; without a command, from the start
  --image        have the image of Atlantis or Gitea ready: pulled, or built where no container registry can be reached
  --region       a region in which cdk deploy is to work (us-east-1 when none is given)
  --enforce-iam  check every call against its caller's policies; the command has the root user's access key
  --clean        clean up after runs that were killed, and do nothing else`;

const OPTIONS = {
  keep: { type: 'boolean' },
  clean: { type: 'boolean' },
  help: { type: 'boolean' },
  image: { type: 'string', multiple: true },
  region: { type: 'string', multiple: true },
  'enforce-iam': { type: 'boolean' },
} as const;

/** The options end at the first word that is none: what follows is the command with options of its own. */
function split(args: string[]): [options: string[], command: string[]] {
  let at = 0;
  while (args[at]?.startsWith('--') && args[at] !== '--') at += ['--image', '--region'].includes(args[at]) ? 2 : 1;
  return [args.slice(0, at), args.slice(args[at] === '--' ? at + 1 : at)];
}

function isImage(name: string): name is 'atlantis' | 'gitea' {
  return name === 'atlantis' || name === 'gitea';
}

function runCommand(cloud: LocalCloud, [program, ...args]: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: environmentFor(cloud) });
    // Only Linux lets the run find what its command has started.
    process.on('exit', () => child.kill());
    child.on('error', (problem) => reject(new Failure(`${program} cannot be run: ${problem.message}`)));
    child.on('close', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? 1)));
  });
}

function howToLook(cloud: LocalCloud): string {
  const exports = Object.entries(cloud.env).map(([name, value]) => `  export ${name}=${value}`);
  return [
    `The local cloud stays up until Ctrl-C. For another shell:`,
    ...exports,
    `A deployed name, such as atlantis.example.com:`,
    `  curl --cacert ${cloud.caFile} --connect-to ::127.0.0.1:${cloud.frontPort} https://atlantis.example.com/healthz`,
  ].join('\n');
}

function read(options: string[]) {
  try {
    return parseArgs({ args: options, options: OPTIONS }).values;
  } catch (problem) {
    throw new Failure(`${(problem as Error).message}\n\n${USAGE}`);
  }
}

async function main(): Promise<number> {
  const [options, command] = split(process.argv.slice(2));
  const values = read(options);
  if (values.clean) {
    const count = await cleanDeadRuns();
    note(count === 1 ? 'cleaned up after 1 run' : `cleaned up after ${count} runs`);
    return 0;
  }
  if (values.help || (command.length === 0 && !values.keep)) {
    process.stderr.write(`${USAGE}\n`);
    return values.help ? 0 : 2;
  }
  const images = values.image ?? [];
  if (!images.every(isImage)) throw new Failure(`--image is atlantis or gitea, not ${images.join(', ')}.`);
  const cloud = await startCloud({ images, regions: values.region, enforceIam: values['enforce-iam'] });
  try {
    note(`the local cloud is at ${cloud.endpoint}`);
    const code = command.length > 0 ? await runCommand(cloud, command) : 0;
    if (values.keep) {
      note(howToLook(cloud));
      await new Promise<never>(() => setInterval(() => {}, 3_600_000));
    }
    return code;
  } finally {
    await cloud.stop();
  }
}

main()
  .catch(report)
  .then((code) => process.exit(code));
