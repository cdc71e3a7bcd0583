import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Role } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ForgeRepository, PullRequest } from '../../../integ/local/forge-repository';
import { executeFirst, inMachine } from '../../../integ/local/images/executors';
import { type Machine, makeVolume } from '../../../integ/local/images/machine';
import { until } from '../../../integ/local/processes';
import { StartSecret, TfDistribution, VcsProvider } from '../../../src';
import { FILES } from '../../../src/ami/private/files';
import { REGION } from '../../synthesized';
import { FORGE, HostForge } from './atlantis-forge';
import { BuiltImage, INSTANCE_KEY, isHealthy } from './atlantis-machine';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

const HOOK = 'hmac-of-what-the-forge-sends';
const DATA = '/opt/atlantis/data';
const ROLE = 'arn:aws:iam::111122223333:role/terraform';

/** What runs while a configuration is applied, as one line of the shell. */
const applied = (command: string) => ({
  'main.tf': `resource "terraform_data" "it" {\n  provisioner "local-exec" {\n    command = ${JSON.stringify(command)}\n  }\n}\n`,
});

let built: BuiltImage;
let forge: HostForge;
let machine: Machine;
let webhook: { url: string; secret: string };
let repositories = 0;

const repository = (): Promise<ForgeRepository> => {
  repositories += 1;
  return forge.repository(`infra-${repositories}`, webhook);
};

const exists = async (path: string) => (await machine.try(['test', '-e', path])).code === 0;

const restart = () => machine.try(['systemctl', 'restart', 'atlantis.service']);

/** The library's own lines in the server's journal. */
const linesOf = async (unit: string) => (await machine.journal(unit)).split('\n').filter((line) => line.startsWith('cdk-atlantis: '));

async function applying(files: Record<string, string>): Promise<PullRequest> {
  const pull = await forge.planned(await repository(), files);
  await pull.comment(forge.author, 'atlantis apply');
  return pull;
}

beforeAll(async () => {
  if (!isRoot) return;
  built = await BuiltImage.build(
    'debian-12',
    { Token: undefined, Hook: JSON.stringify({ webhook_secret: HOOK }), Settings: '{}' },
    (scope) => ({
      vcs: [
        VcsProvider.gitea({
          user: 'atlantis',
          baseUrl: `http://${FORGE}:3000`,
          credentials: new Secret(scope, 'Token'),
          webhookSecret: new Secret(scope, 'Hook'),
        }),
      ],
      secrets: [StartSecret.settings(new Secret(scope, 'Settings'))],
      repoAllowlist: [`${FORGE}/acme/*`],
      settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
      targetRoles: [{ name: 'production', role: Role.fromRoleArn(scope, 'Production', ROLE), isDefault: true }],
    }),
  );
  forge = await HostForge.start(built.directory);
  const { hosts, forwards } = forge.place;
  machine = await built.boot({ hosts, forwards, volumes: { '/dev/sdf': await makeVolume(join(built.directory, 'data'), 256) } });
  webhook = { url: `http://127.0.0.1:${await machine.expose(4141)}/events`, secret: HOOK };
});

afterAll(async () => {
  forge?.stop();
  await built?.remove();
});

