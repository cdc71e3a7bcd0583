import { Lazy, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { Role } from 'aws-cdk-lib/aws-iam';
import {
  AtlantisAmi,
  AtlantisLogLevel,
  AtlantisVersion,
  ImageBase,
  ImageLevel,
  ImageOs,
  RepoConfig,
  ServerTls,
  StartSecret,
  TfDistribution,
  VcsProvider,
} from '../../src';
import { isAllowed } from '../bootstrap/simulated';
import { ACCOUNT, onlyResource, secretNamed } from '../synthesized';
import { arnOf, atlantisLevel, configOf, refusalOfLevel, secretsOf } from './atlantis-level';
import { documentsIn, imageStack } from './synthesized-image';

const RELEASES = 'https://github.com/runatlantis/atlantis/releases/download';

const extra = (extraSettings: { [flag: string]: string }) => refusalOfLevel(() => ({ extraSettings }));

describe('the atlantis level', () => {
  test('with nothing given: the minimal settings, and nothing of a forge', () => {
    const lines = configOf()?.split('\n') ?? [];
    expect(lines.slice(1, 4)).toEqual(['data-dir: "/opt/atlantis/data"', 'port: 4141', 'websocket-check-origin: true']);
    expect(lines.slice(1, -1).map((line) => line.split(':')[0])).toEqual([
      'data-dir',
      'port',
      'websocket-check-origin',
      'repo-config-json',
      'checkout-strategy',
    ]);
    expect(secretsOf()).toEqual({ sources: [] });
  });

  test('AtlantisLevelOptions.version left out: 0.47.1, from its release', () => {
    expect(atlantisLevel().variablesOf('atlantis-program', 'Fetch')).toMatchObject({
      PRODUCT: 'atlantis',
      VERSION: '0.47.1',
      URL: `${RELEASES}/v0.47.1/atlantis_linux_arm64.zip`,
      ENTRY: 'atlantis',
      DESTINATION: '/usr/bin/atlantis',
    });
  });

  test('another version is fetched and checked', () => {
    const level = atlantisLevel(() => ({ version: AtlantisVersion.of('0.48.2') }));
    expect(level.variablesOf('atlantis-program', 'Fetch').URL).toBe(`${RELEASES}/v0.48.2/atlantis_linux_arm64.zip`);
    expect(level.variablesOf('atlantis-program', 'Program')).toEqual({ VERSION: '0.48.2' });
  });

  test('an image for x86-64 gets the program for it', () => {
    const stack = imageStack();
    const base = ImageBase.latest(ImageOs.UBUNTU_24_04, { architecture: InstanceArchitecture.X86_64 });
    new AtlantisAmi(stack, 'Ami', { base, levels: [ImageLevel.atlantis()] });
    expect(JSON.stringify(documentsIn(Template.fromStack(stack)))).toContain('/v0.47.1/atlantis_linux_amd64.zip');
  });

  test("AtlantisLevelOptions.sha256 left out: the release's own list is compared", () => {
    const variables = atlantisLevel().variablesOf('atlantis-program', 'Fetch');
    expect(variables.LIST_URL).toBe(`${RELEASES}/v0.47.1/checksums.txt`);
    expect(variables).not.toHaveProperty('SHA256');
  });

  test('a given checksum is compared, and no list', () => {
    const variables = atlantisLevel(() => ({ sha256: 'a'.repeat(64) })).variablesOf('atlantis-program', 'Fetch');
    expect(variables.SHA256).toBe('a'.repeat(64));
    expect(variables).not.toHaveProperty('LIST_URL');
  });

  test('a checksum that is none is refused', () => {
    expect(refusalOfLevel(() => ({ sha256: 'ABC' }))).toBe(
      'atlantis.sha256: got "ABC"; give the 64 hexadecimal digits of the zip file, in small letters',
    );
  });

  test('AtlantisLevelOptions.vcs left out: no forge, and no secret', () => {
    expect(configOf()).not.toContain('-user');
    expect(secretsOf().sources).toEqual([]);
  });

  test('a provider brings its flags, and the names of its secrets', () => {
    const vcs = (scope: Parameters<typeof secretNamed>[0]) => [
      VcsProvider.githubApp({ slug: 'acme', credentials: secretNamed(scope, 'app'), webhookSecret: secretNamed(scope, 'hook') }),
    ];
    expect(configOf((scope) => ({ vcs: vcs(scope) }))).toContain('gh-app-slug: "acme"\nwrite-git-creds: true\n');
    expect(secretsOf((scope) => ({ vcs: vcs(scope) })).sources).toEqual([
      {
        kind: 'secret',
        label: 'GitHub credentials',
        id: arnOf('app'),
        region: 'eu-central-1',
        keys: [
          { key: 'app_id', flag: 'gh-app-id', form: 'number' },
          { key: 'installation_id', flag: 'gh-app-installation-id', form: 'number' },
          { key: 'private_key', flag: 'gh-app-key', form: 'pem' },
        ],
      },
      {
        kind: 'secret',
        label: 'GitHub webhook secret',
        id: arnOf('hook'),
        region: 'eu-central-1',
        keys: [{ key: 'webhook_secret', flag: 'gh-webhook-secret', form: 'text' }],
      },
    ]);
  });

  test('a forge that is given twice is refused, and so is what its provider refuses', () => {
    const refusal = refusalOfLevel((scope) => ({
      vcs: [
        VcsProvider.gitea({ user: 'a', credentials: secretNamed(scope, 'x') }),
        VcsProvider.gitea({ user: ' ', credentials: secretNamed(scope, 'y') }),
      ],
    }));
    expect(refusal).toContain('atlantis.vcs[1].user: got an empty text; give the name that the forge knows');
    expect(refusal).toContain('atlantis.vcs[1]: got Gitea twice; one server knows one Gitea: make a second image');
  });

  test('AtlantisLevelOptions.repoAllowlist left out: none is set', () => {
    expect(configOf()).not.toContain('repo-allowlist');
  });

  test('an allowlist is one text, and is checked', () => {
    expect(configOf(() => ({ repoAllowlist: ['github.com/acme/*', 'github.com/other/it'] }))).toContain(
      'repo-allowlist: "github.com/acme/*,github.com/other/it"\n',
    );
    expect(refusalOfLevel(() => ({ repoAllowlist: ['*'] }))).toContain('every repository of everybody would be planned here');
  });

  test('AtlantisLevelOptions.url left out: none is set', () => {
    expect(configOf()).not.toContain('atlantis-url');
  });

  test('an address needs its scheme', () => {
    expect(configOf(() => ({ url: 'https://atlantis.example.com' }))).toContain('atlantis-url: "https://atlantis.example.com"\n');
    expect(refusalOfLevel(() => ({ url: 'atlantis.example.com' }))).toBe(
      'atlantis.url: got "atlantis.example.com"; give an address with its scheme, such as https://atlantis.example.com',
    );
    expect(refusalOfLevel(() => ({ url: Lazy.string({ produce: () => 'https://later.example.com' }) }))).toBe('taken');
  });

  test('AtlantisLevelOptions.port left out: 4141', () => {
    expect(configOf()).toContain('port: 4141\n');
    expect(atlantisLevel().variablesOf('atlantis-unit', 'Started')).toEqual({ PORT: '4141', SCHEME: 'http' });
  });

  test.each([
    [443, '443'],
    [70_000, '70000'],
    [8080.5, '8080.5'],
    [Token.asNumber({ Ref: 'Port' }), 'a number that only the deployment knows'],
  ])('the port %d is refused', (port, got) => {
    expect(refusalOfLevel(() => ({ port }))).toBe(
      `atlantis.port: got ${got}; give one from 1024 to 65535, as those below need rights that a plan would have too`,
    );
  });

  test("AtlantisLevelOptions.settings left out: Atlantis's own defaults", () => {
    for (const flag of ['parallel-pool-size', 'log-level', 'default-tf']) expect(configOf()).not.toContain(flag);
  });

  test('settings are set, and checked', () => {
    const settings = { defaultTfDistribution: TfDistribution.OPENTOFU, logLevel: AtlantisLogLevel.DEBUG, parallelPoolSize: 3 };
    const config = configOf(() => ({ settings }));
    for (const line of ['default-tf-distribution: "opentofu"', 'log-level: "debug"', 'parallel-pool-size: 3'])
      expect(config).toContain(line);
    expect(refusalOfLevel(() => ({ settings: { parallelPoolSize: 0 } }))).toContain('settings.parallelPoolSize: got 0');
  });

  test('AtlantisLevelOptions.repoConfig left out: locked down, unless a configuration of its own is named', () => {
    expect(configOf()).toContain('allow_custom_workflows');
    const own = configOf(() => ({ extraSettings: { 'repo-config': '/etc/atlantis/repos.yaml', 'checkout-strategy': 'merge' } }));
    expect(own).not.toContain('repo-config-json');
    expect(own).toContain('checkout-strategy: "merge"\nrepo-config: "/etc/atlantis/repos.yaml"\n'.split('\n')[1]);
  });

  test('both forms of a repository configuration are refused', () => {
    const refusal = refusalOfLevel(() => ({ repoConfig: RepoConfig.lockedDown(), extraSettings: { 'repo-config': '/x' } }));
    expect(refusal).toBe('atlantis.extraSettings["repo-config"]: is set by repoConfig too; leave one out');
  });

  test('AtlantisLevelOptions.extraSettings left out: nothing more is set', () => {
    expect(configOf()).not.toContain('automerge');
  });

  test('switches and numbers are written bare, and texts in quotes', () => {
    const config = configOf(() => ({ extraSettings: { automerge: 'true', 'redis-port': '6380', 'redis-host': 'cache: # "x"' } }));
    expect(config).toContain('automerge: true\nredis-port: 6380\nredis-host: "cache: # \\"x\\""\n');
  });

  test.each(['gh-token', 'api-secret', 'web-password', 'redis-password', 'slack-token', 'tfe-token', 'gh-app-key', 'webhook-http-headers'])(
    '%s is refused, as a secret is never in the image',
    (flag) => {
      expect(extra({ [flag]: 'x' })).toBe(
        `atlantis.extraSettings["${flag}"]: is a secret, and never in the image: give it as a StartSecret`,
      );
    },
  );

  test.each([
    [{ 'log-level': 'debug' }, 'atlantis.extraSettings["log-level"]: has an option of its own; give settings.logLevel'],
    [{ 'data-dir': '/x' }, 'atlantis.extraSettings["data-dir"]: is what the image itself decides; leave it out'],
    [{ 'auto-merge': 'true' }, 'atlantis.extraSettings["auto-merge"]: is no flag of Atlantis 0.47.1; correct its name'],
    [{ automerge: 'yes' }, 'atlantis.extraSettings["automerge"]: got "yes"; give true or false'],
    [{ 'redis-port': 'x' }, 'atlantis.extraSettings["redis-port"]: got "x"; give a whole number'],
    [
      { 'redis-host': '{{ x }}' },
      'atlantis.extraSettings["redis-host"]: has two opening braces in a row, which Image Builder takes for a parameter; give it when the server starts',
    ],
    [
      { 'checkout-strategy': 'merge' },
      'atlantis.extraSettings["checkout-strategy"]: checkout-strategy is set by the library already; leave one out',
    ],
  ])('%j is refused', (settings, refusal) => {
    expect(extra(settings as { [flag: string]: string })).toBe(refusal);
  });

  test('a flag of a newer version is taken, and what cannot be a flag is not', () => {
    const version = AtlantisVersion.of('0.48.0');
    expect(configOf(() => ({ version, extraSettings: { 'new-flag': 'x' } }))).toContain('new-flag: "x"\n');
    expect(refusalOfLevel(() => ({ version, extraSettings: { 'New flag': 'x' } }))).toContain('is no flag of Atlantis 0.48.0');
  });

  test('a value that only the deployment knows is taken', () => {
    expect(refusalOfLevel(() => ({ extraSettings: { 'redis-port': Lazy.string({ produce: () => '6379' }) } }))).toBe('taken');
  });

  test('a flag that the provider sets is refused from elsewhere', () => {
    const refusal = refusalOfLevel((scope) => ({
      vcs: [VcsProvider.gitea({ user: 'bot', credentials: secretNamed(scope, 'x') })],
      extraSettings: { 'gitea-user': 'other' },
      secrets: [StartSecret.secretsManager(secretNamed(scope, 'y'), { t: 'gitea-token' })],
    }));
    expect(refusal).toContain('atlantis.extraSettings["gitea-user"]: gitea-user is set by vcs[0] already; leave one out');
    expect(refusal).toContain('atlantis.secrets[0]: gitea-token is set by vcs[0] already; leave one out');
  });

  test('AtlantisLevelOptions.secrets left out: nothing is fetched but what the providers need', () => {
    expect(secretsOf((scope) => ({ vcs: [VcsProvider.gitea({ user: 'b', credentials: secretNamed(scope, 'x') })] })).sources).toHaveLength(
      2,
    );
  });

  test('AtlantisLevelOptions.targetRoles left out: there is none, and none may be assumed', () => {
    const level = atlantisLevel();
    expect(level.fileAt('/etc/atlantis/targets.json')).toBe('{}\n');
    expect(level.policies).toEqual([]);
  });

  test('AtlantisLevelOptions.dataVolume left out: a volume of its own', () => {
    expect(atlantisLevel().components).toContain('atlantis-data');
  });

  test('AtlantisLevelOptions.tls left out: HTTPS ends at a load balancer', () => {
    const level = atlantisLevel();
    expect(level.fileAt('/etc/systemd/system/atlantis.service.d/tls.conf')).toBeUndefined();
    expect(secretsOf()).not.toHaveProperty('tls');
  });

  test('no value of a secret is anywhere in the template', () => {
    const level = atlantisLevel((scope) => ({
      vcs: [VcsProvider.gitea({ user: 'b', credentials: secretNamed(scope, 'x') })],
      tls: ServerTls.fromSecret(secretNamed(scope, 'certificate')),
      secrets: [StartSecret.settings(secretNamed(scope, 's'))],
    }));
    expect(JSON.stringify(documentsIn(level.template))).not.toContain('{{resolve:');
    expect(onlyResource(level.template, 'AWS::SecretsManager::Secret').Properties).not.toHaveProperty('SecretString');
  });
});

describe('what a role may do that runs the image', () => {
  const level = atlantisLevel((scope) => ({
    vcs: [VcsProvider.gitea({ user: 'b', credentials: secretNamed(scope, 'credentials'), webhookSecret: secretNamed(scope, 'hook') })],
    secrets: [StartSecret.settings(secretNamed(scope, 'settings'))],
    tls: ServerTls.fromSecrets(secretNamed(scope, 'certificate'), secretNamed(scope, 'key')),
    targetRoles: [{ name: 'production', role: Role.fromRoleArn(scope, 'Production', 'arn:aws:iam::222233334444:role/terraform') }],
  }));
  const allows = (action: string, resource: string) =>
    isAllowed({ principal: `arn:aws:iam::${ACCOUNT}:role/instance`, action, resource, policies: level.policies });

  test.each(['credentials', 'hook', 'settings', 'certificate', 'key'])('it reads the secret %s', async (name) => {
    expect(await allows('secretsmanager:GetSecretValue', arnOf(name))).toBe(true);
  });

  test('it reads no other secret, and changes none', async () => {
    expect(await allows('secretsmanager:GetSecretValue', arnOf('other'))).toBe(false);
    expect(await allows('secretsmanager:PutSecretValue', arnOf('credentials'))).toBe(false);
  });

  test('it assumes the target role by its policy, and no other', async () => {
    expect(JSON.stringify(level.policies)).toContain('"Sid":"AssumeTargetRoles"');
    expect(JSON.stringify(level.policies)).toContain(
      '"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::222233334444:role/terraform"',
    );
    expect(await allows('sts:AssumeRole', `arn:aws:iam::${ACCOUNT}:role/admin`)).toBe(false);
  });
});
