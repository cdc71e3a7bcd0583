import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { AtlantisOnFargate, VcsProvider } from '../../src';
import {
  containerOf,
  environmentOf,
  newStack,
  onlyResource,
  refusalOf,
  requiredProps,
  resourcesOf,
  secretNamed,
  synthesize,
} from '../synthesized';

const secretsOf = (template: Parameters<typeof containerOf>[0]): unknown[] =>
  containerOf(template, 'setup').Secrets.map((secret: { ValueFrom: unknown }) => secret.ValueFrom);

const puts = (template: Parameters<typeof containerOf>[0]): string[] =>
  (containerOf(template, 'setup').Command[0] as string).split('\n').filter((line) => line.startsWith('put '));

const arnOf = (name: string) => `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}-AbCdEf`;

describe('VcsProvider.githubApp', () => {
  const { template } = synthesize((scope) => ({
    vcs: [
      VcsProvider.githubApp({ slug: 'acme-atlantis', credentials: secretNamed(scope, 'app'), webhookSecret: secretNamed(scope, 'hook') }),
    ],
  }));

  test('the server gets the slug, and is told to write git credentials, without which it refuses to start', () => {
    expect(environmentOf(template)).toMatchObject({ ATLANTIS_GH_APP_SLUG: 'acme-atlantis', ATLANTIS_WRITE_GIT_CREDS: 'true' });
  });

  test('the three keys of the one secret and the webhook secret are checked and passed on', () => {
    expect(puts(template)).toEqual([
      `put 'GitHub credentials' app_id gh-app-id check_number "\${ATLANTIS_SETUP_SECRET_1:-}"`,
      `put 'GitHub credentials' installation_id gh-app-installation-id check_number "\${ATLANTIS_SETUP_SECRET_1:-}"`,
      `put 'GitHub credentials' private_key gh-app-key check_pem "\${ATLANTIS_SETUP_SECRET_1:-}"`,
      `put 'GitHub webhook secret' webhook_secret gh-webhook-secret check_text "\${ATLANTIS_SETUP_SECRET_2:-}"`,
    ]);
  });

  test('each secret is given once, as a whole', () => {
    expect(secretsOf(template)).toEqual([arnOf('app'), arnOf('hook')]);
  });

  test('GithubAppProps.hostname left out: github.com, which the server assumes by itself', () => {
    expect(environmentOf(template)).not.toHaveProperty('ATLANTIS_GH_HOSTNAME');
  });

  test('the host of an Enterprise installation reaches the server and the allowlist', () => {
    const enterprise = synthesize((scope) => ({
      vcs: [VcsProvider.githubApp({ slug: 'a', credentials: secretNamed(scope, 'app'), hostname: 'ghe.example.com' })],
      repoAllowlist: ['ghe.example.com/acme/*'],
    }));
    expect(environmentOf(enterprise.template)).toMatchObject({ ATLANTIS_GH_HOSTNAME: 'ghe.example.com' });
  });

  test('an empty slug is refused', () => {
    expect(refusalOf((scope) => ({ vcs: [VcsProvider.githubApp({ slug: ' ', credentials: secretNamed(scope, 'x') })] }))).toBe(
      '[Stack/Atlantis] vcs[0].slug: got an empty text; give the name that the forge knows',
    );
  });
});

