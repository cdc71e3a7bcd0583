import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Problems } from '../../validation/problems';
import type { OidcRunnerOptions } from '../terraform-runner-props';
import { hostOf, providerOf } from './oidc-provider';
import type { RunnerChecks } from './runner-checks';
import type { RunnerIdentity } from './runner-identity';
import type { RunnerTrust } from './runner-roles';

/** The subjects of tokens: exact ones, or patterns where a part is new in every run. */
interface Subjects {
  readonly exact?: string[];
  readonly patterns?: string[];
}

export interface Oidc {
  readonly issuer: string;
  readonly audience: string;
  readonly plan: Subjects;
  readonly apply?: Subjects;
}

/** A forge that gives its jobs tokens of OpenID Connect. */
export abstract class OidcIdentity implements RunnerIdentity {
  constructor(
    public readonly name: string,
    private readonly options: OidcRunnerOptions,
  ) {}

  protected abstract oidc(scope: Construct): Oidc;

  public check(checks: RunnerChecks, _scope: Construct, _problems: Problems): void {
    if (!this.options.perimeter?._ofInstance) return;
    checks.add('perimeter', 'RunnerPerimeter.instance() does nothing to a role that is taken by OIDC; give RunnerPerimeter.vpcs()');
  }

  public trust(scope: Construct): RunnerTrust {
    const { issuer, audience, plan, apply } = this.oidc(scope);
    const provider = this.options.provider ?? providerOf(scope, issuer, audience);
    const host = hostOf(issuer);
    const tokenOf = ({ exact, patterns }: Subjects): iam.IPrincipal =>
      new iam.OpenIdConnectPrincipal(provider, {
        StringEquals: { [`${host}:aud`]: audience, ...(exact ? { [`${host}:sub`]: exact } : {}) },
        ...(patterns ? { StringLike: { [`${host}:sub`]: patterns } } : {}),
      });
    return { plan: tokenOf(plan), apply: apply && tokenOf(apply), oidcProviderArns: [provider.oidcProviderRef.oidcProviderArn] };
  }
}

/** The audience that AWS's own actions and examples ask for. */
export const audienceOfSts = (scope: Construct): string => {
  const { region, urlSuffix } = Stack.of(scope);
  if (Token.isUnresolved(region)) return `sts.${urlSuffix}`;
  return region.startsWith('cn-') ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com';
};
