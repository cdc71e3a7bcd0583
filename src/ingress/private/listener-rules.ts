import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** A rule may hold five values of conditions in all. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html */
const VALUES_IN_A_RULE = 5;

/** The web pages, their assets, and what their buttons call. Not `/api`, `/metrics`, `/debug/pprof`, `/status`, nor the App's set-up. */
export const UI_PATHS = ['/', '/lock', '/locks', '/apply/lock', '/apply/unlock', '/jobs/*', '/static/*'];

/** The parts of a rule: who may send what where. */
export interface Opening {
  readonly paths: readonly string[];
  readonly method?: string;
  /** Undefined means everybody. */
  readonly cidrs?: readonly string[];
}

/** Adds as many rules as an opening needs within the limit of values. Gives the next free priority. */
export function addRules(
  listener: elbv2.ApplicationListener,
  id: string,
  priority: number,
  opening: Opening,
  targetGroup: elbv2.IApplicationTargetGroup,
): number {
  const fixed = opening.method ? 1 : 0;
  const cidrsInARule = Math.min(opening.cidrs?.length ?? 0, 3);
  const pathsInARule = VALUES_IN_A_RULE - fixed - cidrsInARule;
  let next = priority;
  for (const paths of chunks(opening.paths, pathsInARule)) {
    for (const cidrs of opening.cidrs ? chunks(opening.cidrs, cidrsInARule) : [undefined]) {
      const conditions = [elbv2.ListenerCondition.pathPatterns(paths)];
      if (opening.method) conditions.push(elbv2.ListenerCondition.httpRequestMethods([opening.method]));
      if (cidrs) conditions.push(elbv2.ListenerCondition.sourceIps(cidrs));
      listener.addAction(`${id}${next === priority ? '' : next - priority + 1}`, {
        priority: next,
        conditions,
        action: elbv2.ListenerAction.forward([targetGroup]),
      });
      next += 1;
    }
  }
  return next;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
