import { github, JsonPatch, type YamlFile } from 'projen';

/** Tags can be moved, so every action is named by the commit that its tag stood for when it was reviewed. */
const ACTIONS: Readonly<Record<string, string>> = {
  'actions/setup-node': '820762786026740c76f36085b0efc47a31fe5020', // v7.0.0
  'actions/setup-java': 'b6effb05e454b25005698d916606bdc6ffcbf961', // v5.7.0
  'actions/setup-python': '5fda3b95a4ea91299a34e894583c3862153e4b97', // v7.0.0
  'actions/setup-go': 'b7ad1dad31e06c5925ef5d2fc7ad053ef454303e', // v7.0.0
  'actions/setup-dotnet': 'a98b56852c35b8e3190ac28c8c2271da59106c68', // v6.0.0
  'peter-evans/create-pull-request': '5f6978faf089d4d20b00c7766989d076bb2fc7f1', // v8.1.1
};

/** projen's own choices are years behind; each is the first `with` of the first setup step of its job. */
const TOOLCHAINS: readonly { job: string; step: number; input: string; version: string }[] = [
  { job: 'java', step: 0, input: 'java-version', version: '21' },
  { job: 'python', step: 1, input: 'python-version', version: '3.13' },
  { job: 'go', step: 1, input: 'go-version', version: '^1.26.0' },
  { job: 'dotnet', step: 1, input: 'dotnet-version', version: '10.x' },
];

/** The release workflow names a job after where it publishes to. */
const PUBLISHER: Readonly<Record<string, string>> = { java: 'maven', python: 'pypi', go: 'golang', dotnet: 'nuget' };

export function pinActions(project: github.GitHub): void {
  for (const [action, commit] of Object.entries(ACTIONS)) project.actions.set(action, `${action}@${commit}`);
}

export function useCurrentToolchains(project: github.GitHub): void {
  for (const { job, step, input, version } of TOOLCHAINS) {
    for (const [workflow, name] of [
      ['build', `package-${job}`],
      ['release', `release_${PUBLISHER[job]}`],
    ]) {
      const file = project.tryFindWorkflow(workflow)?.file as YamlFile;
      file.patch(JsonPatch.replace(`/jobs/${name}/steps/${step}/with/${input}`, version));
    }
  }
}

/** What a machine of a developer runs as `.ci/run`, with the toolchains that this does not install by itself. */
export function runEverything(project: github.GitHub): void {
  project.tryFindWorkflow('build')?.addJob('ci', {
    runsOn: ['ubuntu-latest'],
    timeoutMinutes: 90,
    permissions: { contents: github.workflows.JobPermission.READ },
    env: { CI: 'true' },
    steps: [
      github.WorkflowSteps.checkout(),
      { uses: 'actions/setup-node', with: { 'node-version': '24', 'package-manager-cache': false } },
      { uses: 'actions/setup-python', with: { 'python-version': '3.13' } },
      { uses: 'actions/setup-go', with: { 'go-version': '^1.26.0', cache: false } },
      { uses: 'actions/setup-java', with: { distribution: 'corretto', 'java-version': '21' } },
      // what is missing is installed, which takes root
      { name: 'Everything', run: 'sudo --preserve-env env "PATH=$PATH" bash .ci/run' },
    ],
  });
}
