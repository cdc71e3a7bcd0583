import { provideEngine } from '../../integ/local/engine';
import { debianPackages, provideTools } from '../../integ/local/setup/tools';

export const PLUGIN_TESTS = 'integ/local/plugin/tests';

/** What the tests of the emulator's plugin are run with. */
export interface PluginEnvironment {
  readonly python: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Does something with a Docker engine and the packages of the local cloud at hand, and lets go of the engine. */
export async function withPlugin<T>(work: (environment: PluginEnvironment) => Promise<T>): Promise<T> {
  await debianPackages('busybox-static');
  const { python } = await provideTools(['python']);
  const docker = await provideEngine();
  try {
    return await work({ python, env: { DOCKER_HOST: docker.host, PYTHONDONTWRITEBYTECODE: '1' } });
  } finally {
    await docker.stop();
  }
}

export function pytestArguments(junit: string, ...chosen: string[]): string[] {
  return ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${junit}`, ...chosen];
}
