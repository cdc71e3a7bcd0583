import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { debianPackages } from '../../../integ/local/setup/tools';
import { type Dialect, dialects, lasting } from './dialects';
import { CODE, EXECUTION, inMinutes, manifest, refusal, Scene, type SceneOptions, answers as standard } from './scene';

beforeAll(() => debianPackages('bash', 'zsh', 'fish', 'bsdutils', 'dash'), 300_000);

const scenes: Scene[] = [];
const scene = (options?: SceneOptions): Scene => {
  const made = new Scene(options);
  scenes.push(made);
  return made;
};
afterEach(() => {
  for (const made of scenes.splice(0)) made.remove();
});

const chamber = { ...manifest, secrets: { kmsAlias: 'terraform-parameter-store', backend: 'SSM' } };
const identityCenter = { ...manifest, people: { ...manifest.people, kind: 'identityCenter' as const } };

const ENVIRONMENT = '/usr/bin/env -0 >"$OUT"/env';

/** The variables of `env` that lead to an account, or to its secrets. */
const exported = (stage: Scene, file = 'env'): Record<string, string> =>
  Object.fromEntries(
    stage
      .read(file)
      .split('\0')
      .filter((line) => /^(AWS|CHAMBER)_/.test(line))
      .map((line) => line.split(/=(.*)/s).slice(0, 2)),
  );

const filesIn = (directory: string): string[] =>
  fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** Activation that has to fail: what it wrote to standard error, with the shell compared before and after. */
async function failing(
  dialect: Dialect,
  stage: Scene,
  options: { before?: string[]; type?: [RegExp, string][]; env?: NodeJS.ProcessEnv; terminal?: boolean; arguments?: string } = {},
): Promise<string> {
  const lines = [
    ...dialect.hostile,
    ...(options.before ?? []),
    dialect.dump('before'),
    `${dialect.activate} ${options.arguments ?? ''} 2>"$OUT"/error`,
    dialect.status('status'),
    dialect.dump('after'),
  ];
  if (options.terminal === false) await stage.withoutTerminal(dialect, lines);
  else await stage.play(dialect, lines, options);
  expect(stage.read('before').length).toBeGreaterThan(2000);
  expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
  expect(stage.read('status')).toBe('1\n');
  const said = stage.read('error');
  expect(said).toMatch(/^cdk-atlantis: [^\n]+\n$/);
  return said.slice('cdk-atlantis: '.length).trimEnd();
}

jest.setTimeout(60_000);

