import { Stack, Token } from 'aws-cdk-lib';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import type { PrincipalPermission } from './principal-grant';

/** Where chamber 3 keeps its own settings, which it reads before it writes. */
const CHAMBER_SETTINGS = '_chamber';

/** The statements that chamber's calls need for one service. */
export class SecretStatements {
  private readonly stack: Stack;

  constructor(
    scope: IConstruct,
    private readonly key: kms.IKey,
  ) {
    this.stack = Stack.of(scope);
  }

  public read(service: string): PrincipalPermission[] {
    return [
      {
        sid: `ReadSecretsOf${sidPart(service)}`,
        actions: ['ssm:GetParametersByPath', 'ssm:GetParameters', 'ssm:GetParameter'],
        resourceArns: this.tree(service),
      },
      this.useKey(`DecryptSecretsOf${sidPart(service)}`, ['kms:Decrypt'], [service]),
    ];
  }

  public write(service: string): PrincipalPermission[] {
    return [
      {
        sid: `WriteSecretsOf${sidPart(service)}`,
        actions: [
          'ssm:PutParameter',
          'ssm:DeleteParameter',
          'ssm:AddTagsToResource',
          'ssm:RemoveTagsFromResource',
          'ssm:ListTagsForResource',
        ],
        resourceArns: [this.parameter(`${service}/*`)],
      },
      {
        sid: `ReadHistoryOf${sidPart(service)}`,
        actions: ['ssm:GetParametersByPath', 'ssm:GetParameters', 'ssm:GetParameter', 'ssm:GetParameterHistory'],
        resourceArns: this.tree(service),
      },
      {
        sid: 'ReadChamberSettings',
        actions: ['ssm:GetParameters'],
        resourceArns: [this.parameter(`${CHAMBER_SETTINGS}/*`)],
      },
      {
        sid: 'ListParameters',
        actions: ['ssm:DescribeParameters'],
        // the call has no resource, and gives names and no values
        resourceArns: ['*'],
      },
      this.useKey(`EncryptSecretsOf${sidPart(service)}`, ['kms:Encrypt', 'kms:GenerateDataKey'], [service]),
      this.useKey(`DecryptSecretsToWriteOf${sidPart(service)}`, ['kms:Decrypt'], [service, CHAMBER_SETTINGS]),
    ];
  }

  /** Parameter Store encrypts each value in the name of its parameter, so the key can be used for these parameters and no others. */
  private useKey(sid: string, actions: string[], services: string[]): PrincipalPermission {
    return {
      sid,
      actions,
      resourceArns: [this.key.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': this.parameterStore() },
        StringLike: { 'kms:EncryptionContext:PARAMETER_ARN': services.map((service) => this.parameter(`${service}/*`)) },
      },
    };
  }

  /** The name by which KMS knows Parameter Store; in China documents show it with and without the ending of China. */
  private parameterStore(): string[] {
    const { region, urlSuffix } = this.stack;
    const everywhere = `ssm.${region}.amazonaws.com`;
    if (!Token.isUnresolved(region)) return region.startsWith('cn-') ? [everywhere, `${everywhere}.cn`] : [everywhere];
    return [everywhere, `ssm.${region}.${urlSuffix}`];
  }

  private tree(service: string): string[] {
    return [this.parameter(service), this.parameter(`${service}/*`)];
  }

  private parameter(name: string): string {
    return this.stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: name });
  }
}

/** A service as a part of a statement id, which has letters and digits only; no two services give the same. */
function sidPart(service: string): string {
  return service.replace(/[^A-Ya-z0-9]/g, (character) => `Z${character.charCodeAt(0).toString(16)}`);
}
