import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, step } from '../progress';
import { cached, contentsOf, keyOf } from './cache';
import { command, lastLines, MissingCommand } from './command';
import { debianPackages } from './debian';

/** A program that is built from a Go module of ours, whose go.sum pins everything that goes into it. */
interface GoProgram {
  /** Its module below integ/local/go. */
  readonly module: string;
  readonly package: string;
  readonly tags: string[];
  readonly linkerFlags: string;
  /** Whether it has C parts; it is then linked statically with the C library of this machine. */
  readonly cgo: boolean;
}

export type GoProgramName = 'atlantis' | 'tofu' | 'gitea' | 'relay';

// Their `replace` lines are those of the programs' own go.mod, which Go does not read in a dependency.
const PROGRAMS: Record<GoProgramName, GoProgram> = {
  atlantis: {
    module: 'atlantis',
    package: 'github.com/runatlantis/atlantis',
    tags: [],
    linkerFlags: '-s -w -X main.version=0.47.1',
    cgo: false,
  },
  tofu: {
    module: 'opentofu',
    package: 'github.com/opentofu/opentofu/cmd/tofu',
    tags: [],
    linkerFlags: '-s -w -X github.com/opentofu/opentofu/version.dev=no',
    cgo: false,
  },
  gitea: {
    module: 'gitea',
    package: 'code.gitea.io/gitea',
    tags: ['sqlite', 'sqlite_unlock_notify', 'sqlite_omit_load_extension', 'netgo', 'osusergo'],
    linkerFlags: '-s -w -X main.Version=1.26.4 -linkmode external -extldflags -static',
    cgo: true,
  },
  relay: { module: 'relay', package: '.', tags: [], linkerFlags: '-s -w', cgo: false },
};

/** Our Go modules. */
export const GO_DIRECTORY = join(__dirname, '..', 'go');

/** Everything runs in Linux containers, also on a machine that is not Linux itself. */
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

/** What is built is what the module files pin, whatever the user's own settings are. */
const MODULE_ENVIRONMENT = { GOFLAGS: '-mod=readonly', GOWORK: 'off' };

function environmentOf(program: GoProgram): Record<string, string> {
  return {
    GOOS: 'linux',
    GOARCH: ARCHITECTURE,
    CGO_ENABLED: program.cgo ? '1' : '0',
    ...MODULE_ENVIRONMENT,
  };
}

function argumentsOf(program: GoProgram): string[] {
  return ['-trimpath', `-tags=${program.tags.join(',')}`, `-ldflags=${program.linkerFlags}`];
}

/** The Go version that a module asks for. */
export function goVersionOf(module: string): string {
  return /^go (\S+)$/m.exec(readFileSync(join(module, 'go.mod'), 'utf8'))?.[1] ?? '';
}

/** Refuses, in one sentence that names the version, when there is no Go that can build the module. */
export async function checkGo(module: string): Promise<void> {
  const wanted = goVersionOf(module);
  try {
    // Unlike `go version`, it fails when this Go is older than the module wants and cannot fetch a newer one.
    await command('go', ['list', '-m'], { cwd: module, env: MODULE_ENVIRONMENT });
  } catch (problem) {
    const found = problem instanceof MissingCommand ? 'there is none on the PATH' : lastLines((problem as Error).message, 1);
    throw new Failure(`Go ${wanted} or newer is needed to build what the local cloud runs: ${found}`, { cause: problem });
  }
}

/** What makes a build's result: its module and its flags. */
function keyOfProgram(program: GoProgram, modules: string): string {
  const inputs = contentsOf(join(modules, program.module));
  return keyOf(...inputs, JSON.stringify(environmentOf(program)), ...argumentsOf(program));
}

export function nameInCache(name: GoProgramName, modules = GO_DIRECTORY): string {
  return join('tools', `${name}-${keyOfProgram(PROGRAMS[name], modules)}`);
}

/** Downloads what a build needs, so that the download of one program overlaps with the build of another. */
export async function download(name: GoProgramName): Promise<void> {
  const program = PROGRAMS[name];
  const cwd = join(GO_DIRECTORY, program.module);
  await checkGo(cwd);
  await command('go', ['list', '-deps', ...argumentsOf(program), program.package], { cwd, env: environmentOf(program) });
}

async function checkCompiler(): Promise<void> {
  if (process.platform !== 'linux') {
    throw new Failure(
      'Gitea has C parts, which are only built on Linux: on other systems its published image is used, and no container registry answered',
    );
  }
  try {
    await command('gcc', ['--version']);
  } catch {
    await debianPackages('gcc', 'libc6-dev');
  }
}

/** The path of a program, built first when the cache does not have it. */
export async function provideProgram(name: GoProgramName, modules = GO_DIRECTORY): Promise<string> {
  const program = PROGRAMS[name];
  const cwd = join(modules, program.module);
  const directory = await cached(nameInCache(name, modules), (unfinished) =>
    step(`building ${name}`, async () => {
      await checkGo(cwd);
      if (program.cgo) {
        await checkCompiler();
      }
      const started = Date.now();
      await command('go', ['build', '-v', '-o', join(unfinished, name), ...argumentsOf(program), program.package], {
        cwd,
        env: environmentOf(program),
        heartbeat: (printed) => {
          const packages = printed.split('\n').length - 1;
          return `still building ${name}: ${Math.round((Date.now() - started) / 1000)} s, ${packages} packages compiled`;
        },
      });
    }),
  );
  return join(directory, name);
}

/** Where the sources of the module that a program is built from lie: they also hold its image's start scripts. */
export async function sourcesOf(name: GoProgramName): Promise<string> {
  const { module, package: path } = PROGRAMS[name];
  const printed = await command('go', ['mod', 'download', '-json', path], {
    cwd: join(GO_DIRECTORY, module),
    env: MODULE_ENVIRONMENT,
  });
  return JSON.parse(printed).Dir;
}
