import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readSecrets } from '../aws/secrets';
import { type Session, sessionFor } from '../aws/session';
import { readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import { accessOptions, texts, type Verb } from '../verb';

/** What a shell says of a program that is not there, or cannot be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;

export const exec: Verb = {
  usage: '[--service SERVICE]... -- COMMAND [ARGUMENT]...',
  summary: 'Runs a command with a session of the terraform role in its environment only, and the secrets of services as TF_VAR_<name>.',
  options: { service: { type: 'string', multiple: true } },
  async run(given) {
    const [command, ...args] = given.positionals;
    if (command === undefined) throw new Refusal('A command is wanted: bootstrap exec -- terraform plan');
    const manifest = readManifest(given.directory);
    const session = await sessionFor(manifest, accessOptions(given), given.terminal);
    const secrets: Record<string, string> = {};
    for (const service of texts(given, 'service')) Object.assign(secrets, await variablesOf(session, service));
    return follow(spawn(command, args, { stdio: 'inherit', env: { ...environment(session), ...secrets } }), command);
  },
};

/** Terraform's names of variables have cases, so these are kept, which `chamber exec` does not. */
async function variablesOf(session: Session, service: string): Promise<Record<string, string>> {
  const secrets = await readSecrets(session, service);
  if (secrets.size === 0) throw new Refusal(`There are no secrets of ${service}.`);
  return Object.fromEntries([...secrets].map(([name, value]) => [`TF_VAR_${name}`, value]));
}

/** This environment with the session, and without what would come before it. */
function environment({ keys, region }: Session): NodeJS.ProcessEnv {
  const { AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_SECURITY_TOKEN, ...kept } = process.env;
  return {
    ...kept,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    ...(keys.expiration && { AWS_CREDENTIAL_EXPIRATION: keys.expiration.toISOString() }),
  };
}

/** Passes signals on, and ends as the command does. */
function follow(child: ChildProcess, command: string): Promise<number> {
  // A terminal sends its own signals to both, and Terraform takes a second one as the order to stop at once.
  const typed: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
  const passed: NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
  const handlers = passed.map((signal) => {
    const handler = () => {
      if (!(process.stdin.isTTY && typed.includes(signal))) child.kill(signal);
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  return new Promise((resolve, reject) => {
    child.on('error', (problem: NodeJS.ErrnoException) => {
      const missing = problem.code === 'ENOENT';
      reject(
        new Refusal(`${command} ${missing ? 'is not on the PATH' : `cannot be run: ${problem.message}`}`, missing ? NOT_FOUND : NOT_RUN),
      );
    });
    child.on('exit', (code, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      if (signal === null) return resolve(code ?? 1);
      // A shell is to see that a signal ended it. Where that signal does not end this process, the code says it.
      process.kill(process.pid, signal);
      setTimeout(() => resolve(128 + constants.signals[signal]), 100);
    });
  });
}
