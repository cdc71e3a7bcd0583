import * as fs from 'node:fs';
import * as path from 'node:path';

const WORKFLOWS = path.resolve(__dirname, '../../.github/workflows');
const workflows = fs.readdirSync(WORKFLOWS).map((name) => ({ name, text: fs.readFileSync(path.join(WORKFLOWS, name), 'utf8') }));
const textOf = (workflow: string) => workflows.find(({ name }) => name === workflow)?.text ?? '';
const release = textOf('release.yml');

/** A job of a workflow: one that publishes to a registry, unless the workflow is another one. */
function job(name: string, text = release): string {
  const start = text.indexOf(`\n  ${name}:\n`);
  const end = text.slice(start + 1 + name.length).search(/\n {2}[\w-]+:\n/);
  return start < 0 ? '' : text.slice(start, end < 0 ? undefined : start + 1 + name.length + end);
}

describe('the workflows', () => {
  test.each(workflows)('$name names every action by a commit', ({ text }) => {
    const used = [...text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, action]) => action);
    expect(used.filter((action) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
  });

  test('use actions at all', () => {
    expect(workflows.filter(({ text }) => text.includes('uses: ')).length).toBeGreaterThanOrEqual(3);
  });

  test('run everything on a pull request, with the current toolchains and no right to write', () => {
    const ci = job('ci', textOf('build.yml'));
    const toolchains = ['node-version: "24"', 'python-version: "3.13"', 'go-version: ^1.26.0', 'java-version: "21"'];
    for (const line of ['bash .ci/run', 'timeout-minutes: 90', ...toolchains]) expect(ci).toContain(line);
    expect(ci).toMatch(/permissions:\n {6}contents: read\n {4}\w/);
  });

  test('change nothing in a pull request', () => {
    expect(textOf('build.yml')).not.toContain('self-mutation:');
  });

  test('publish with a pinned tool', () => {
    const tools = [...release.matchAll(/publib@(\S+?)'/g)].map(([, version]) => version);
    expect(tools).toHaveLength(5);
    expect(tools.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test.each([
    ['release_npm', ['id-token: write', 'NPM_TRUSTED_PUBLISHER: "true"', 'NPM_CONFIG_PROVENANCE: "true"', 'node-version: "24"']],
    ['release_pypi', ['id-token: write', 'PYPI_TRUSTED_PUBLISHER: "true"', 'python-version: "3.13"']],
    ['release_nuget', ['id-token: write', 'NUGET_TRUSTED_PUBLISHER: "true"', 'dotnet-version: 10.x']],
    ['release_maven', ['MAVEN_SERVER_ID: central-ossrh', 'java-version: "21"']],
    ['release_golang', ['go-version: ^1.26.0']],
  ])('%s publishes with a current toolchain, and without a long-lived token where the registry has another way', (name, expected) => {
    for (const line of expected) expect(job(name)).toContain(line);
  });

  test.each(['release_npm', 'release_pypi', 'release_nuget'])('%s holds no token of the registry', (name) => {
    expect(job(name)).not.toMatch(/secrets\.\w*(TOKEN|API_KEY|PASSWORD)/);
  });
});
