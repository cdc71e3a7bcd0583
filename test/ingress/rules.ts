import type { Template } from 'aws-cdk-lib/assertions';
import { resourcesOf } from '../synthesized';

/** A listener rule as a person would read it. */
export interface ReadRule {
  readonly priority: number;
  readonly paths: string[];
  readonly methods?: string[];
  readonly cidrs?: string[];
  readonly action: string;
  /** How many values its conditions hold in all. */
  readonly values: number;
}

export function rulesOf(template: Template): ReadRule[] {
  const rules = Object.values(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::ListenerRule')).map(({ Properties: rule }) => {
    const valuesOf = (key: string): string[] | undefined =>
      rule.Conditions.map((condition: { [key: string]: { Values: string[] } }) => condition[key]?.Values).find(Boolean);
    const paths = valuesOf('PathPatternConfig') ?? [];
    const methods = valuesOf('HttpRequestMethodConfig');
    const cidrs = valuesOf('SourceIpConfig');
    const values = paths.length + (methods?.length ?? 0) + (cidrs?.length ?? 0);
    return { priority: rule.Priority, paths, methods, cidrs, action: rule.Actions[0].Type, values };
  });
  return rules.sort((one, other) => one.priority - other.priority);
}

/** What a load balancer answers to a request by these rules: whether it reaches the server. */
export function reaches(template: Template, method: string, path: string, from = '198.51.100.7/32'): boolean {
  return rulesOf(template).some(
    (rule) =>
      rule.paths.some((pattern) => matches(pattern, path)) &&
      (rule.methods?.includes(method) ?? true) &&
      (rule.cidrs?.includes(from) ?? true) &&
      rule.action === 'forward',
  );
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html#path-conditions */
function matches(pattern: string, path: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\?/g, '.'));
  return new RegExp(`^${parts.join('.*')}$`).test(path);
}
