import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { command } from '../../integ/local/setup/command';
import { MAVEN_REPOSITORY, pacmak } from './pacmak';

const CONSUMER = path.resolve(__dirname, '../consume/java');

/** Builds the jar. Returns the directory that is a Maven repository with it. */
export async function buildJar(directory: string): Promise<string> {
  return pacmak('java', directory);
}

/** Compiles the compared app against the jar, in a copy of its project, and synthesizes it. */
export async function synthesizeJava(repository: string, directory: string, out: string): Promise<void> {
  const project = path.join(directory, 'project');
  fs.cpSync(CONSUMER, project, { recursive: true });
  // Maven keeps what it has once fetched of a version, and ours has the same version each time.
  fs.rmSync(path.join(MAVEN_REPOSITORY, 'io/github/cdkatlantis'), { recursive: true, force: true });
  await command(
    'mvn',
    [
      ...['--batch-mode', '--quiet', '--no-transfer-progress', `-Dmaven.repo.local=${MAVEN_REPOSITORY}`],
      ...[`-Dbuilt=${pathToFileURL(repository)}`, `-Dout=${out}`, 'compile', 'exec:java'],
    ],
    { cwd: project, env: { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' } },
  );
}