(isRoot ? describe : describe.skip)('a machine of the image', () => {
  const storeToken = (value: string) => built.stores.storeSecret(built.arns.Token, value);

  test('says in one line which secret has no value yet, starts no server, and tries again until there is one', async () => {
    const line = `cdk-atlantis: the secret "Gitea credentials" (${built.arns.Token}) holds no text; store its value as text`;
    expect(new Set(await linesOf('atlantis.service'))).toEqual(new Set([line]));
    expect(await linesOf('atlantis-secrets.service')).toContain(line);
    expect((await machine.run(['pgrep', '--list-full', 'atlantis']).catch(() => '')).includes('atlantis server')).toBe(false);
    await storeToken(JSON.stringify({ token: forge.atlantis.token }));
    expect(await isHealthy(machine)).toBe(true);
  });

  test('passes the test phase of its own components', async () => {
    const { code, printed } = await executeFirst(inMachine(machine.processId), built.documents, { more: ['--verbose'] });
    expect(printed).toContain('atlantis.service: the server is healthy');
    expect(printed).toContain('the data volume is mounted');
    expect(code).toBe(0);
  });

  test.each([
    ['is no JSON', 'token', 'is not JSON (Expecting value: line 1 column 1 (char 0)); store an object such as {"key": "value"}'],
    ['is no object', '["token"]', 'is not a JSON object; store one such as {"key": "value"}'],
    ['lacks its key', '{"tokne":"x"}', 'has no key token; store its value'],
  ])('a secret that %s stops the start with one line', async (_, value, message) => {
    await storeToken(value);
    const before = (await linesOf('atlantis.service')).length;
    expect((await restart()).code).toBe(1);
    const lines = (await linesOf('atlantis.service')).slice(before);
    expect(lines).toEqual([`cdk-atlantis: the secret "Gitea credentials" (${built.arns.Token}) ${message}`]);
    expect(await isHealthy(machine, 'http', 1)).toBe(false);
  });

  test('a restart takes what is stored by then', async () => {
    await storeToken(JSON.stringify({ token: forge.atlantis.token }));
    await built.stores.storeSecret(built.arns.Settings, JSON.stringify({ 'write-git-creds': true }));
    expect((await restart()).code).toBe(0);
    expect(await isHealthy(machine)).toBe(true);
    expect(await machine.run(['cat', '/run/atlantis/.git-credentials'])).toContain(forge.atlantis.token);
    const token = await forge.anotherToken();
    await storeToken(JSON.stringify({ token }));
    await restart();
    expect(await isHealthy(machine)).toBe(true);
    expect(await machine.run(['cat', '/run/atlantis/.git-credentials'])).toContain(token);
    await storeToken(JSON.stringify({ token: forge.atlantis.token }));
    await built.stores.storeSecret(built.arns.Settings, '{}');
    await restart();
    expect(await isHealthy(machine)).toBe(true);
  });

  test('a server that is killed comes back by itself, with its secrets', async () => {
    await machine.run(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'atlantis.service']);
    await sleep(1000);
    expect(await isHealthy(machine)).toBe(true);
  });

  describe('what a pull request runs', () => {
    // biome-ignore lint/suspicious/noExplicitAny: whatever it found
    let found: any;

    beforeAll(async () => {
      for (const [address, family] of [
        ['169.254.170.2', 'ECS'],
        ['169.254.170.23', 'EKS'],
      ]) {
        await machine.run(['ip', 'address', 'add', `${address}/32`, 'dev', 'lo', 'label', `lo:${family}`]);
        await machine.run(['systemd-run', '--quiet', `--unit=stand-in-${family}`, 'python3', '-m', 'http.server', '80', '--bind', address]);
      }
      await machine.run(['systemctl', 'start', 'systemd-journald']);
      const script = readFileSync(join(__dirname, 'hostile.py'), 'utf8');
      const needles = [HOOK.slice(0, 10), INSTANCE_KEY.slice(0, 14)];
      const pull = await applying({
        ...applied(`python3 -B hostile.py ${DATA}/hostile.json ${needles.join(' ')}`),
        'hostile.py': script,
      });
      await until(() => exists(`${DATA}/hostile.json`), 120_000, 500);
      await pull.awaitComment(forge.atlantis, { seconds: 60, what: 'the result' });
      found = JSON.parse(await machine.run(['cat', `${DATA}/hostile.json`]));
    });

    test('cannot read the memory, the environment, the files or the maps of the server', () => {
      for (const part of ['mem', 'environ', 'maps', 'auxv', 'fd', 'root', 'ptrace']) expect(found[`server ${part}`]).toMatch(/^refused: /);
      expect(found['first process']).toMatch(/^refused: /);
    });

    test('is in the unit of the server, which it could end', () => {
      expect(found['server alive']).toBe('done');
    });

    test('finds neither secret nor credential of the instance in any file or environment', () => {
      expect(found.holders).toEqual([]);
    });

    test("finds the unit's credentials gone and no other unit's", () => {
      expect(found['credentials of the unit']).toBe('[]');
      expect(found['units with credentials']).toBe("['atlantis.service']");
      expect(found['fetched secrets']).toMatch(/^refused: /);
      expect(found.configuration).toBe("b''");
    });

    test('cannot change the server, its configuration or the target roles', () => {
      for (const part of ['binary', 'binary written', 'configuration written', 'targets written', 'profiles written', 'root']) {
        expect(found[part]).toMatch(/^refused: /);
      }
    });

    test('cannot reach the metadata, nor the credentials of ECS and EKS, which answer outside of the unit', async () => {
      const addresses = ['169.254.169.254', '[fd00:ec2::254]', '169.254.170.2', '169.254.170.23'];
      for (const address of addresses) {
        expect((await machine.try(['curl', '--silent', '--max-time', '3', `http://${address}/`])).code).toBe(0);
      }
      for (const name of ['metadata', 'metadata over IPv6', 'credentials of ECS', 'credentials of EKS']) {
        expect(found[name]).toBe('refused: timed out');
      }
    });

    test('cannot talk to systemd or to the bus', () => {
      expect(found['the bus']).toMatch(/^refused: /);
      expect(found.systemd).toMatch(/^refused: /);
    });

    test('gets an hour of a target role by its name, and nothing for another name', () => {
      const credentials = JSON.parse(found['target production']);
      expect(Object.keys(credentials)).toEqual(['Version', 'AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration']);
      expect(credentials.AccessKeyId).not.toBe(INSTANCE_KEY);
      const minutes = (Date.parse(credentials.Expiration) - Date.now()) / 60_000;
      expect(minutes).toBeGreaterThan(55);
      expect(minutes).toBeLessThan(65);
      const refused = "add it to the image's targetRoles or to /etc/atlantis/targets.d";
      expect(found['target of nobody']).toBe(`refused: cdk-atlantis: there is no target role "nobody"; ${refused}`);
      expect(found['target by path']).toBe(`refused: cdk-atlantis: there is no target role "../../etc/passwd"; ${refused}`);
    });

    test('has no secret in its environment', () => {
      expect(
        Object.keys(found.environment).filter((name) =>
          /ATLANTIS_(?!TERRAFORM_VERSION)|TOKEN|SECRET|AWS_(?!CONFIG_FILE|EC2_METADATA_DISABLED)/.test(name),
        ),
      ).toEqual([]);
    });
  });

  describe('the credentials of a target role', () => {
    const ASK = '/usr/libexec/cdk-atlantis/target-credentials production';
    const bash = (script: string) => machine.try(['bash', '-c', script]);

    test('are asked for again while nobody answers', async () => {
      const socket = 'atlantis-credentials.socket';
      const { code, stdout } = await bash(`systemctl stop ${socket}; (sleep 3; systemctl start ${socket}) & ${ASK}`);
      expect([code, JSON.parse(stdout).Version]).toEqual([0, 1]);
    });

    test('are given to each of 45 providers that ask at once', async () => {
      const { code, stdout } = await bash(
        `for i in $(seq 45); do ${ASK} & asked+=($!); done; for one in "\${asked[@]}"; do wait $one; done`,
      );
      expect(code).toBe(0);
      expect(stdout.match(/"AccessKeyId"/g)).toHaveLength(45);
    });

    test('are refused after two seconds to who connects and says no name', async () => {
      const silent = `import socket, time
began = time.monotonic()
with socket.socket(socket.AF_UNIX) as helper:
    helper.connect("/run/atlantis-credentials.sock")
    said = b"".join(iter(lambda: helper.recv(4096), b"")).decode()
print(time.monotonic() - began < 9, said, end="")`;
      expect(await machine.run(['python3', '-c', silent])).toBe('True {"error": "cdk-atlantis: nobody asked for a target role for 2 s"}\n');
    });

    test('are given although 300 others connect and say nothing', async () => {
      const crowd = `import socket, subprocess
others = [socket.socket(socket.AF_UNIX) for _ in range(300)]
for other in others:
    other.connect("/run/atlantis-credentials.sock")
raise SystemExit(subprocess.run("${ASK}".split()).returncode)`;
      const { code, stdout, stderr } = await machine.try(['python3', '-c', crowd]);
      expect([code, stderr, JSON.parse(stdout).Version]).toEqual([0, '', 1]);
    });
  });

  describe('the check of the units', () => {
    const check = async () => {
      const { code, stderr } = await machine.try(['bash', '-c', `set -euo pipefail\n${FILES['check-atlantis-unit.sh']}`]);
      return [code, stderr];
    };

    test('fails where one does not start with the machine', async () => {
      expect(await check()).toEqual([0, '']);
      for (const unit of ['atlantis-data.service', 'atlantis-credentials.socket', 'atlantis.service']) {
        await machine.run(['systemctl', 'disable', unit]);
        expect(await check()).toEqual([1, `cdk-atlantis: ${unit} is not enabled\n`]);
        await machine.run(['systemctl', 'enable', unit]);
      }
    });

    test('fails where a program is missing that one runs by another program', async () => {
      const program = '/usr/libexec/cdk-atlantis/hand-over-config';
      await machine.run(['mv', program, '/run/moved']);
      expect(await check()).toEqual([1, `cdk-atlantis: atlantis.service runs ${program}, which is missing\n`]);
      await machine.run(['mv', '/run/moved', program]);
    });
  });

  test('an apply that runs when the server is stopped is finished first', async () => {
    const pull = await applying(applied(`touch ${DATA}/began && sleep 12 && touch ${DATA}/finished`));
    expect(await until(() => exists(`${DATA}/began`), 60_000, 200)).toBe(true);
    await machine.run(['systemctl', 'stop', 'atlantis.service']);
    expect(await exists(`${DATA}/finished`)).toBe(true);
    expect((await pull.comments(forge.author)).map(({ body }) => body).join('\n')).toContain('Apply complete!');
    await machine.run(['systemctl', 'start', 'atlantis.service']);
    expect(await isHealthy(machine)).toBe(true);
  });

  test('an apply that runs when the server is killed is ended with it, and can be planned and applied again', async () => {
    const pull = await applying(applied(`touch ${DATA}/began-2 && sleep 20 && touch ${DATA}/finished-2`));
    expect(await until(() => exists(`${DATA}/began-2`), 60_000, 200)).toBe(true);
    await machine.run(['systemctl', 'kill', '--kill-whom=main', '--signal=KILL', 'atlantis.service']);
    await sleep(25_000);
    expect(await exists(`${DATA}/finished-2`)).toBe(false);
    expect(await isHealthy(machine)).toBe(true);
    const again = await pull.comment(forge.author, 'atlantis plan');
    const plan = await pull.awaitComment(forge.atlantis, { after: again, seconds: 60, what: 'the plan' });
    expect(plan.body).toContain('Plan: ');
  });

  test('the data is there after a reboot', async () => {
    await machine.reboot();
    expect(await isHealthy(machine)).toBe(true);
    expect(await exists(`${DATA}/began`)).toBe(true);
    expect(await machine.run(['findmnt', '--noheadings', '--output', 'FSTYPE', DATA])).toContain('ext4');
  });

  test('a full data volume fails a plan and not the server, which starts on it too', async () => {
    await machine.try(['sh', '-c', `cat /dev/zero >${DATA}/full; true`]);
    const there = await repository();
    await there.commit(forge.author, 'A change', applied('true'), 'change');
    const pull = await there.openPullRequest(forge.author, 'change', 'A change');
    const answer = await pull.awaitComment(forge.atlantis, { seconds: 90, what: 'the answer' });
    expect(answer.body).toContain('no space left on device');
    expect((await restart()).code).toBe(0);
    expect(await isHealthy(machine)).toBe(true);
    await machine.run(['rm', `${DATA}/full`]);
    const again = await pull.comment(forge.author, 'atlantis plan');
    expect((await pull.awaitComment(forge.atlantis, { after: again, seconds: 60, what: 'the plan' })).body).toContain('Plan: ');
  });

  describe('the program that fetches the secrets', () => {
    const OWN = '/etc/atlantis/secrets.d/own.json';
    const RSA = execFileSync('openssl', ['genrsa', '-traditional', '2048'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

    const parameter = (form: string) => ({ kind: 'parameter', label: 'own', id: '/own', region: REGION, flag: 'tfe-token', form });
    const command = (...words: string[]) => ({ kind: 'command', label: 'own', command: words, flags: ['tfe-token'] });
    const printing = (text: string) => command('/bin/echo', text);

    /** The line that it ends with, for a file that the machine's user data could have written. */
    async function lineFor(content: string): Promise<string> {
      await machine.run(['tee', OWN], content);
      const before = (await linesOf('atlantis-secrets.service')).length;
      const { code } = await machine.try(['systemctl', 'start', 'atlantis-secrets.service']);
      const lines = (await linesOf('atlantis-secrets.service')).slice(before);
      expect(lines).toHaveLength(code === 0 ? 0 : 1);
      return lines[0] ?? 'taken';
    }

    const lineForSources = (...sources: object[]) => lineFor(JSON.stringify({ sources }));

    afterAll(() => machine.run(['rm', '-f', OWN]));

    test.each([
      ['a line break at the end', 'text', 'value\n', 'ends with a line break; store it without'],
      ['letters where a number belongs', 'number', '12a', 'is not a number'],
      ['no PEM', 'pem', 'value', 'is not an RSA private key in PEM form; store the whole file with its line breaks as \\n'],
      [
        'a key that is cut off',
        'pem',
        `${RSA.slice(0, 900)}\n-----END RSA PRIVATE KEY-----\n`,
        'is not an RSA private key in PEM form; store the whole file with its line breaks as \\n',
      ],
    ])('refuses %s', async (_, form, value, message) => {
      await built.stores.storeParameter('/own', value);
      expect(await lineForSources(parameter(form))).toBe(`cdk-atlantis: the parameter "own" (/own) ${message}`);
    });

    test('takes a whole key, and a number', async () => {
      await built.stores.storeParameter('/own', RSA);
      expect(await lineForSources(parameter('pem'))).toBe('taken');
      await built.stores.storeParameter('/own', '42');
      expect(await lineForSources(parameter('number'))).toBe('taken');
    });

    test('refuses a secret that is not there', async () => {
      const id = `${built.arns.Token.slice(0, -6)}000000`;
      const keys = [{ key: 'token', flag: 'tfe-token', form: 'text' }];
      expect(await lineForSources({ kind: 'secret', label: 'own', id, region: REGION, keys })).toBe(
        `cdk-atlantis: the secret "own" (${id}) does not exist, or has no value yet; store it`,
      );
    });

    test('refuses a parameter that is not there', async () => {
      expect(await lineForSources({ ...parameter('text'), id: '/nothing' })).toBe(
        'cdk-atlantis: the parameter "own" (/nothing) does not exist, or has no value yet; store it',
      );
    });

    test.each([
      [command('/bin/false'), '(/bin/false) ended with 1; look at its own lines in the journal'],
      [command('/bin/nothing'), '(/bin/nothing) does not run (No such file or directory); check that the image has it'],
      [printing('none'), '(/bin/echo) is not JSON (Expecting value: line 1 column 1 (char 0)); store an object such as {"key": "value"}'],
      [printing('{}'), '(/bin/echo) does not say tfe-token; let it'],
      [printing('{"tfe-token":"x","data-dir":"/"}'), '(/bin/echo) sets data-dir, which the image itself decides; leave it out'],
      [printing('{"tfe-token":"x","tokn":"/"}'), '(/bin/echo) sets "tokn", which is no flag of this server; correct its name'],
    ])('refuses a command that is no good (%#)', async (source, message) => {
      expect(await lineForSources(source)).toBe(`cdk-atlantis: the command "own" ${message}`);
    });

    test.each([
      ['{"tfe-token":{}}', "is neither text nor number nor true or false; store the flag's value"],
      ['{"tfe-token":""}', 'is empty; store its value'],
    ])('refuses %s', async (text, message) => {
      expect(await lineForSources(printing(text))).toBe(`cdk-atlantis: tfe-token in the command "own" (/bin/echo) ${message}`);
    });

    test('refuses a flag from two sources', async () => {
      const one = printing('{"tfe-token":"x"}');
      expect(await lineForSources(one, { ...one, label: 'other' })).toBe(
        'cdk-atlantis: the command "other" (/bin/echo) sets tfe-token, which the command "own" (/bin/echo) sets too; leave it out of one',
      );
    });

    test('refuses files that cannot be read', async () => {
      expect(await lineFor('{')).toMatch(/^cdk-atlantis: \/etc\/atlantis\/secrets.d\/own.json is not JSON \(.*\); correct it$/);
      expect(await lineForSources({ label: 'own' })).toBe(
        "cdk-atlantis: a file of /etc/atlantis that names secrets is malformed (KeyError: 'kind'); write it as the image's own secrets.json",
      );
    });

    test('says that the machine has no role', async () => {
      await machine.run(['ip', 'address', 'delete', '169.254.169.254/32', 'dev', 'lo']);
      expect(await lineForSources()).toMatch(
        /cannot be read: this machine has no role; give the instance one that AtlantisAmi.grantRun was called with$/,
      );
      await machine.run(['ip', 'address', 'add', '169.254.169.254/32', 'dev', 'lo']);
    });
  });
});

(isRoot ? describe : describe.skip)('a data volume', () => {
  const other = (name: string, fill: (file: string) => void) => {
    const file = join(built.directory, name);
    execFileSync('truncate', ['--size', '64M', file]);
    fill(file);
    return file;
  };
  const digestOf = (file: string) => execFileSync('sha256sum', [file], { encoding: 'utf8' });

  test.each([
    ['text', (file: string) => writeFileSync(file, 'important', { flag: 'r+' }), 'is not blank and holds no ext4 file system'],
    ['label', (file: string) => execFileSync('mkfs.ext4', ['-q', '-L', 'theirs', file]), 'holds a file system that was not made here'],
    ['swap', (file: string) => execFileSync('mkswap', [file], { stdio: 'ignore' }), 'holds swap; give a blank volume'],
  ])('with something else on it (%s) is refused with one line, and left as it is', async (name, fill, message) => {
    const file = other(name, fill);
    const before = digestOf(file);
    const second = await built.boot({ volumes: { '/dev/sdf': file } });
    const lines = new Set((await second.journal('atlantis.service')).split('\n').filter((line) => line.startsWith('cdk-atlantis: ')));
    expect(lines.size).toBe(1);
    expect([...lines].join()).toMatch(new RegExp(`^cdk-atlantis: \\S+ \\(/dev/sdf\\) ${message}`));
    expect((await second.try(['mountpoint', '-q', DATA])).code).not.toBe(0);
    await second.stop();
    expect(digestOf(file)).toBe(before);
  });

  test('that is not attached is waited for, and named in one line', async () => {
    const second = await built.boot();
    const journal = await second.journal('atlantis.service');
    expect(journal).toContain('cdk-atlantis: no volume is attached as /dev/sdf after 20 s; attach the data volume under that name');
    const { code, printed } = await executeFirst(inMachine(second.processId), built.documents, { more: ['--verbose'] });
    expect(printed).toContain('the data volume is not looked for here: container');
    expect(code).toBe(0);
    await second.stop();
  });
});
