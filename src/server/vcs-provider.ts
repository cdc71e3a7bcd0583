import { Token } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { SecretForm, type VcsProviderConfig } from './private/provider-config';
import type { ServerFlags } from './private/server-flags';

/** What every provider can be told. */
export interface VcsProviderOptions {
  /**
   * The secret that webhooks are signed with: JSON with the key `webhook_secret`, whose value should have 24 characters or more.
   *
   * @default - a secret is made, with 48 random letters and digits; read it from `AtlantisOnFargate.webhookSecrets`
   * @see https://www.runatlantis.io/docs/webhook-secrets.html
   */
  readonly webhookSecret?: secretsmanager.ISecret;
}

/** A user of GitHub and a token. */
export interface GithubProps extends VcsProviderOptions {
  /** The user that comments; its token must be allowed to read and comment on the repositories. */
  readonly user: string;

  /** The token: JSON with the key `token`. A plan can read a token; prefer `VcsProvider.githubApp`. */
  readonly credentials: secretsmanager.ISecret;

  /**
   * The host of a GitHub Enterprise installation, without scheme.
   *
   * @default 'github.com'
   */
  readonly hostname?: string;
}

/** A GitHub App. */
export interface GithubAppProps extends VcsProviderOptions {
  /** The App's name in its address, as in `https://github.com/apps/<slug>`. Older plan comments are hidden by it. */
  readonly slug: string;

  /**
   * The App: JSON with the keys `app_id`, `installation_id` and `private_key`, the last one the PEM text with its line breaks written as
   * `\n`.
   */
  readonly credentials: secretsmanager.ISecret;

  /**
   * The host of a GitHub Enterprise installation, without scheme.
   *
   * @default 'github.com'
   */
  readonly hostname?: string;
}

/** A user of Gitea or Forgejo and a token. */
export interface GiteaProps extends VcsProviderOptions {
  /** The user that comments. */
  readonly user: string;

  /** The token: JSON with the key `token`. */
  readonly credentials: secretsmanager.ISecret;

  /**
   * The forge's address.
   *
   * @default 'https://gitea.com'
   */
  readonly baseUrl?: string;
}

interface ProviderSpec {
  /** Two providers with the same forge would set the same flags. */
  readonly forge: string;
  /** What entries of the allowlist start with; without a port, as the server compares them. */
  readonly host: string;
  readonly flags: ServerFlags;
  readonly required: { readonly [property: string]: string };
  readonly credentials: secretsmanager.ISecret;
  readonly credentialFlags: readonly { readonly key: string; readonly flag: string; readonly form: SecretForm }[];
  readonly webhookSecret?: secretsmanager.ISecret;
  readonly webhookSecretFlag: string;
  readonly calledAtStart?: string;
  readonly address?: { readonly property: string; readonly value?: string; readonly isUrl: boolean };
}

/**
 * Where the repositories are, and who Atlantis is there.
 *
 * @see https://www.runatlantis.io/docs/access-credentials.html
 */
export abstract class VcsProvider {
  /** GitHub with a user and its token. A plan can read the token from its own clone: prefer `githubApp`. */
  public static github(props: GithubProps): VcsProvider {
    return new SpecifiedProvider({
      forge: 'GitHub',
      host: props.hostname ?? 'github.com',
      flags: { 'gh-user': props.user, ...(props.hostname ? { 'gh-hostname': props.hostname } : {}) },
      required: { user: props.user },
      credentials: props.credentials,
      credentialFlags: [{ key: 'token', flag: 'gh-token', form: SecretForm.TEXT }],
      webhookSecret: props.webhookSecret,
      webhookSecretFlag: 'gh-webhook-secret',
      address: { property: 'hostname', value: props.hostname, isUrl: false },
    });
  }

