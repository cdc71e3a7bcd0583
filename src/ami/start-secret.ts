import { Token } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { formOf } from './private/levels/atlantis-flags';
import type { SecretSource, SecretSourceConfig } from './private/secret-source';

/** What is known of a command that prints secrets. */
export interface StartCommandOptions {
  /**
   * The flags that it has to print. A start at which one is missing is stopped.
   *
   * @default - whatever it prints is taken
   */
  readonly flags?: string[];
}

/**
 * A value that the server is given when it starts, and that its image does not hold. A root service fetches it, checks it, and gives it to
 * the server's unit as a credential; a restart of `atlantis.service` takes what is stored by then. What is missing or malformed stops the
 * start with one line in the journal, and the start is tried again.
 *
 * Flags are Atlantis's own, without the dashes in front.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html
 */
export abstract class StartSecret {
  /**
   * Keys of a secret in Secrets Manager that is a JSON object.
   *
   * @param secret the secret, which `AtlantisAmi.grantRun` lets the instance's role read
   * @param flags the flag of each key, as in `{ token: 'gitlab-token' }`
   */
  public static secretsManager(secret: ISecret, flags: { [key: string]: string }): StartSecret {
    return new SecretKeys(secret, flags);
  }

  /**
   * The whole value of a parameter in Systems Manager, which may be a SecureString.
   *
   * @param parameter the parameter, which `AtlantisAmi.grantRun` lets the instance's role read
   * @param flag the flag that it is for
   */
  public static parameter(parameter: IParameter, flag: string): StartSecret {
    return new ParameterValue(parameter, flag);
  }

  /**
   * What a command of yours prints: a JSON object of flags and their values. It is run as root when the server starts, without a shell, and
   * has a minute. What it writes to its standard error is in the journal. With Vault and a token file that its agent keeps, a script
   * `/usr/local/bin/atlantis-from-vault` of one line would do: `exec vault kv get -format=json -field=data secret/atlantis`.
   *
   * @param command an absolute path and its arguments. It is on the image for everybody to read, so it is no place for a secret
   * @see https://developer.hashicorp.com/vault/docs/agent-and-proxy/agent
   */
  public static command(command: string[], options: StartCommandOptions = {}): StartSecret {
    return new CommandOutput(command, options);
  }

  /**
   * A secret in Secrets Manager whose keys are flags: a JSON object such as `{"atlantis-url": "https://atlantis.example.com"}`. It may
   * replace what the image's configuration says, so one image can be several servers.
   *
   * @param secret the secret, which `AtlantisAmi.grantRun` lets the instance's role read
   */
  public static settings(secret: ISecret): StartSecret {
    return new SecretSettings(secret);
  }

  /** @internal */
  public abstract _validate(scope: Construct, property: string, problems: Problems): void;

  /** @internal */
  public abstract _bind(): SecretSourceConfig;
}

class SecretKeys extends StartSecret {
  constructor(
    private readonly secret: ISecret,
    private readonly flags: { readonly [key: string]: string },
  ) {
    super();
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    if (Object.keys(this.flags).length > 0) return;
    problems.add(scope, property, "got no key of the secret; give its keys and their flags, as in { token: 'gitlab-token' }");
  }

  public _bind(): SecretSourceConfig {
    const keys = Object.entries(this.flags).map(([key, flag]) => ({ key, flag, form: formOf(flag) }));
    return { source: { ...sourceOf(this.secret), kind: 'secret', keys }, flags: Object.values(this.flags), grantRead: reader(this.secret) };
  }
}

class SecretSettings extends StartSecret {
  constructor(private readonly secret: ISecret) {
    super();
  }

  public _validate(): void {}

  public _bind(): SecretSourceConfig {
    return { source: { ...sourceOf(this.secret), kind: 'settings' }, flags: [], grantRead: reader(this.secret) };
  }
}

class ParameterValue extends StartSecret {
  constructor(
    private readonly parameter: IParameter,
    private readonly flag: string,
  ) {
    super();
  }

  public _validate(): void {}

  public _bind(): SecretSourceConfig {
    const { parameter, flag } = this;
    const place = { label: parameter.node.id, id: parameter.parameterName, region: parameter.env.region };
    const source: SecretSource = { kind: 'parameter', ...place, flag, form: formOf(flag) };
    return { source, flags: [flag], grantRead: (grantee) => parameter.grantRead(grantee) };
  }
}

class CommandOutput extends StartSecret {
  constructor(
    private readonly command: readonly string[],
    private readonly options: StartCommandOptions,
  ) {
    super();
  }

  public _validate(scope: Construct, property: string, problems: Problems): void {
    const [program] = this.command;
    if (program !== undefined && (Token.isUnresolved(program) || program.startsWith('/'))) return;
    problems.add(scope, property, `got the command "${this.command.join(' ')}"; start it with the absolute path of a program`);
  }

  public _bind(): SecretSourceConfig {
    const { command } = this;
    const { flags = [] } = this.options;
    const label = command[0]?.slice(command[0].lastIndexOf('/') + 1) ?? '';
    return { source: { kind: 'command', label, command, flags }, flags };
  }
}

function sourceOf(secret: ISecret): Pick<SecretSource, 'label' | 'id' | 'region'> {
  return { label: secret.node.id, id: secret.secretArn, region: secret.env.region };
}

function reader(secret: ISecret): SecretSourceConfig['grantRead'] {
  return (grantee) => secret.grantRead(grantee);
}
