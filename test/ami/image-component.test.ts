import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration, Lazy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ComponentStep, ImageComponent, StepFailure } from '../../src';
import { bound, refusalOfComponent, versionOf } from './parts';

const SHA256 = 'a'.repeat(64);
const step = ComponentStep.bash('Say', ['echo hello']);
const inline = (name: string, commands: string[]) => ImageComponent.inline(name, { buildSteps: [ComponentStep.bash('Run', commands)] });

function folder(files: { readonly [name: string]: string }): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cdk-atlantis-test-'));
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(directory, name), content);
  return directory;
}

describe('ImageComponent.inline', () => {
  test('its document has the phases in which something is done', () => {
    const component = ImageComponent.inline('Hello', { description: 'Says hello', buildSteps: [step], testSteps: [step] });
    expect(bound(() => component).document()).toEqual({
      name: 'Hello',
      description: 'Says hello',
      schemaVersion: '1.0',
      phases: [
        { name: 'build', steps: [expect.objectContaining({ name: 'Say' })] },
        { name: 'test', steps: [expect.objectContaining({ name: 'Say' })] },
      ],
    });
  });

  test('a value of a parameter goes to the recipe, and what is left out has its default', () => {
    const parameters = { word: { defaultValue: 'hello', description: 'What is said' }, name: {} };
    const { config, document } = bound(() =>
      ImageComponent.inline('Hello', { parameters, buildSteps: [step] }, { parameters: { name: 'you' } }),
    );
    expect(document().parameters).toEqual([
      { word: { type: 'string', default: 'hello', description: 'What is said' } },
      { name: { type: 'string' } },
    ]);
    expect(config.parameters).toEqual({ name: 'you' });
  });

  const least = () => bound(() => ImageComponent.inline('Hello', { buildSteps: [step] })).document();
  const phase = (name: string) => least().phases.some((each: { name: string }) => each.name === name);

  test('ComponentDocument.description left out: none', () => {
    expect(least().description).toBeUndefined();
  });

  test('ComponentDocument.parameters left out: none', () => {
    expect(least().parameters).toBeUndefined();
  });

  test('ComponentDocument.buildSteps left out: nothing is done', () => {
    const tested = bound(() => ImageComponent.inline('Hello', { testSteps: [step] })).document();
    expect(tested.phases.map(({ name }: { name: string }) => name)).toEqual(['test']);
  });

  test('ComponentDocument.validateSteps left out: nothing is looked at', () => {
    expect([phase('build'), phase('validate')]).toEqual([true, false]);
  });

  test('ComponentDocument.testSteps left out: nothing is tested', () => {
    expect([phase('build'), phase('test')]).toEqual([true, false]);
  });

  test('ComponentParameter.defaultValue left out: a value has to be given', () => {
    const component = ImageComponent.inline('Hello', { parameters: { word: {} }, buildSteps: [step] });
    expect(refusalOfComponent(component)).toContain('needs a value for its parameter "word"');
  });

  test('ComponentParameter.description left out: none', () => {
    const component = ImageComponent.inline('Hello', { parameters: { word: { defaultValue: 'a' } }, buildSteps: [step] });
    expect(bound(() => component).document().parameters).toEqual([{ word: { type: 'string', default: 'a' } }]);
  });

  test('the version follows the content, and nothing else', () => {
    expect(versionOf(inline('Hello', ['echo a']))).toBe(versionOf(inline('Hello', ['echo a'])));
    expect(versionOf(inline('Hello', ['echo a']))).not.toBe(versionOf(inline('Hello', ['echo b'])));
  });

  test('the version is one that Image Builder takes', () => {
    const numbers = versionOf(inline('Hello', ['echo a']))
      .split('.')
      .map(Number);
    expect(numbers).toHaveLength(3);
    expect(numbers.filter((number) => !(number < 2 ** 30))).toEqual([]);
  });

  test('a value that is known at deployment only can stand in the document', () => {
    const text = Lazy.string({ produce: () => 'later' });
    expect(bound(() => inline('Hello', [`echo ${text}`])).document().phases[0].steps[0].inputs.commands).toContain('echo later');
  });

  test.each([
    [
      'a name with a space',
      inline('a b', ['true']),
      'got the name "a b"; start with a letter, then letters, digits and dashes, 41 characters at most',
    ],
    [
      'a name that is not known',
      inline(Lazy.string({ produce: () => 'a' }), ['true']),
      'the name of a component has to be known at synth; give a plain text',
    ],
    ['no step', ImageComponent.inline('Empty', {}), 'has no step; give one at least, in buildSteps, validateSteps or testSteps'],
    [
      'two steps of a name',
      ImageComponent.inline('Twice', { buildSteps: [step, step] }),
      'has two steps "Say" in build; give each a name of its own',
    ],
    [
      'a value without a parameter',
      ImageComponent.inline('Hello', { buildSteps: [step] }, { parameters: { word: 'x' } }),
      'has no parameter "word"; its parameters are none',
    ],
    [
      'a parameter without a value',
      ImageComponent.inline('Hello', { parameters: { word: {} }, buildSteps: [step] }),
      'needs a value for its parameter "word"; give it in parameters',
    ],
    [
      'too long a document',
      inline('Long', ['x'.repeat(16_000)]),
      'characters, and Image Builder takes 16000; make several components of it, or give it as ImageComponent.file',
    ],
  ])('%s is refused', (_what, component, message) => {
    expect(refusalOfComponent(component)).toContain(message);
  });
});

