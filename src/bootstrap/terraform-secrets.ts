import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Problems } from '../validation/problems';
import { keepKey } from './private/keepers';
import type { Names } from './private/names';
import type { SecretsConfig, SecretsContext } from './private/secrets-config';
import { SecretStore } from './secret-store';

/** How chamber keeps secrets. */
export interface ChamberProps {
  /**
   * The key that encrypts the secrets.
   *
   * @default - one is made, with yearly rotation, that outlives the stack
   */
  readonly key?: kms.IKey;

  /**
   * The alias that the key gets, without `alias/`. It must be free in the account and region.
   *
   * @default - `<prefix>-parameter-store`
   */
  readonly alias?: string;
}

/**
 * Where the secrets of Terraform's variables are kept.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
 */
export abstract class TerraformSecrets {
  /**
   * SecureStrings in Parameter Store under `/<service>/<name>`, as chamber writes and reads them.
   *
   * @see https://github.com/segmentio/chamber
   */
  public static chamber(props: ChamberProps = {}): TerraformSecrets {
    return new Chamber(props);
  }

  /** No place for secrets is made. */
  public static none(): TerraformSecrets {
    return new NoSecrets();
  }

  /** @internal */
  public abstract _bind(scope: Construct, context: SecretsContext): SecretsConfig | undefined;
}

class NoSecrets extends TerraformSecrets {
  public _bind(): SecretsConfig | undefined {
    return undefined;
  }
}

class Chamber extends TerraformSecrets {
  constructor(private readonly props: ChamberProps) {
    super();
  }

  public _bind(scope: Construct, { names, problems }: SecretsContext): SecretsConfig {
    const usual = `${names.prefix}-parameter-store`;
    const wanted = this.props.alias ?? usual;
    // the key takes a good alias, so that this problem is told with all others
    const alias = isAlias(scope, wanted, problems) ? wanted : usual;
    const key = this.props.key ?? makeKey(scope, names);
    new kms.Alias(scope, 'SecretsAlias', {
      aliasName: `alias/${alias}`,
      targetKey: key,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    return {
      alias,
      store: SecretStore._of(scope, alias, key),
      protectedKeys: [key.keyArn],
      protectedAliases: [Stack.of(scope).formatArn({ service: 'kms', resource: 'alias', resourceName: alias })],
    };
  }
}

function makeKey(scope: Construct, names: Names): kms.Key {
  const key = new kms.Key(scope, 'SecretsKey', {
    description: 'Encrypts the secrets of Terraform variables in Parameter Store',
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(keepKey(names));
  return key;
}

function isAlias(scope: Construct, alias: string, problems: Problems): boolean {
  if (Token.isUnresolved(alias)) return true;
  if (alias.startsWith('alias/')) {
    problems.add(scope, 'secrets.alias', `got "${alias}"; give it without alias/, as chamber wants it`);
    return false;
  }
  if (/^(?!aws\/)[A-Za-z0-9_/-]{1,250}$/.test(alias)) return true;
  problems.add(scope, 'secrets.alias', `got "${alias}"; give letters, digits, dashes, underscores and slashes, not starting with aws/`);
  return false;
}
