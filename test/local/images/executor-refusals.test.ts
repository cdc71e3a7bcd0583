import { executeFirst } from '../../../integ/local/images/executors';
import { bash, document, Workspace } from './workspace';

const workspace = new Workspace();

afterAll(() => workspace.remove());

// biome-ignore lint/suspicious/noExplicitAny: documents have no types
async function refusalOf(...documents: any[]): Promise<string> {
  const { code, printed } = await executeFirst(['--check'], workspace.documents(...documents));
  return code === 0 ? 'taken' : printed;
}

const download = (inputs: object) => ({
  name: 'Get',
  action: 'WebDownload',
  inputs: [{ source: 'https://github.com/file', destination: '/opt/file', ...inputs }],
});

test('the executor takes a document with all that it knows', async () => {
  const parameters = [{ Version: { type: 'string', default: '1.2.3', description: 'of the program' } }];
  const steps = [
    bash('Say', 'echo {{ Version }}'),
    { ...bash('Loop', 'echo {{ loop.index }} {{ each.value }}'), loop: { name: 'each', forEach: ['a', '{{ build.Say.outputs.stdout }}'] } },
    { ...bash('Range', 'echo {{ loop.value }}'), loop: { for: { start: 3, end: 1, updateBy: -1 } } },
    { ...bash('Maybe', 'true'), if: { and: [{ fileExists: '/etc/os-release' }, { stringEquals: '1.2.3', value: '{{ Version }}' }] } },
    { ...bash('Try', 'true'), onFailure: 'Ignore', maxAttempts: 3, timeoutSeconds: -1 },
    download({ checksum: 'a'.repeat(64), algorithm: 'SHA256' }),
    { name: 'Update', action: 'UpdateOS', inputs: { exclude: ['linux-image'] } },
    { name: 'Restart', action: 'Reboot', inputs: { delaySeconds: 1 } },
    { name: 'Equal', action: 'Assert', inputs: { not: { stringIsEmpty: '{{ Version }}' } } },
  ];
  expect(await refusalOf(document(steps, { description: 'all of it', parameters }))).toBe('taken');
});

test('the executor reads the YAML that people write', async () => {
  const yaml = [
    'name: Written',
    'schemaVersion: 1.0',
    'phases:',
    '  - name: build',
    '    steps:',
    '      - name: Say',
    '        action: Unknown',
  ];
  const printed = await refusalOf(yaml.join('\n'));
  expect(printed).toMatch(
    /^refused: document-0(, build, Say: the action `Unknown` is not one|: it is not JSON, and YAML is read only with)/,
  );
});

test.each([
  [
    'an action that it does not know',
    document([{ name: 'Step', action: 'ExecutePowerShell', inputs: {} }]),
    'Step: the action `ExecutePowerShell` is not one that this executor knows',
  ],
  [
    'an input that it does not know',
    document([download({ ignoreCertificateErrors: true })]),
    'Get: this executor does not know its input `ignoreCertificateErrors`',
  ],
  [
    'an input that is missing',
    document([{ name: 'Make', action: 'CreateFile', inputs: [{ content: 'a' }] }]),
    'Make: its input `path` is missing',
  ],
  [
    'an input of another kind',
    document([{ name: 'Make', action: 'CreateFile', inputs: [{ path: '/a', permissions: 755 }] }]),
    'Make: its input `permissions` cannot be 755',
  ],
  [
    'inputs in another form',
    document([{ name: 'Make', action: 'CreateFile', inputs: { path: '/a' } }]),
    'Make: its inputs are a list of maps',
  ],
  [
    'a checksum without its algorithm',
    document([download({ checksum: 'abc' })]),
    'Get: AWS compares a checksum only when both `checksum` and `algorithm` are given',
  ],
  ['a key of a step that it does not know', document([{ ...bash('Step', 'true'), retries: 3 }]), 'build: `retries` is not known there'],
  ['a key of a document that it does not know', document([], { version: 1 }), '`version` is not known there'],
  ['another schema', { ...document([]), schemaVersion: '2.0' }, 'the schema version 2.0 is not known'],
  ['another phase', document([], {}, 'container-host-test'), 'the phase `container-host-test` is not known, or is there twice'],
  ['two steps of one name', document([bash('Step', 'true'), bash('Step', 'true')]), 'Step: another step of the phase has this name'],
  ['a reference to nothing', document([bash('Step', 'echo {{ Missing }}')]), 'Step: {{ Missing }} refers to nothing'],
  [
    'a reference to a later step',
    document([bash('Step', 'echo {{ build.Next.outputs.stdout }}'), bash('Next', 'true')]),
    '{{ build.Next.outputs.stdout }} refers to nothing',
  ],
  [
    'a parameter without a value',
    document([], { parameters: [{ Version: { type: 'string' } }] }),
    'its parameter `Version` has no value and no default',
  ],
  ['a time limit of no time', document([{ ...bash('Step', 'true'), timeoutSeconds: 0 }]), 'Step: `timeoutSeconds` cannot be 0'],
  ['an unknown way to fail', document([{ ...bash('Step', 'true'), onFailure: 'Retry' }]), "Step: `onFailure` cannot be 'Retry'"],
  [
    'a loop without an end',
    document([{ ...bash('Step', 'true'), loop: { for: { start: 1, end: 3, updateBy: -1 } } }]),
    'Step: the `for` loop would not end',
  ],
  [
    'a condition that it does not know',
    document([{ ...bash('Step', 'true'), if: { packageExists: 'git' } }]),
    'Step: the operator `packageExists` is not one that this executor knows',
  ],
  [
    'conditions nested too deep',
    document([{ ...bash('Step', 'true'), if: { not: { not: { not: { not: { not: { stringIsEmpty: '' } } } } } } }]),
    'conditions are nested more than 4 times',
  ],
])('the executor refuses %s, before anything runs', async (_what, refused, sentence) => {
  const printed = await refusalOf(refused);
  expect(printed).toMatch(/^refused: /);
  expect(printed).toContain(sentence);
});

test('the executor refuses a parameter that the document does not have', async () => {
  const given = [...workspace.documents(document([])), '--parameter', 'Version=1'];
  const { code, printed } = await executeFirst(['--check'], given);
  expect([code, printed]).toEqual([2, 'refused: Example: it has no parameter `Version`\n']);
});
