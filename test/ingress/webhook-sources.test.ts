import { CfnParameter } from 'aws-cdk-lib';
import { WebhookSources } from '../../src';
import { loadBalancer, refusalOf, resourcesOf, synthesize } from '../synthesized';
import { reaches, rulesOf } from './rules';

const withSources = (sources?: WebhookSources) => synthesize((scope) => ({ ingress: loadBalancer(scope, { sources }) })).template;
const ranges = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i}/32`);

const opened = (template: ReturnType<typeof withSources>): string[] =>
  Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroup'))
    .flatMap((group) => group.Properties.SecurityGroupIngress ?? [])
    .map((rule: { CidrIp: string; FromPort: number }) => `${rule.CidrIp} ${rule.FromPort}`)
    .sort();

describe('WebhookSources.anywhere', () => {
  const template = withSources(WebhookSources.anywhere());

  test('LoadBalancerIngressProps.sources left out: webhooks may come from everywhere', () => {
    expect(rulesOf(withSources())).toEqual(rulesOf(template));
    expect(opened(withSources())).toEqual(opened(template));
  });

  test('POST /events reaches the server from everywhere', () => {
    expect(reaches(template, 'POST', '/events')).toBe(true);
    expect(opened(template)).toEqual(['0.0.0.0/0 443', '0.0.0.0/0 80']);
  });
});

describe('WebhookSources.cidrs', () => {
  const [forge] = ranges(1);
  const template = withSources(WebhookSources.cidrs([forge]));

  test('POST /events reaches the server from the given range only', () => {
    expect(reaches(template, 'POST', '/events', forge)).toBe(true);
    expect(reaches(template, 'POST', '/events')).toBe(false);
  });

  test('the ports are opened to the given range only', () => {
    expect(opened(template)).toEqual([`${forge} 443`, `${forge} 80`]);
  });

  test('GET /events stays closed, also from the given range', () => {
    expect(reaches(template, 'GET', '/events', forge)).toBe(false);
  });

  test.each([1, 3, 4, 6, 10])('with %s ranges, no rule holds more than five values, and each range reaches /events', (count) => {
    const given = withSources(WebhookSources.cidrs(ranges(count)));
    const rules = rulesOf(given);
    expect(rules).toHaveLength(1 + Math.ceil(count / 3));
    expect(Math.max(...rules.map((rule) => rule.values))).toBeLessThanOrEqual(5);
    expect(rules.map((rule) => rule.priority)).toEqual(rules.map((_, i) => i + 1));
    for (const cidr of ranges(count)) expect(reaches(given, 'POST', '/events', cidr)).toBe(true);
  });

  test('a wrong range is refused, and so is none', () => {
    const refused = (cidrs: string[]) => refusalOf((scope) => ({ ingress: loadBalancer(scope, { sources: WebhookSources.cidrs(cidrs) }) }));
    expect(refused(['2001:db8::/32'])).toBe(
      '[Stack/Atlantis] ingress.sources: got "2001:db8::/32"; give an IPv4 range in CIDR form, such as 203.0.113.0/24',
    );
    expect(refused([])).toBe('[Stack/Atlantis] ingress.sources: got no range; give at least one, such as 203.0.113.0/24');
  });

  test('a range that only the deployment knows passes', () => {
    const { template: given } = synthesize((scope) => ({
      ingress: loadBalancer(scope, { sources: WebhookSources.cidrs([new CfnParameter(scope, 'Forge').valueAsString]) }),
    }));
    expect(rulesOf(given)[1].cidrs).toEqual([{ Ref: 'Forge' }]);
  });
});