describe('VcsProvider.github', () => {
  const { template } = synthesize((scope) => ({
    vcs: [VcsProvider.github({ user: 'acme-bot', credentials: secretNamed(scope, 'token'), webhookSecret: secretNamed(scope, 'hook') })],
  }));

  test('the server gets the user, and writes no git credentials', () => {
    expect(environmentOf(template)).toMatchObject({ ATLANTIS_GH_USER: 'acme-bot' });
    expect(environmentOf(template)).not.toHaveProperty('ATLANTIS_WRITE_GIT_CREDS');
  });

  test('the token and the webhook secret are checked and passed on', () => {
    expect(puts(template)).toEqual([
      `put 'GitHub credentials' token gh-token check_text "\${ATLANTIS_SETUP_SECRET_1:-}"`,
      `put 'GitHub webhook secret' webhook_secret gh-webhook-secret check_text "\${ATLANTIS_SETUP_SECRET_2:-}"`,
    ]);
    expect(secretsOf(template)).toEqual([arnOf('token'), arnOf('hook')]);
  });

  test('GithubProps.hostname left out: github.com, which the server assumes by itself', () => {
    expect(environmentOf(template)).not.toHaveProperty('ATLANTIS_GH_HOSTNAME');
  });

  test('the host of an Enterprise installation reaches the server and the allowlist', () => {
    const enterprise = synthesize((scope) => ({
      vcs: [VcsProvider.github({ user: 'a', credentials: secretNamed(scope, 'token'), hostname: 'ghe.example.com:8443' })],
      repoAllowlist: ['ghe.example.com/acme/*'],
    }));
    expect(environmentOf(enterprise.template)).toMatchObject({ ATLANTIS_GH_HOSTNAME: 'ghe.example.com:8443' });
  });

  test.each(['https://ghe.example.com', 'ghe.example.com/path', ''])('the host "%s" is refused', (hostname) => {
    const message = refusalOf((scope) => ({
      vcs: [VcsProvider.github({ user: 'a', credentials: secretNamed(scope, 'x'), hostname })],
    }));
    expect(message).toContain(
      `[Stack/Atlantis] vcs[0].hostname: got "${hostname}"; give a host without scheme, such as github.example.com`,
    );
  });

  test('an empty user is refused', () => {
    expect(refusalOf((scope) => ({ vcs: [VcsProvider.github({ user: '', credentials: secretNamed(scope, 'x') })] }))).toBe(
      '[Stack/Atlantis] vcs[0].user: got an empty text; give the name that the forge knows',
    );
  });

  test('a user and a host that only the deployment knows pass', () => {
    const tokens = synthesize((scope) => ({
      vcs: [
        VcsProvider.github({
          user: new CfnParameter(scope, 'User').valueAsString,
          hostname: new CfnParameter(scope, 'Host').valueAsString,
          credentials: secretNamed(scope, 'token'),
        }),
      ],
    }));
    expect(environmentOf(tokens.template)).toMatchObject({ ATLANTIS_GH_USER: { Ref: 'User' }, ATLANTIS_GH_HOSTNAME: { Ref: 'Host' } });
  });
});

describe('VcsProvider.gitea', () => {
  const gitea = (baseUrl?: string) => (scope: Stack) => ({
    vcs: [VcsProvider.gitea({ user: 'bot', credentials: secretNamed(scope, 'token'), webhookSecret: secretNamed(scope, 'hook'), baseUrl })],
    repoAllowlist: [`${baseUrl ? 'git.example.com' : 'gitea.com'}/acme/*`],
  });

  test('the user, the token and the webhook secret go to the flags of Gitea', () => {
    const { template } = synthesize(gitea('https://git.example.com'));
    expect(environmentOf(template)).toMatchObject({ ATLANTIS_GITEA_USER: 'bot', ATLANTIS_GITEA_BASE_URL: 'https://git.example.com' });
    expect(puts(template)).toEqual([
      `put 'Gitea credentials' token gitea-token check_text "\${ATLANTIS_SETUP_SECRET_1:-}"`,
      `put 'Gitea webhook secret' webhook_secret gitea-webhook-secret check_text "\${ATLANTIS_SETUP_SECRET_2:-}"`,
    ]);
    expect(secretsOf(template)).toEqual([arnOf('token'), arnOf('hook')]);
  });

  test('GiteaProps.baseUrl left out: gitea.com, which the server assumes by itself', () => {
    expect(environmentOf(synthesize(gitea()).template)).not.toHaveProperty('ATLANTIS_GITEA_BASE_URL');
  });

  test.each(['git.example.com', 'ftp://git.example.com', 'https://', 'https://git.example.com/a b'])(
    'the address "%s" is refused',
    (baseUrl) => {
      expect(refusalOf(gitea(baseUrl))).toContain(
        `[Stack/Atlantis] vcs[0].baseUrl: got "${baseUrl}"; give an address with http:// or https://, such as https://git.example.com`,
      );
    },
  );

  test.each(['http://git.example.com:3000', 'https://git.example.com/', 'https://git.example.com:3000/forge/'])(
    'the address %s is accepted, and the allowlist is about its host without port and path',
    (baseUrl) => {
      expect(() => synthesize(gitea(baseUrl))).not.toThrow();
    },
  );

  test('an empty user is refused', () => {
    const message = refusalOf((scope) => ({
      vcs: [VcsProvider.gitea({ user: '', credentials: secretNamed(scope, 'x') })],
      repoAllowlist: ['gitea.com/acme/*'],
    }));
    expect(message).toBe('[Stack/Atlantis] vcs[0].user: got an empty text; give the name that the forge knows');
  });
});

