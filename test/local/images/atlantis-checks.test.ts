import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILES } from '../../../src/ami/private/files';

/** What the programs of a machine say, each as a script. */
interface Programs {
  /** What the server's unit has in the journal. */
  readonly journal: string;
  readonly container?: boolean;
  readonly mounted?: boolean;
  readonly dataVolume?: boolean;
}

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cdk-atlantis-checks-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const SECRET = 'cdk-atlantis: the secret "Token" (arn:aws:secretsmanager:eu-west-1:111122223333:secret:token-AbCdEf)';
const NO_ROLE = `${SECRET} cannot be read: this machine has no role; give the instance one that AtlantisAmi.grantRun was called with`;
const NO_VOLUME = 'cdk-atlantis: no volume is attached as /dev/sdf after 20 s; attach the data volume under that name';

/** What the test phase makes of a machine whose server at its own port is not healthy, and whose program starts with other settings. */
function tested({ journal, container = false, mounted = true, dataVolume = true }: Programs): { status: number | null; said: string[] } {
  const yes = (answer: boolean) => (answer ? 'exit 0' : 'exit 1');
  const programs = {
    curl: 'case "$*" in *:14141/healthz) exit 0 ;; *) exit 22 ;; esac',
    journalctl: `cat '${join(directory, 'journal')}'`,
    mountpoint: yes(mounted),
    'systemd-detect-virt': yes(container),
    ...{ chown: '', sleep: '', systemctl: '', 'systemd-run': '' },
  };
  for (const [name, content] of Object.entries(programs)) writeFileSync(join(directory, name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
  writeFileSync(join(directory, 'journal'), journal);
  const unit = join(directory, 'journal');
  const script = FILES['test-atlantis.sh'].replace('/etc/systemd/system/atlantis-data.service', dataVolume ? unit : `${unit}-none`);
  const env = { PATH: `${directory}:${process.env.PATH}`, PORT: '4141', SCHEME: 'http' };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', `set -euo pipefail\n${script}`], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, said: `${stdout}${stderr}`.trimEnd().split('\n') };
}

test.each([
  NO_ROLE,
  `${SECRET} cannot be read: the instance's role may not; call AtlantisAmi.grantRun with it`,
  `${SECRET} does not exist, or has no value yet; store it`,
  `${SECRET} holds no text; store its value as text`,
  `${SECRET} cannot be read (Could not connect to the endpoint URL); check the instance's way to secretsmanager`,
  'cdk-atlantis: the command "own" (/opt/own) ended with 1; look at its own lines in the journal',
  'Error: --repo-allowlist must be set for security purposes',
  'Error: --gh-user/--gh-token or --gitea-user/--gitea-token must be set',
])('the test phase passes on a machine that is no server: %s', (line) => {
  expect(tested({ journal: `Starting\n${line}\nFailed to set up credentials\n` })).toEqual({
    status: 0,
    said: [`atlantis.service: ${line}`, 'the data volume is mounted'],
  });
});

test.each([
  `${SECRET} is not JSON (Expecting value: line 1 column 1 (char 0)); store an object such as {"key": "value"}`,
  "cdk-atlantis: a file of /etc/atlantis that names secrets is malformed (KeyError: 'kind'); write it as the image's own secrets.json",
  'cdk-atlantis: the command "own" (/opt/own) does not run (No such file or directory); check that the image has it',
  'cdk-atlantis: the server did not read its configuration for 90 s; look at the lines of atlantis.service in the journal',
  'Error: invalid log level: loud',
  NO_VOLUME,
])('the test phase fails on anything else that keeps the server from starting: %s', (line) => {
  expect(tested({ journal: `${line}\ncdk-atlantis: the server ended; look at its own lines above\n` })).toEqual({
    status: 1,
    said: [`cdk-atlantis: the server is not healthy after a minute: ${line}`],
  });
});

test('the test phase finds what the server says in red', () => {
  const journal = '\u001b[31mError: invalid log level: loud\u001b[39m\n';
  expect(tested({ journal }).said).toEqual(['cdk-atlantis: the server is not healthy after a minute: Error: invalid log level: loud']);
});

test('the test phase fails on a server that is not healthy and does not say why', () => {
  expect(tested({ journal: 'Starting\n' }).said).toEqual([
    'cdk-atlantis: the server is not healthy after a minute: the journal of atlantis.service does not say why',
  ]);
});

test('the test phase takes the last complaint, as the first may be of a network that was not there yet', () => {
  const first = `${SECRET} cannot be read: An error occurred (InternalFailure)`;
  expect(tested({ journal: `${first}\n${NO_ROLE}\n` }).status).toBe(0);
  expect(tested({ journal: `${NO_ROLE}\n${first}\n` }).status).toBe(1);
});

test('the test phase wants the data volume to be mounted, except in a container', () => {
  expect(tested({ journal: NO_ROLE, mounted: false })).toEqual({
    status: 1,
    said: [
      `atlantis.service: ${NO_ROLE}`,
      'cdk-atlantis: the data volume is not mounted; look at the lines of atlantis-data.service in the journal',
    ],
  });
  const said = [`atlantis.service: ${NO_VOLUME}`, 'the data volume is not looked for here: container'];
  expect(tested({ journal: NO_VOLUME, mounted: false, container: true })).toEqual({ status: 0, said });
  expect(tested({ journal: NO_ROLE, mounted: false, dataVolume: false })).toEqual({ status: 0, said: [`atlantis.service: ${NO_ROLE}`] });
});