describe('ImageComponent.file', () => {
  const file = path.join(folder({ 'component.yaml': 'schemaVersion: 1.0\n' }), 'component.yaml');

  test('its document is fetched from a bucket, which the builder may read', () => {
    const { config, resource, stack } = bound(() => ImageComponent.file('Own', file));
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    config.grantBuild?.(role);
    expect(resource().Properties.Uri).toBeDefined();
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain('s3:GetObject*');
  });

  test('the version follows the content of the file', () => {
    const other = path.join(folder({ 'component.yaml': 'schemaVersion: 1.0\nname: x\n' }), 'component.yaml');
    expect(versionOf(ImageComponent.file('Own', file))).not.toBe(versionOf(ImageComponent.file('Own', other)));
  });

  test('a wrong name is refused', () => {
    expect(refusalOfComponent(ImageComponent.file('1', file))).toContain('got the name "1"');
  });
});

describe('ImageComponent.asset', () => {
  const directory = folder({ one: '1', two: '2' });
  const asset = (options: object = {}) => ImageComponent.asset('Files', { path: directory, destination: '/opt/files', ...options });

  test('files are fetched, put where they belong, and looked for', () => {
    const [build, validate] = bound(() => asset()).document().phases;
    expect(build.steps.map((each: { action: string }) => each.action)).toEqual(['S3Download', 'ExecuteBash']);
    expect(validate.steps[0].inputs.commands).toContain("test -e '/opt/files'");
  });

  test('a folder is unpacked and a file is moved', () => {
    const put = (component: ImageComponent) => JSON.stringify(bound(() => component).document().phases[0].steps[1]);
    expect(put(asset())).toContain('unzip -q -o');
    expect(put(asset({ path: path.join(directory, 'one') }))).toContain('mv \\"$FETCHED\\"');
  });

  test('own steps come after it', () => {
    const steps = bound(() => asset({ buildSteps: [step], validateSteps: [step], testSteps: [step] })).document().phases;
    expect(steps.map((phase: { steps: { name: string }[] }) => phase.steps.at(-1)?.name)).toEqual(['Say', 'Say', 'Say']);
  });

  test('AssetComponentOptions.validateSteps left out: the file is looked for', () => {
    expect(bound(() => asset()).document().phases[1].steps).toHaveLength(1);
  });

  const phases = () => bound(() => asset()).document().phases;

  test('AssetComponentOptions.buildSteps left out: nothing else is done', () => {
    expect(phases()[0].steps.map(({ name }: { name: string }) => name)).toEqual(['Fetch', 'Put']);
  });

  test('AssetComponentOptions.testSteps left out: nothing is tested', () => {
    expect(phases().map(({ name }: { name: string }) => name)).toEqual(['build', 'validate']);
  });

  test('the builder may read it', () => {
    expect(bound(() => asset()).config.grantBuild).toBeDefined();
  });

  test('the version of the recipe follows the files', () => {
    const content = (component: ImageComponent) => JSON.stringify(bound(() => component).config.content);
    expect(content(asset())).not.toBe(content(asset({ path: folder({ one: '1' }) })));
  });

  test.each([['files'], ['/opt/my files']])('the destination %s is refused', (destination) => {
    expect(refusalOfComponent(asset({ destination }))).toContain(`got "${destination}"; give an absolute path without spaces`);
  });
});

describe('ImageComponent.managed', () => {
  test('ManagedComponentOptions.version left out: the newest', () => {
    const { config, stack } = bound(() => ImageComponent.managed('amazon-cloudwatch-agent-linux'));
    expect(stack.resolve(config.componentArn)['Fn::Join'][1].join('')).toContain(
      ':imagebuilder:eu-west-1:aws:component/amazon-cloudwatch-agent-linux/x.x.x',
    );
  });

  test('ManagedComponentOptions.owner left out: AWS', () => {
    const { config, stack } = bound(() => ImageComponent.managed('stig-build-linux-high', { version: '2024.x.x', owner: 'third-party' }));
    expect(stack.resolve(config.componentArn)['Fn::Join'][1].join('')).toContain(':third-party:component/stig-build-linux-high/2024.x.x');
  });

  test.each([
    [ImageComponent.managed('Agent'), 'got "Agent"; AWS names its components with small letters, digits and dashes'],
    [ImageComponent.managed('agent', { version: '1' }), 'got "1"; give three numbers or x with dots, such as 1.x.x'],
  ])('a wrong one is refused', (component, message) => {
    expect(refusalOfComponent(component)).toContain(message);
  });
});

