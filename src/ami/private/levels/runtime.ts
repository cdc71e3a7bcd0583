import type { Construct } from 'constructs';
import type { Problems } from '../../../validation/problems';
import { ComponentStep } from '../../component-step';
import { ImageComponent } from '../../image-component';
import type { RuntimeLevelOptions } from '../../runtime-level-options';
import type { RuntimeTool } from '../../runtime-tool';
import { FILES } from '../files';
import type { ImageContext, LevelConfig, LevelParts } from '../level-config';
import { quoted, scriptText } from '../script-step';
import { createFiles } from './files-of-level';

const FOLDER = '/usr/local/bin';

/** The scripts are written once, since each tool runs them and a document may not be long. */
const FETCH = '/var/tmp/cdk-atlantis-fetch-release.sh';
const CHECK = '/var/tmp/cdk-atlantis-check-version.sh';

/** The runtime level. */
export class RuntimeLevel implements LevelParts {
  constructor(private readonly options: RuntimeLevelOptions) {}

  public validate(scope: Construct, _context: ImageContext, problems: Problems): void {
    const { tools } = this.options;
    if (tools.length === 0) problems.add(scope, 'runtime.tools', 'got no tool; give at least one, or leave the level out');
    for (const [i, tool] of tools.entries()) {
      tool._validate(scope, `runtime.tools[${i}]`, problems);
      if (tools.findIndex(({ name, version }) => name === tool.name && version === tool.version) < i) {
        problems.add(scope, `runtime.tools[${i}]`, `is ${tool.name} ${tool.version}, which is there already; leave one of them out`);
      }
    }
  }

  public bind(_scope: Construct, { architecture }: ImageContext): LevelConfig {
    const { tools } = this.options;
    const installed = tools.map((tool) => ({ tool, path: `${FOLDER}/${tool.name}${tool.version}`, release: tool._release(architecture) }));
    const component = ImageComponent.inline('runtime', {
      description: `Puts ${tools.map(({ name, version }) => `${name} ${version}`).join(', ')} into ${FOLDER}`,
      buildSteps: [
        ComponentStep.createFile('Fetcher', { path: FETCH, content: scriptText('fetch-release.sh'), permissions: '0700' }),
        ...installed.map(({ tool, path, release }) =>
          runs(`Fetch-${idOf(tool)}`, FETCH, {
            NAME: `${release.title} ${tool.version}`,
            PRODUCT: tool.name,
            VERSION: tool.version,
            URL: release.url,
            ...(release.sha256 === undefined ? { LIST_URL: release.checksumsUrl } : { SHA256: release.sha256 }),
            ENTRY: release.entry,
            DESTINATION: path,
            LINK: tool === firstOf(tool.name, tools) ? `${FOLDER}/${tool.name}` : undefined,
          }),
        ),
        ComponentStep.bash('RemoveFetcher', [`rm ${FETCH}`]),
        ...policyChecks(firstOf('conftest', tools)),
      ],
      validateSteps: [
        ComponentStep.createFile('Checker', { path: CHECK, content: FILES['check-version.sh'], permissions: '0700' }),
        ...installed.map(({ tool, path, release }) =>
          runs(`Check-${idOf(tool)}`, CHECK, {
            NAME: `${release.title} ${tool.version}`,
            PROGRAM: tool === firstOf(tool.name, tools) ? `${FOLDER}/${tool.name}` : path,
            ARGUMENT: release.versionArgument,
            VERSION: tool.version,
          }),
        ),
        ComponentStep.bash('RemoveChecker', [`rm ${CHECK}`]),
      ],
    });
    return { components: [component], programs: tools.map(({ name }) => name) };
  }
}

/** The first one is what runs where no version is asked for. */
function firstOf(name: string, tools: readonly RuntimeTool[]): RuntimeTool | undefined {
  return tools.find((tool) => tool.name === name);
}

/** Atlantis checks policies with the version that its environment names, and with none without it. */
function policyChecks(conftest: RuntimeTool | undefined): ComponentStep[] {
  if (!conftest) return [];
  const path = '/etc/atlantis/server-environment.d/conftest.conf';
  return createFiles({ PolicyChecks: { path, content: `DEFAULT_CONFTEST_VERSION=${conftest.version}\n` } });
}

const idOf = ({ name, version }: RuntimeTool): string => `${name}-${version.replace(/\./g, '-')}`;

function runs(name: string, script: string, values: { readonly [variable: string]: string | undefined }): ComponentStep {
  const set = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const exports = set.map(([variable, value]) => `export ${variable}=${quoted(value)}`);
  return ComponentStep.bash(name, [...exports, `bash -euo pipefail ${script}`]);
}
