import * as fs from 'node:fs';
import * as path from 'node:path';
import { Command, MANIFEST } from './command';

let command: Command;
let directory: string;

beforeAll(async () => {
  command = await Command.bundle();
}, 60_000);
afterAll(() => command.remove());

beforeEach(() => {
  directory = fs.mkdtempSync(path.join(command.directory, 'here-'));
});

const VERBS: [string, string[]][] = [
  ['enroll', ['enroll']],
  ['enroll --issue', ['enroll', '--issue', 'eve']],
  ['rotate-keys', ['rotate-keys']],
  ['revoke', ['revoke']],
  ['verify', ['verify']],
  ['exec', ['exec', '--', 'touch', 'ran']],
  ['import-secrets', ['import-secrets', 'a.tfvars', '--remove']],
  ['state list', ['state', 'list']],
  ['state locks', ['state', 'locks']],
  ['state recover', ['state', 'recover', '--key', 'a', '--version', 'b']],
  ['migrate', ['migrate', '--key', 'a', '--remove']],
  ['init --offline', ['init', '--offline', '--key', 'a']],
];

const put = (file: string, text: string) => fs.writeFileSync(path.join(directory, file), text);
const manifest = (change: object = {}) => put('.cdk-atlantis.json', JSON.stringify({ ...MANIFEST, ...change }));
const files = () =>
  Object.fromEntries(fs.readdirSync(directory).map((file) => [file, fs.readFileSync(path.join(directory, file), 'utf8')]));
const run = (...args: string[]) => command.run(args, { cwd: directory });

describe.each(VERBS)('%s', (name, args) => {
  test.each([
    ['without .cdk-atlantis.json', undefined, /^There is no \.cdk-atlantis\.json here or above: [^\n]*\n$/],
    [
      "with another program's .cdk-atlantis.json",
      '{"region": "eu-west-1"}',
      /^\.cdk-atlantis\.json is not of a cdk-atlantis bootstrap: [^\n]*\n$/,
    ],
    [
      'with a damaged .cdk-atlantis.json',
      JSON.stringify({ ...MANIFEST, role: 'x' }),
      /^\.cdk-atlantis\.json is damaged at role: [^\n]*\n$/,
    ],
  ])('%s says so in one line and writes nothing', async (_, text, line) => {
    put('a.tfvars', 'a = "b"\n');
    put('terraform.tfstate', '{"version": 4, "lineage": "x", "serial": 1}');
    if (text !== undefined) put('.cdk-atlantis.json', text);
    const before = files();
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout, files()]).toEqual([1, '', before]);
    expect(stderr).toMatch(line);
  });

  if (!/init|enroll$/.test(name)) {
    test('without credentials says so in one line and writes nothing', async () => {
      put('a.tfvars', 'a = "b"\n');
      put('terraform.tfstate', '{"version": 4, "lineage": "x", "serial": 1}');
      manifest();
      const before = files();
      const { code, stdout, stderr } = await run(...args);
      expect([code, stdout, files()]).toEqual([1, '', before]);
      expect(stderr).toMatch(/^No AWS credentials: [^\n]*\n$/);
    });
  }
});

test('enroll without credentials and without a terminal asks nobody', async () => {
  manifest();
  const { code, stderr } = await run('enroll');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^There are no AWS credentials here yet: enter the access key that an administrator issued\.\nThere is no terminal to ask on /,
  );
});

test('init without credentials writes nothing, and says so whatever else is missing', async () => {
  const { code, stderr } = await run('init', '--key', 'a', '--yes');
  expect([code, files()]).toEqual([1, {}]);
  expect(stderr).toMatch(/^No AWS credentials: [^\n]*\n$/);
});

test('init does not replace a .cdk-atlantis.json of another program, whatever was agreed to', async () => {
  manifest();
  const around = directory;
  directory = path.join(directory, 'inner');
  fs.mkdirSync(directory);
  expect((await run('init', '--offline', '--key', 'a')).code).toBe(0);
  expect(Object.keys(files()).sort()).toEqual(['.gitignore', 'activate', 'activate.fish', 'backend.tf', 'deactivate']);
  expect(files()['backend.tf']).toContain('key          = "a/terraform.tfstate"');
  directory = around;
});

describe('init --offline', () => {
  beforeEach(() => manifest());

  test('writes no backend.tf without a name for the state', async () => {
    const { stderr } = await run('init', '--offline');
    expect(stderr).toContain('No backend.tf is written without --key, the name of a state such as network/prod.');
    expect(Object.keys(files())).not.toContain('backend.tf');
  });

  test('names the state of the bootstrap itself', async () => {
    await run('init', '--offline', '--bootstrap');
    expect(files()['backend.tf']).toContain('"bootstrap/terraform.tfstate"');
  });

  test('never overwrites without asking, and with nobody to ask writes nothing at all', async () => {
    put('activate', 'mine');
    const before = files();
    const { code, stderr } = await run('init', '--offline', '--key', 'a');
    expect([code, files()]).toEqual([1, before]);
    expect(stderr).toBe(
      'There is no terminal to ask on (activate is there and differs. Replace it? [y/N]): use --code-stdin, or --yes for what can be agreed to.\n',
    );
    expect((await run('init', '--offline', '--key', 'a', '--yes')).code).toBe(0);
    expect(files().activate).not.toBe('mine');
  });

  test('asks for every file before it writes the first', async () => {
    put('activate', 'mine');
    put('deactivate', 'mine too');
    const { code } = await command.run(['init', '--offline', '--code-stdin'], { cwd: directory, answers: [[/activate is there/, 'y']] });
    expect([code, files().activate, files().deactivate]).toEqual([1, 'mine', 'mine too']);
  });

  test('adds to .gitignore only the lines that it lacks', async () => {
    put('.gitignore', 'node_modules\n*.tfstate');
    await run('init', '--offline');
    await run('init', '--offline');
    expect(files()['.gitignore']).toBe('node_modules\n*.tfstate\n.terraform/\n*.tfstate.*\n*.tfvars\n*.tfvars.json\ncrash.log\n');
  });
});

