import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { SecretSource, SecretSourceConfig } from './private/secret-source';

/**
 * Where HTTPS ends.
 *
 * @see https://www.runatlantis.io/docs/server-configuration.html#ssl-cert-file
 */
export abstract class ServerTls {
  /** At a load balancer, which talks to the server without TLS inside the network. */
  public static atLoadBalancer(): ServerTls {
    return new AtLoadBalancer();
  }

  /**
   * At the server, which is given certificate and key when it starts. Both are one secret, so that they are always a pair.
   *
   * @param secret JSON with the keys `certificate` and `private_key`, each the PEM text with its line breaks written as `\n`, the certificate
   * followed by those that lead to its authority
   */
  public static fromSecret(secret: ISecret): ServerTls {
    return new AtServer(secret, secret, ['certificate', 'private_key']);
  }

  /**
   * At the server, which is given certificate and key when it starts.
   *
   * @param certificate the PEM text itself, the certificate followed by those that lead to its authority
   * @param privateKey the PEM text itself, without a passphrase
   */
  public static fromSecrets(certificate: ISecret, privateKey: ISecret): ServerTls {
    return new AtServer(certificate, privateKey, []);
  }

  /** @internal */
  public abstract _bind(): { readonly certificate: SecretSourceConfig; readonly key: SecretSourceConfig } | undefined;
}

class AtLoadBalancer extends ServerTls {
  public _bind(): undefined {
    return undefined;
  }
}

class AtServer extends ServerTls {
  constructor(
    private readonly certificate: ISecret,
    private readonly privateKey: ISecret,
    private readonly keys: readonly string[],
  ) {
    super();
  }

  public _bind() {
    return { certificate: part(this.certificate, this.keys[0]), key: part(this.privateKey, this.keys[1]) };
  }
}

function part(secret: ISecret, key?: string): SecretSourceConfig {
  const source: SecretSource = { kind: 'secret', label: secret.node.id, id: secret.secretArn, region: secret.env.region, key };
  return { source, flags: [], grantRead: (grantee) => secret.grantRead(grantee) };
}
