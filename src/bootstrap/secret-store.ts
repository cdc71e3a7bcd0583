import { Stack, Token } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import { Problems } from '../validation/problems';
import { grantToPrincipal, type PrincipalPermission } from './private/principal-grant';
import { SecretStatements } from './private/secret-statements';

/**
 * The secrets of Terraform's variables, by service. A service is chamber's word for a path: `grantRead(role, 'network')` is for
 * `/network/<name>`, and for what is below, such as `/network/prod/<name>`.
 */
export class SecretStore {
  /** @internal */
  public static _of(scope: IConstruct, alias: string, key: kms.IKey): SecretStore {
    return new SecretStore(scope, alias, key);
  }

  /** What chamber's environment needs: CHAMBER_KMS_KEY_ALIAS, CHAMBER_SECRET_BACKEND and CHAMBER_AWS_REGION. None is secret. */
  public readonly environment: { [name: string]: string };

  private readonly statements: SecretStatements;

  private constructor(
    private readonly scope: IConstruct,
    alias: string,
    key: kms.IKey,
  ) {
    this.statements = new SecretStatements(scope, key);
    this.environment = {
      CHAMBER_KMS_KEY_ALIAS: alias,
      CHAMBER_SECRET_BACKEND: 'SSM',
      CHAMBER_AWS_REGION: Stack.of(scope).region,
    };
  }

  /**
   * Lets someone read the secrets of a service, as `chamber exec`, `export`, `env` and `read` do.
   *
   * Throws when the service is none that a path can have, or could stand for others in a policy.
   *
   * @param grantee who reads; in this account
   * @param service such as `network` or `network/prod`
   */
  public grantRead(grantee: iam.IGrantable, service: string): iam.Grant {
    return this.grant(grantee, service, (known) => this.statements.read(known));
  }

  /**
   * Lets someone write, delete and list the secrets of a service, and read them, as `chamber write`, `delete`, `import`, `list` and
   * `history` do. The names of all parameters of the account can be listed, since AWS has no permission for some of them.
   *
   * Throws when the service is none that a path can have, or could stand for others in a policy.
   *
   * @param grantee who writes; in this account
   * @param service such as `network` or `network/prod`
   */
  public grantWrite(grantee: iam.IGrantable, service: string): iam.Grant {
    return this.grant(grantee, service, (known) => this.statements.write(known));
  }

  private grant(grantee: iam.IGrantable, service: string, permissions: (service: string) => PrincipalPermission[]): iam.Grant {
    const problems = new Problems();
    checkService(this.scope, service, problems);
    problems.throwIfAny();
    const grants = permissions(service).map((permission) => grantToPrincipal(grantee, permission));
    return grants.reduce((all, grant) => all.combine(grant));
  }
}

function checkService(scope: IConstruct, service: string, problems: Problems): void {
  if (Token.isUnresolved(service)) {
    problems.add(scope, 'service', 'is known only at deployment, so nobody could check what it opens; give it as a text');
  } else if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,13}$/.test(service)) {
    problems.add(scope, 'service', `got "${service}"; give letters, digits, dots, dashes and underscores, with slashes between them`);
  } else if (/^(aws|ssm)/i.test(service)) {
    problems.add(scope, 'service', `got "${service}"; Parameter Store refuses names that start with aws or ssm`);
  }
}
