import * as fs from 'node:fs';
import * as path from 'node:path';
import { readParameters, servicePath, writeSecret } from '../aws/secrets';
import { type Session, sessionFor } from '../aws/session';
import { environmentValue, parseTfvars } from '../hcl/tfvars';
import { readManifest } from '../manifest/manifest';
import { Refusal } from '../refusal';
import type { Terminal } from '../terminal/terminal';
import { accessOptions, flag, text, type Verb } from '../verb';

/** The longest value of a standard parameter, in bytes. */
const LONGEST = 4096;

export const importSecrets: Verb = {
  usage: 'FILE.tfvars [--service SERVICE] [--remove]',
  summary: "Copies the variables of a file to Parameter Store, as secrets of a service (the bootstrap's prefix), and checks them.",
  options: { service: { type: 'string' }, remove: { type: 'boolean' } },
  async run(given) {
    const { terminal, directory, positionals } = given;
    if (positionals.length !== 1) throw new Refusal('One file is wanted: bootstrap import-secrets FILE.tfvars');
    const manifest = readManifest(directory);
    if (!manifest.secrets) throw new Refusal('This bootstrap keeps no secrets: its construct was made without.');
    const file = path.resolve(directory, positionals[0]);
    const service = text(given, 'service') ?? manifest.prefix;
    const bytes = readBytes(file);
    if (flag(given, 'remove') && fs.lstatSync(file).isSymbolicLink()) {
      throw new Refusal(
        `${positionals[0]} is a symbolic link: name the file that it leads to, or leave --remove out. Nothing was changed.`,
      );
    }
    const secrets = readVariables(bytes, path.basename(file), servicePath(service));
    const session = await sessionFor(manifest, accessOptions(given), terminal);
    await write(session, secrets, manifest.secrets.kmsAlias, terminal);
    terminal.note(`${secrets.size} secrets are in Parameter Store under /${service}, read back and compared.`);
    if (flag(given, 'remove')) {
      if (!readBytes(file).equals(bytes)) {
        throw new Refusal(`${positionals[0]} has changed meanwhile: it was not removed. Run import-secrets again.`);
      }
      fs.rmSync(file);
      terminal.note(`${positionals[0]} is removed.`);
    } else terminal.note(`${positionals[0]} is still there: with --remove it is removed once all is checked.`);
    return 0;
  },
};

/** The parameters' names and values, of a file that can be written whole. */
function readVariables(bytes: Buffer, name: string, under: string): Map<string, string> {
  const variables = parseTfvars(bytes, name);
  if (variables.size === 0) throw new Refusal(`${name} has no variables; nothing was changed.`);
  const problems: string[] = [];
  const secrets = new Map<string, string>();
  for (const [variable, value] of variables) {
    const written = environmentValue(value);
    if (!/^[A-Za-z_][\w-]*$/.test(variable)) problems.push(`${variable} is no name for a parameter`);
    else if (value === null) problems.push(`${variable} is null, which no environment variable can say`);
    else if (written === '') problems.push(`${variable} is empty, which no parameter can be`);
    else if (Buffer.byteLength(written) > LONGEST) problems.push(`${variable} is longer than ${LONGEST} bytes`);
    secrets.set(`${under}/${variable}`, written);
  }
  if (problems.length > 0) throw new Refusal(`${name}: ${problems.join('; ')}; nothing was changed.`);
  return secrets;
}

function readBytes(file: string): Buffer {
  try {
    return fs.readFileSync(file);
  } catch (problem) {
    throw new Refusal(`${path.basename(file)} cannot be read: ${(problem as Error).message}`);
  }
}

async function write(session: Session, secrets: ReadonlyMap<string, string>, alias: string, terminal: Terminal): Promise<void> {
  const names = [...secrets.keys()];
  const found = await readParameters(session, names);
  const other = [...found.values()].filter(({ Name, Value }) => Value !== secrets.get(Name ?? '')).map(({ Name }) => Name);
  if (other.length > 0 && !terminal.agree(`There with other values: ${other.join(', ')}. Replace them?`)) {
    throw new Refusal('Nothing was changed.');
  }
  const done: string[] = [];
  for (const [name, value] of secrets) {
    await writeSecret(session, name, value, alias).catch((problem) => {
      throw new Refusal(
        `${name} was not written (${problem.message}); written before it: ${done.join(', ') || 'none'}. The file is as it was.`,
      );
    });
    done.push(name);
  }
  const written = await readParameters(session, names);
  const wrong = names.filter((name) => written.get(name)?.Value !== secrets.get(name) || written.get(name)?.Type !== 'SecureString');
  if (wrong.length > 0) throw new Refusal(`Parameter Store returned something else for ${wrong.join(', ')}. The file is as it was.`);
}