  /** GitHub with a GitHub App, whose tokens last an hour. */
  public static githubApp(props: GithubAppProps): VcsProvider {
    return new SpecifiedProvider({
      forge: 'GitHub',
      host: props.hostname ?? 'github.com',
      flags: {
        'gh-app-slug': props.slug,
        // without it the server refuses to start with an App
        'write-git-creds': 'true',
        ...(props.hostname ? { 'gh-hostname': props.hostname } : {}),
      },
      required: { slug: props.slug },
      credentials: props.credentials,
      credentialFlags: [
        { key: 'app_id', flag: 'gh-app-id', form: SecretForm.NUMBER },
        { key: 'installation_id', flag: 'gh-app-installation-id', form: SecretForm.NUMBER },
        { key: 'private_key', flag: 'gh-app-key', form: SecretForm.PEM },
      ],
      webhookSecret: props.webhookSecret,
      webhookSecretFlag: 'gh-webhook-secret',
      calledAtStart: props.hostname ? `https://${props.hostname}/api/v3` : 'https://api.github.com',
      address: { property: 'hostname', value: props.hostname, isUrl: false },
    });
  }

  /** Gitea or Forgejo with a user and its token. */
  public static gitea(props: GiteaProps): VcsProvider {
    return new SpecifiedProvider({
      forge: 'Gitea',
      host: hostOf(props.baseUrl ?? 'https://gitea.com'),
      flags: { 'gitea-user': props.user, ...(props.baseUrl ? { 'gitea-base-url': props.baseUrl } : {}) },
      required: { user: props.user },
      credentials: props.credentials,
      credentialFlags: [{ key: 'token', flag: 'gitea-token', form: SecretForm.TEXT }],
      webhookSecret: props.webhookSecret,
      webhookSecretFlag: 'gitea-webhook-secret',
      calledAtStart: props.baseUrl ?? 'https://gitea.com',
      address: { property: 'baseUrl', value: props.baseUrl, isUrl: true },
    });
  }

  /** @internal */
  public abstract readonly _forge: string;

  /** @internal */
  public abstract readonly _host: string;

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(scope: Construct): VcsProviderConfig;
}

class SpecifiedProvider extends VcsProvider {
  public readonly _forge: string;
  public readonly _host: string;

  constructor(private readonly spec: ProviderSpec) {
    super();
    this._forge = spec.forge;
    this._host = spec.host;
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    for (const [name, value] of Object.entries(this.spec.required)) {
      if (Token.isUnresolved(value)) continue;
      if (value.trim() === '') problems.add(scope, `${property}.${name}`, 'got an empty text; give the name that the forge knows');
    }
    const { address } = this.spec;
    if (address?.value === undefined || Token.isUnresolved(address.value)) return;
    const [form, example] = address.isUrl
      ? [/^https?:\/\/[^/\s]+(\/\S*)?$/, 'an address with http:// or https://, such as https://git.example.com']
      : [/^[A-Za-z0-9.-]+(:\d+)?$/, 'a host without scheme, such as github.example.com'];
    if (!form.test(address.value)) problems.add(scope, `${property}.${address.property}`, `got "${address.value}"; give ${example}`);
  }

  public _bind(scope: Construct): VcsProviderConfig {
    const { forge, credentials, credentialFlags, flags, webhookSecretFlag, calledAtStart } = this.spec;
    const webhookSecret = this.spec.webhookSecret ?? makeWebhookSecret(scope, `${forge}WebhookSecret`);
    return {
      flags,
      webhookSecret,
      calledAtStart,
      secrets: [
        ...credentialFlags.map((credential) => ({ secret: credentials, label: `${forge} credentials`, ...credential })),
        { secret: webhookSecret, label: `${forge} webhook secret`, key: 'webhook_secret', flag: webhookSecretFlag, form: SecretForm.TEXT },
      ],
    };
  }
}

function makeWebhookSecret(scope: Construct, id: string): secretsmanager.Secret {
  return new secretsmanager.Secret(scope, id, {
    description: 'Signs the webhooks that Atlantis accepts',
    generateSecretString: {
      secretStringTemplate: '{}',
      generateStringKey: 'webhook_secret',
      passwordLength: 48,
      excludePunctuation: true,
    },
  });
}

function hostOf(url: string): string {
  if (Token.isUnresolved(url)) return url;
  return url.replace(/^[a-z]+:\/\//, '').replace(/[:/].*$/, '');
}
