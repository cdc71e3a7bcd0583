import * as path from 'node:path';
import { cacheDirectory } from '../../integ/local/places';
import { command } from '../../integ/local/setup/command';

export type Language = 'js' | 'python' | 'java' | 'go' | 'dotnet';

/** Downloads of Maven, kept between runs: without it jsii-pacmak downloads everything for each build. */
export const MAVEN_REPOSITORY = path.join(cacheDirectory(), 'maven');

/** Packages the compiled library for one language below `<directory>/<language>`. */
export async function pacmak(language: Language, directory: string, mode: 'build' | 'code-only' = 'build'): Promise<string> {
  await command('npx', [
    ...['jsii-pacmak', '--no-npmignore', '--target', language, '--outdir', directory],
    ...['--maven-local-repository', MAVEN_REPOSITORY, ...(mode === 'code-only' ? ['--code-only'] : [])],
  ]);
  return path.join(directory, language);
}