describe('the webhook secret', () => {
  test('VcsProviderOptions.webhookSecret left out: one is made, with 48 random letters and digits under the key webhook_secret', () => {
    const { template, atlantis, stack } = synthesize();
    const made = onlyResource(template, 'AWS::SecretsManager::Secret');
    expect(made.Properties.GenerateSecretString).toEqual({
      SecretStringTemplate: '{}',
      GenerateStringKey: 'webhook_secret',
      PasswordLength: 48,
      ExcludePunctuation: true,
    });
    expect(stack.resolve(atlantis.webhookSecrets.map((secret) => secret.secretArn))).toEqual([{ Ref: made.id }]);
    expect(secretsOf(template)[1]).toEqual({ Ref: made.id });
  });

  test('no secret is made when it is given, so credentials are never made', () => {
    const { template, atlantis } = synthesize((scope) => ({
      vcs: [VcsProvider.github({ user: 'a', credentials: secretNamed(scope, 'token'), webhookSecret: secretNamed(scope, 'hook') })],
    }));
    expect(resourcesOf(template, 'AWS::SecretsManager::Secret')).toEqual({});
    expect(atlantis.webhookSecrets.map((secret) => secret.secretArn)).toEqual([arnOf('hook')]);
  });

  test('no value of a secret is in the template', () => {
    expect(JSON.stringify(synthesize().template.toJSON())).not.toMatch(/\{\{resolve:|"SecretString"/);
  });
});

describe('several providers', () => {
  const two = (scope: Stack) => ({
    vcs: [
      VcsProvider.githubApp({ slug: 'a', credentials: secretNamed(scope, 'app') }),
      VcsProvider.gitea({ user: 'b', credentials: secretNamed(scope, 'token'), baseUrl: 'https://git.example.com' }),
    ],
    repoAllowlist: ['github.com/acme/*', 'git.example.com/acme/*'],
  });

  test('two forges at once have their own flags, secrets and webhook secrets, in the order given', () => {
    const { template, atlantis, stack } = synthesize(two);
    expect(environmentOf(template)).toMatchObject({ ATLANTIS_GH_APP_SLUG: 'a', ATLANTIS_GITEA_USER: 'b' });
    const made = Object.keys(resourcesOf(template, 'AWS::SecretsManager::Secret'));
    expect(made).toHaveLength(2);
    const webhooks = stack.resolve(atlantis.webhookSecrets.map((secret) => secret.secretArn));
    expect(webhooks[0].Ref).toMatch(/GitHub/);
    expect(webhooks[1].Ref).toMatch(/Gitea/);
    expect(secretsOf(template)).toEqual([arnOf('app'), webhooks[0], arnOf('token'), webhooks[1]]);
    expect(puts(template).map((line) => /SECRET_\d/.exec(line)?.[0])).toEqual([
      'SECRET_1',
      'SECRET_1',
      'SECRET_1',
      'SECRET_2',
      'SECRET_3',
      'SECRET_4',
    ]);
  });

  test('no provider is refused, since the server does not start without one', () => {
    expect(refusalOf(() => ({ vcs: [] }))).toBe(
      '[Stack/Atlantis] vcs: got no provider, and the server does not start without one; give VcsProvider.…',
    );
  });

  test('without a provider, an empty allowlist is still explained with an example', () => {
    expect(refusalOf(() => ({ vcs: [], repoAllowlist: [] }))).toMatch(
      /^2 problems:\n.*give VcsProvider\.…\n.*give for example github\.com\/acme\/\*$/,
    );
  });

  test('one forge twice is refused, also as a user and as an App', () => {
    const message = refusalOf((scope) => ({
      vcs: [
        VcsProvider.githubApp({ slug: 'a', credentials: secretNamed(scope, 'app1') }),
        VcsProvider.github({ user: 'b', credentials: secretNamed(scope, 'token') }),
      ],
    }));
    expect(message).toBe('[Stack/Atlantis] vcs[1]: got GitHub twice; one server knows one GitHub: make a second AtlantisOnFargate');
  });

  test('one provider can be given to two servers', () => {
    const stack = newStack();
    const props = requiredProps(stack);
    const servers = ['One', 'Two'].map((id) => new AtlantisOnFargate(stack, id, props));
    const [one, two] = stack.resolve(servers.map((server) => server.webhookSecrets[0].secretArn));
    expect(one).not.toEqual(two);
  });
});