describe('ImageComponent.fromArn', () => {
  const arn = 'arn:aws:imagebuilder:eu-west-1:123456789012:component/own/1.0.0';

  test('ImageComponentOptions.parameters left out: none are given', () => {
    expect(bound(() => ImageComponent.fromArn(arn)).config).toMatchObject({ componentArn: arn, parameters: {} });
  });

  test('another text is refused', () => {
    expect(refusalOfComponent(ImageComponent.fromArn('own'))).toContain('got "own"; give the ARN of a component with its version');
  });
});

describe('ComponentStep', () => {
  // biome-ignore lint/suspicious/noExplicitAny: documents have no types
  const rendered = (each: ComponentStep): any => each._render();

  test('a failing command ends bash', () => {
    expect(rendered(ComponentStep.bash('Run', ['false'])).inputs.commands).toEqual(['set -euo pipefail', 'false']);
  });

  const keys = (options: object) => Object.keys(rendered(ComponentStep.bash('Run', ['true'], options)));

  test('StepOptions.timeout left out: Image Builder has its own', () => {
    expect([keys({}), keys({ timeout: Duration.minutes(2) })].map((each) => each.includes('timeoutSeconds'))).toEqual([false, true]);
  });

  test('StepOptions.attempts left out: one', () => {
    expect([keys({}), keys({ attempts: 2 })].map((each) => each.includes('maxAttempts'))).toEqual([false, true]);
  });

  test('StepOptions.onFailure left out: the build ends', () => {
    expect([keys({}), keys({ onFailure: StepFailure.IGNORE })].map((each) => each.includes('onFailure'))).toEqual([false, true]);
  });

  test('StepOptions.forEach left out: the step runs once', () => {
    expect([keys({}), keys({ forEach: ['a'] })].map((each) => each.includes('loop'))).toEqual([false, true]);
  });

  test('what is said of time, attempts, failure and repetition stands in it', () => {
    const options = { timeout: Duration.minutes(2), attempts: 3, onFailure: StepFailure.CONTINUE, forEach: ['a', 'b'] };
    expect(rendered(ComponentStep.bash('Run', ['true'], options))).toMatchObject({
      timeoutSeconds: 120,
      maxAttempts: 3,
      onFailure: 'Continue',
      loop: { forEach: ['a', 'b'] },
    });
  });

  const file = rendered(ComponentStep.createFile('Write', { path: '/a', content: 'b' })).inputs[0];

  test('a file is written over one that is there', () => {
    expect(file).toMatchObject({ path: '/a', content: 'b', overwrite: true });
  });

  test('CreateFileProps.owner left out: root', () => {
    expect(file.owner).toBe('root');
  });

  test('CreateFileProps.group left out: root', () => {
    expect(file.group).toBe('root');
  });

  test('CreateFileProps.permissions left out: everybody may read', () => {
    expect(file.permissions).toBe('0644');
  });

  const made = rendered(ComponentStep.createFolder('Make', { path: '/a' })).inputs[0];

  test('a folder may be there already', () => {
    expect(made).toMatchObject({ path: '/a', overwrite: true });
  });

  test('CreateFolderProps.owner left out: root', () => {
    expect(made.owner).toBe('root');
  });

  test('CreateFolderProps.group left out: root', () => {
    expect(made.group).toBe('root');
  });

  test('CreateFolderProps.permissions left out: everybody may look into it', () => {
    expect(made.permissions).toBe('0755');
  });

  test('a download has its checksum', () => {
    expect(rendered(ComponentStep.download('Get', { url: 'https://a', destination: '/a', sha256: SHA256 })).inputs).toEqual([
      { source: 'https://a', destination: '/a', checksum: SHA256, algorithm: 'SHA256', overwrite: true },
    ]);
  });

  test('updates have no inputs, a restart and files of buckets have theirs', () => {
    expect(rendered(ComponentStep.updateOs('Update'))).toEqual({ name: 'Update', action: 'UpdateOS' });
    expect(rendered(ComponentStep.reboot('Restart'))).toEqual({ name: 'Restart', action: 'Reboot', inputs: { delaySeconds: 0 } });
    expect(rendered(ComponentStep.s3Upload('Put', { source: '/b', destination: 's3://a/b' })).inputs).toEqual([
      { source: '/b', destination: 's3://a/b' },
    ]);
    expect(rendered(ComponentStep.s3Download('Get', { source: 's3://a/b', destination: '/b' })).action).toBe('S3Download');
  });
});
