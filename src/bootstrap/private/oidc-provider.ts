import { Lazy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** An issuer as it stands in condition keys, and in the provider's ARN. */
export const hostOf = (issuer: string): string => issuer.replace(/^https:\/\//, '');

/** AWS has one provider an issuer and account, so all runners of a stack share it. */
class IssuerProvider extends Construct {
  readonly provider: iam.OidcProviderNative;
  private readonly audiences = new Set<string>();

  constructor(stack: Stack, id: string, url: string) {
    super(stack, id);
    this.provider = new iam.OidcProviderNative(this, 'Provider', {
      url,
      clientIds: Lazy.list({ produce: () => [...this.audiences] }),
    });
  }

  public accept(audience: string): void {
    this.audiences.add(audience);
  }
}

/** The provider of an issuer, made once in a stack, that accepts an audience. */
export function providerOf(scope: Construct, issuer: string, audience: string): iam.IOIDCProviderRef {
  const stack = Stack.of(scope);
  const id = `TerraformRunners ${hostOf(issuer).replace(/\//g, ' ')}`;
  const shared = (stack.node.tryFindChild(id) as IssuerProvider | undefined) ?? new IssuerProvider(stack, id, issuer);
  shared.accept(audience);
  return shared.provider;
}