describe.each(dialects)('in $name', (dialect) => {
  describe('a session', () => {
    test('is exported, and deactivate puts back every byte, whatever the shell has set', async () => {
      const stage = scene({ manifest: chamber });
      const { screen } = await stage.play(dialect, [
        ...dialect.hostile,
        dialect.export('AWS_PROFILE', "mine' $(touch here)"),
        dialect.dump('before'),
        dialect.activate,
        dialect.status('activated'),
        ENVIRONMENT,
        dialect.dump('during'),
        'deactivate',
        dialect.status('deactivated'),
        dialect.dump('after'),
      ]);
      expect([stage.read('activated'), stage.read('deactivated')]).toEqual(['0\n', '0\n']);
      expect(exported(stage)).toEqual({
        AWS_ACCESS_KEY_ID: 'ASIASESSION',
        AWS_SECRET_ACCESS_KEY: 'session+secret/=',
        AWS_SESSION_TOKEN: 'session//token==',
        AWS_CREDENTIAL_EXPIRATION: expect.stringMatching(/^\d{4}-.*Z$/),
        AWS_REGION: 'eu-west-1',
        AWS_DEFAULT_REGION: 'eu-west-1',
        CHAMBER_KMS_KEY_ALIAS: 'terraform-parameter-store',
        CHAMBER_SECRET_BACKEND: 'SSM',
        CHAMBER_AWS_REGION: 'eu-west-1',
      });
      expect(screen).toMatch(/Session of martin\.rosselle in account 123456789012: (59|60) minutes left/);
      expect(stage.read('before').length).toBeGreaterThan(2000);
      expect(lasting(dialect, stage.read('during'))).not.toBe(lasting(dialect, stage.read('before')));
      expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
    });

    test('is asked for one hour, as the user, with the MFA device, and with the named profile', async () => {
      const stage = scene();
      await stage.play(dialect, [`${dialect.activate} --profile "two words"`]);
      const common = ['--output', 'text', '--region', 'eu-west-1', '--profile', 'two words'];
      expect(stage.calls.map(({ name, args }) => [name, ...args])).toEqual([
        ['sts get-caller-identity', '--query', 'Arn', ...common],
        ['iam list-mfa-devices', '--user-name', 'martin.rosselle', '--query', expect.any(String), ...common],
        [
          'sts assume-role',
          ...['--role-arn', manifest.role, '--role-session-name', 'martin.rosselle', '--duration-seconds', '3600'],
          ...['--query', 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken,Expiration]'],
          ...['--serial-number', 'arn:aws:iam::123456789012:mfa/martin.rosselle', '--token-code', 'file:///dev/stdin', ...common],
        ],
      ]);
    });

    test('has its code from the terminal, unseen there and in no argument', async () => {
      const stage = scene();
      const { screen } = await stage.play(dialect, [dialect.activate]);
      expect(stage.calls.map(({ input }) => input)).toEqual(['', '', CODE]);
      expect(stage.calls.flatMap(({ args }) => args).join(' ')).not.toContain(CODE);
      expect(screen).not.toContain(CODE);
      expect(screen).toContain('MFA code of martin.rosselle: ');
    });

    test('writes no file', async () => {
      const stage = scene();
      const mine = (file: string) => !/[/](fish|calls|out)[/]/.test(file);
      const before = filesIn(stage.root).filter(mine);
      await stage.play(dialect, [dialect.activate, 'deactivate --revoke']);
      expect(stage.calls).toHaveLength(5);
      expect(filesIn(stage.root).filter((file) => mine(file) && !file.includes('lines.'))).toEqual(before);
    });

    test.each([
      ['AWS_PROFILE before AWS_DEFAULT_PROFILE', { AWS_PROFILE: 'one', AWS_DEFAULT_PROFILE: 'two' }, 'one'],
      ['AWS_DEFAULT_PROFILE', { AWS_DEFAULT_PROFILE: 'two' }, 'two'],
      ['the one of the scripts', {}, 'of-the-scripts'],
      ['none where keys are in the environment', { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' }, undefined],
    ])('is asked for with the profile: %s', async (_, env, profile) => {
      const stage = scene({ profile: 'of-the-scripts' });
      await stage.play(dialect, [dialect.activate], { env });
      expect(stage.calls).toHaveLength(3);
      expect(stage.calls.map(({ args }) => (args.includes('--profile') ? args[args.indexOf('--profile') + 1] : undefined))).toEqual(
        Array(3).fill(profile),
      );
    });

    test('of IAM Identity Center needs no code', async () => {
      const arn = 'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Terraform_0123/martin@example.com';
      const stage = scene({ manifest: identityCenter, answers: { ...standard(), 'sts get-caller-identity': `echo ${arn}` } });
      await stage.play(dialect, [dialect.activate, ENVIRONMENT]);
      expect(stage.calls.map(({ name }) => name)).toEqual(['sts get-caller-identity', 'sts assume-role']);
      expect(stage.calls[1].args).toEqual(expect.arrayContaining(['--role-session-name', 'martin@example.com']));
      expect(stage.calls[1].args).not.toContain('--serial-number');
      expect(exported(stage).AWS_ACCESS_KEY_ID).toBe('ASIASESSION');
    });

    test('starts although aws warns beside its answers', async () => {
      const warned = Object.fromEntries(Object.entries(standard()).map(([name, lines]) => [name, `echo 'old Python' >&2\n${lines}`]));
      const stage = scene({ answers: warned });
      await stage.play(dialect, [dialect.activate, ENVIRONMENT]);
      expect(exported(stage).AWS_SESSION_TOKEN).toBe('session//token==');
    });
  });

  describe('the shell is as it was, and one line says why, when', () => {
    test.each<[string, NonNullable<SceneOptions['answers']>, string]>([
      [
        'the network fails',
        { 'sts get-caller-identity': refusal('Could not connect to the endpoint URL: "https://sts.eu-west-1.amazonaws.com/"') },
        'cannot tell who you are: Could not connect to the endpoint URL: "https://sts.eu-west-1.amazonaws.com/"',
      ],
      [
        'the code is wrong',
        {
          'sts assume-role': `echo noise >&2; ${refusal('An error occurred (AccessDenied) when calling the AssumeRole operation: MFA failed')}`,
        },
        'no session: An error occurred (AccessDenied) when calling the AssumeRole operation: MFA failed',
      ],
      [
        'aws fails without a word',
        { 'iam list-mfa-devices': 'exit 1' },
        'cannot find the MFA device of martin.rosselle: aws failed without a word',
      ],
      [
        'there is no device',
        { 'iam list-mfa-devices': 'echo None' },
        'martin.rosselle has no MFA device that makes codes: npx cdk-atlantis bootstrap enroll',
      ],
      [
        'the account is another',
        { 'sts get-caller-identity': 'echo arn:aws:iam::210987654321:user/martin' },
        'these are credentials of arn:aws:iam::210987654321:user/martin, and this is for account 123456789012',
      ],
      [
        'the credentials are of a session already',
        { 'sts get-caller-identity': 'echo arn:aws:sts::123456789012:assumed-role/terraform/martin' },
        'these are credentials of arn:aws:sts::123456789012:assumed-role/terraform/martin, which is nobody who may start a session',
      ],
      ['the identity is none', { 'sts get-caller-identity': 'echo "<html>"' }, 'cannot tell who you are: aws gave no identity'],
      ['the answer is empty', { 'sts assume-role': ':' }, 'no session: aws gave an answer that cannot be read'],
      [
        'the answer has no token',
        { 'sts assume-role': `printf 'ASIA\\tsecret\\tNone\\t%s\\n' "${inMinutes(60)}"` },
        'no session: aws gave an answer that cannot be read',
      ],
      [
        'the session has ended already',
        { 'sts assume-role': "printf 'ASIA\\tsecret\\ttoken\\t2026-02-28T23:59:59+00:00\\n'" },
        'no session: it ended at 2026-02-28T23:59:59+00:00, by the clock of this machine',
      ],
      ['the answer is cut off', { 'sts assume-role': "printf 'ASIA\\tsecret\\n'" }, 'no session: aws gave an answer that cannot be read'],
      [
        'the answer has no time',
        { 'sts assume-role': "printf 'ASIA\\tsecret\\ttoken\\ttomorrow\\n'" },
        'no session: aws gave an answer that cannot be read',
      ],
    ])('%s', async (_, answers, line) => {
      expect(await failing(dialect, scene({ answers }))).toBe(line);
    });

    test('aws is absent', async () => {
      const stage = scene({ aws: 'absent' });
      const shells = path.join(stage.root, 'shells');
      fs.mkdirSync(shells);
      for (const program of ['env', 'sort', 'date', dialect.name]) {
        const found = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).stdout.trim();
        fs.symlinkSync(found, path.join(shells, program));
      }
      const only = dialect.name === 'fish' ? 'set -gx PATH "$OUT/../shells"' : 'PATH="$OUT/../shells"';
      expect(await failing(dialect, stage, { before: [only] })).toBe('the AWS command line (aws) is not on the PATH');
    });

    test.each(['12345', '1234567', '12345a', '', '$(id)'])('the code is "%s"', async (code) => {
      const stage = scene();
      expect(await failing(dialect, stage, { type: [[/MFA code of [^:]+: /, `${code}\r`]] })).toBe('an MFA code is six digits');
      expect(stage.calls.map(({ name }) => name)).not.toContain('sts assume-role');
    });

    test('there is no terminal', async () => {
      expect(await failing(dialect, scene(), { terminal: false })).toBe('there is no terminal to read the MFA code from');
    });

    test.each(['--profil x', '--profile', 'prod', '--profile a b'])('its arguments are "%s"', async (given) => {
      const line = `usage: source ${path.basename(dialect.activate)} [--profile NAME]`;
      expect(await failing(dialect, scene(), { arguments: given })).toBe(line);
    });

    test('the code is not given but interrupted', async () => {
      const stage = scene();
      const { screen } = await stage.inTerminal(dialect.interactive, [
        [/./, `${[dialect.plainPrompt, dialect.dump('before'), dialect.activate].join('\r')}\r`],
        [/MFA code of [^:]+: /, '\u0003'],
        [/./, `${dialect.dump('after')}\rstty --all >"$OUT"/terminal\rexit\r`],
      ]);
      expect(screen).not.toMatch(/minutes left/);
      expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
      expect(stage.read('terminal')).toMatch(/ echo /);
    });
  });

  describe('within a session', () => {
    test('another is refused', async () => {
      const stage = scene();
      const code: [RegExp, string] = [/MFA code of [^:]+: /, `${CODE}\r`];
      const lines = [
        dialect.activate,
        dialect.dump('before'),
        `${dialect.activate} 2>"$OUT"/error`,
        dialect.status('status'),
        dialect.dump('after'),
      ];
      // were it not refused, it would wait for a code
      await stage.play(dialect, lines, { type: [code, code] });
      expect(stage.read('error')).toMatch(/^cdk-atlantis: a session is active \((59|60) minutes left\): deactivate first\n$/);
      expect(stage.read('status')).toBe('1\n');
      expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
      expect(stage.calls).toHaveLength(3);
    });

    test('that has expired, another is refused until it is deactivated', async () => {
      const stage = scene({ answers: standard(0.04) });
      const code: [RegExp, string] = [/MFA code of [^:]+: /, `${CODE}\r`];
      await stage.play(
        dialect,
        [
          dialect.activate,
          '/usr/bin/sleep 3',
          `cdk_atlantis_time_left 2>"$OUT"/left`,
          dialect.status('left-status'),
          `${dialect.activate} 2>"$OUT"/error`,
          dialect.status('status'),
          'deactivate',
          dialect.activate,
          ENVIRONMENT,
        ],
        { type: [code, code] },
      );
      const line = 'cdk-atlantis: the session has expired: deactivate, then activate again\n';
      expect([stage.read('left'), stage.read('left-status'), stage.read('error'), stage.read('status')]).toEqual([
        line,
        '1\n',
        line,
        '1\n',
      ]);
      expect(exported(stage).AWS_ACCESS_KEY_ID).toBe('ASIASESSION');
      expect(stage.calls).toHaveLength(6);
    });

    test.each<[number, RegExp, RegExp]>([
      [60, /^(59|60) minutes left\n$/, /^$/],
      [16, /^1[56] minutes left\n$/, /^$/],
      [14, /^1[34] minutes left\n$/, /^cdk-atlantis: the session ends soon: to renew it, deactivate, then activate again\n$/],
    ])('with %d minutes left, they are told', async (minutes, left, warning) => {
      const stage = scene({ answers: standard(minutes) });
      await stage.play(dialect, [dialect.activate, 'cdk_atlantis_time_left >"$OUT"/left 2>"$OUT"/warning']);
      expect(stage.read('left')).toMatch(left);
      expect(stage.read('warning')).toMatch(warning);
    });

    test.each<[number, string]>([
      [59.9, '(terraform 123456789012 59m) mine> '],
      [9.9, '(terraform 123456789012 9m left) mine> '],
      [0.04, '(terraform 123456789012 expired) mine> '],
    ])('with %d minutes left, the prompt shows it, and then no more', async (minutes, prompt) => {
      const { screen } = await prompts(dialect, scene({ answers: standard(minutes) }));
      expect(screen).toContain(prompt);
      expect(screen.slice(screen.lastIndexOf(prompt) + prompt.length)).toMatch(/after[\s\S]*mine> /);
    });

    test('with CDK_ATLANTIS_DISABLE_PROMPT, the prompt is left alone', async () => {
      const { screen } = await prompts(dialect, scene(), { CDK_ATLANTIS_DISABLE_PROMPT: '1' });
      expect(screen).toContain('minutes left');
      expect(screen).not.toContain('(terraform');
    });

    test('a Python environment can be activated, and its deactivate is left alone', async () => {
      const stage = scene();
      const other = dialect.name === 'fish' ? 'function deactivate; echo theirs; end' : 'deactivate() { echo theirs; }';
      await stage.play(dialect, [
        dialect.activate,
        'deactivate nondestructive',
        dialect.status('status'),
        ENVIRONMENT,
        other,
        ...(dialect.name === 'fish' ? [] : ['source ./deactivate', '/usr/bin/env -0 >"$OUT"/left', 'deactivate >"$OUT"/theirs']),
      ]);
      expect(stage.read('status')).toBe('0\n');
      expect(exported(stage).AWS_ACCESS_KEY_ID).toBe('ASIASESSION');
      if (dialect.name !== 'fish') {
        expect(exported(stage, 'left')).toEqual({});
        expect(stage.read('theirs')).toBe('theirs\n');
      }
    });
  });

  describe('deactivate --revoke', () => {
    const revoking = (stage: Scene, more: string[] = []) =>
      stage.play(dialect, [
        dialect.export('AWS_ACCESS_KEY_ID', 'AKIAMINE'),
        dialect.export('AWS_SECRET_ACCESS_KEY', 'mine'),
        dialect.export('AWS_PROFILE', 'me'),
        dialect.dump('before'),
        dialect.activate,
        'deactivate --revoke >"$OUT"/said 2>"$OUT"/error',
        dialect.status('status'),
        dialect.dump('after'),
        ...more,
      ]);

    test('ends the sessions of the person on the server, with the credentials of before', async () => {
      const stage = scene();
      await revoking(stage);
      const [start, describe] = stage.calls.slice(3);
      expect(start.name).toBe('stepfunctions start-execution');
      expect(start.args).toEqual([
        ...['--state-machine-arn', `${manifest.revocation.stateMachine}martin.rosselle`, '--input', '{}', '--query', 'executionArn'],
        ...['--output', 'text', '--region', 'eu-west-1', '--profile', 'me'],
      ]);
      expect(describe.args.slice(0, 2)).toEqual(['--execution-arn', EXECUTION]);
      for (const { env } of [start, describe]) {
        expect(env).toEqual(expect.objectContaining({ AWS_ACCESS_KEY_ID: 'AKIAMINE', AWS_SECRET_ACCESS_KEY: 'mine', AWS_PROFILE: 'me' }));
        expect(env).not.toHaveProperty('AWS_SESSION_TOKEN');
      }
      expect([stage.read('said'), stage.read('error'), stage.read('status')]).toEqual([
        'Sessions of martin.rosselle are revoked.\n',
        '',
        '0\n',
      ]);
      expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
    });

    test('waits for the end of the execution', async () => {
      const stage = scene();
      const flag = '$(dirname "$0")/asked';
      stage.standIn({
        ...standard(),
        'stepfunctions describe-execution': `if [ -e "${flag}" ]; then echo SUCCEEDED; else touch "${flag}"; echo RUNNING; fi`,
      });
      await revoking(stage);
      expect(stage.calls.map(({ name }) => name).slice(4)).toEqual(Array(2).fill('stepfunctions describe-execution'));
      expect(stage.read('status')).toBe('0\n');
    });

    test.each([
      ['is refused', { 'stepfunctions start-execution': refusal('An error occurred (AccessDenied)') }, 'An error occurred (AccessDenied)'],
      ['fails', { 'stepfunctions describe-execution': 'echo FAILED' }, `${EXECUTION} is FAILED`],
    ])('says so when it %s, and deactivates the shell', async (_, answers, why) => {
      const stage = scene({ answers });
      await revoking(stage);
      expect(stage.read('error')).toMatch(/^cdk-atlantis: [^\n]+\n$/);
      expect(stage.read('error')).toContain(`the session is NOT revoked on the server: ${why}; it lives on until 20`);
      expect(stage.read('status')).toBe('1\n');
      expect(lasting(dialect, stage.read('after'))).toBe(lasting(dialect, stage.read('before')));
    });
  });

  test('deactivate with arguments that it does not know changes nothing', async () => {
    const stage = scene();
    await stage.play(dialect, [dialect.activate, 'deactivate --revok 2>"$OUT"/error', dialect.status('status'), ENVIRONMENT]);
    expect([stage.read('error'), stage.read('status')]).toEqual(['cdk-atlantis: usage: deactivate [--revoke]\n', '1\n']);
    expect(exported(stage).AWS_ACCESS_KEY_ID).toBe('ASIASESSION');
  });

  test('what is executed and not sourced is refused', () => {
    const { project, environment } = scene();
    const script = dialect.name === 'fish' ? 'activate.fish' : 'activate';
    const { status, stdout, stderr } = spawnSync(dialect.name, [`./${script}`], { cwd: project, env: environment, encoding: 'utf8' });
    expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(/^cdk-atlantis: source it[^\n]+cannot change your shell\n$/)]);
  });
});