describe('what is wrong in a command line', () => {
  beforeEach(() => manifest());

  test.each([
    [['nothing'], 'There is no verb "nothing": try "cdk-atlantis bootstrap --help".'],
    [['toString'], 'There is no verb "toString": try "cdk-atlantis bootstrap --help".'],
    [['exec'], 'A command is wanted: bootstrap exec -- terraform plan'],
    [['import-secrets'], 'One file is wanted: bootstrap import-secrets FILE.tfvars'],
    [['import-secrets', 'none.tfvars'], 'none.tfvars cannot be read: '],
    [['state'], 'One of list, who, recover and locks is wanted: bootstrap state list'],
    [['state', 'who'], 'The name of a state is wanted: bootstrap state who --key network/prod'],
    [['state', 'recover', '--key', 'a'], 'A version is wanted, of those that "bootstrap state list --key" shows: --version ID'],
    [['migrate'], 'The name of the state is wanted: bootstrap migrate --key network/prod'],
    [['migrate', '--key', 'a'], 'There is no terraform.tfstate here: name the local state with --from.'],
    [['migrate', '--key', 'a', '--from', '/none/a.tfstate'], '/none/a.tfstate cannot be read: '],
    [['migrate', '--key', 'a', '--from', 's3://b'], 'A state in a bucket is named like s3://bucket/key: got "s3://b".'],
    [['migrate', '--key', 'a', '--from', 's3://b/c', '--remove'], 'Only a local state is removed: leave --remove out.'],
    [['enroll', '--issue', 'eve', '--write-profile', 'a b'], 'A profile is named like a user: got "a b".'],
    [['init', '--offline', '--key', '../a'], 'A state is named like network/prod'],
    [['revoke', '--unknown'], "Unknown option '--unknown'"],
  ])('%j is said in one line', async (args, line) => {
    const { code, stderr } = await run(...args);
    expect([code, stderr.split('\n').length]).toEqual([1, 2]);
    expect(stderr.startsWith(line)).toBe(true);
  });

  test('a locked local state is left alone', async () => {
    put('terraform.tfstate', '{"version": 4, "lineage": "x", "serial": 1}');
    put('.terraform.tfstate.lock.info', '{}');
    const { code, stderr } = await run('migrate', '--key', 'a');
    expect([code, stderr]).toEqual([1, 'terraform.tfstate is locked by a Terraform that is running; nothing was changed.\n']);
  });

  test('a file that a link leads to is not removed', async () => {
    put('real', 'a = "b"');
    fs.symlinkSync('real', path.join(directory, 'a.tfvars'));
    const { code, stderr } = await run('import-secrets', 'a.tfvars', '--remove');
    expect([code, stderr]).toEqual([
      1,
      'a.tfvars is a symbolic link: name the file that it leads to, or leave --remove out. Nothing was changed.\n',
    ]);
    expect(Object.keys(files())).toEqual(expect.arrayContaining(['a.tfvars', 'real']));
  });

  test('a bootstrap without secrets takes none', async () => {
    manifest({ secrets: undefined });
    put('a.tfvars', 'a = "b"');
    expect((await run('import-secrets', 'a.tfvars')).stderr).toBe('This bootstrap keeps no secrets: its construct was made without.\n');
  });

  test.each([
    ['a = null', 'a.tfvars: a is null, which no environment variable can say; nothing was changed.\n'],
    ['a = ""', 'a.tfvars: a is empty, which no parameter can be; nothing was changed.\n'],
    ['é = 1', 'a.tfvars: é is no name for a parameter; nothing was changed.\n'],
    [`a = "${'x'.repeat(4097)}"`, 'a.tfvars: a is longer than 4096 bytes; nothing was changed.\n'],
    ['# none', 'a.tfvars has no variables; nothing was changed.\n'],
  ])('what Parameter Store could not keep is refused first: %#', async (text, line) => {
    put('a.tfvars', text);
    expect((await run('import-secrets', 'a.tfvars')).stderr).toBe(line);
  });
});

test('--help shows every verb', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const verb of ['init', 'enroll', 'rotate-keys', 'revoke', 'verify', 'exec', 'import-secrets', 'state', 'migrate']) {
    expect(stdout).toMatch(new RegExp(`\\n {2}${verb}\\b`));
  }
});