describe.each(dialects.filter(({ name }) => name !== 'fish'))('in $name', (dialect) => {
  test('a trace of all that the shell does shows no secret', async () => {
    const stage = scene();
    const { screen } = await stage.play(dialect, ['set -x', dialect.activate, 'deactivate', 'set +x']);
    expect(stage.calls).toHaveLength(3);
    expect(screen).toContain('Session of martin.rosselle');
    expect(screen).not.toMatch(/session\/\/token|session\+secret|246810/);
  });

  test('a shell that ends at errors goes on after a refusal that is expected, and after a session', async () => {
    const stage = scene();
    await stage.play(dialect, [
      'set -e',
      'if source ./activate --wrong 2>/dev/null; then exit 3; fi',
      dialect.activate,
      'deactivate',
      ': >"$OUT"/the-end',
    ]);
    expect(fs.existsSync(path.join(stage.out, 'the-end'))).toBe(true);
  });

  test('a variable that is read-only is named, and nothing else is changed', async () => {
    const stage = scene();
    expect(await failing(dialect, stage, { before: ['readonly AWS_PROFILE=mine'] })).toBe('AWS_PROFILE is read-only in this shell');
    expect(stage.calls).toEqual([]);
  });
});

test('fish is told of a universal variable, which no session can hide', async () => {
  // without its configuration fish has no universal variables; the home is the scene's
  const fish = { ...dialects[2], run: (file: string) => ['fish', file] };
  const stage = scene();
  expect(await failing(fish, stage, { before: ['set -Ux AWS_PROFILE mine'] })).toBe(
    'AWS_PROFILE is a universal variable, which a session cannot hide: make it global (set -gx)',
  );
});

test('deactivate says so where no session is', () => {
  const { project, environment } = scene();
  for (const shell of ['bash', 'zsh', 'dash']) {
    const { status, stderr } = spawnSync(shell, ['./deactivate'], { cwd: project, env: environment, encoding: 'utf8' });
    expect([shell, status, stderr]).toEqual([
      shell,
      1,
      'cdk-atlantis: no session is active in this shell (source deactivate, where activate was sourced)\n',
    ]);
  }
});

/** An interactive shell whose prompt is `mine> `: a session, a word that is waited for, and its end. */
function prompts(dialect: Dialect, stage: Scene, env: NodeJS.ProcessEnv = {}) {
  return stage.inTerminal(
    dialect.interactive,
    [
      [/./, `${dialect.plainPrompt}\r${dialect.activate}\r`],
      [/MFA code of [^:]+: /, `${CODE}\r`],
      [/Session of[\s\S]*mine> /, '/usr/bin/sleep 3\r'],
      [/sleep[\s\S]*mine> /, 'deactivate\recho after\rexit\r'],
    ],
    env,
  );
}
