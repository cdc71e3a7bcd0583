import { CfnParameter } from 'aws-cdk-lib';
import { WebAccess, WebhookSources } from '../../src';
import { loadBalancer, refusalOf, resourcesOf, synthesize } from '../synthesized';
import { reaches, rulesOf } from './rules';

const withUi = (ui?: WebAccess, sources?: WebhookSources) => synthesize((scope) => ({ ingress: loadBalancer(scope, { ui, sources }) }));
const ranges = (count: number) => Array.from({ length: count }, (_, i) => `203.0.113.${i}/32`);

const PAGES: [string, string][] = [
  ['GET', '/'],
  ['GET', '/lock'],
  ['DELETE', '/locks'],
  ['POST', '/apply/lock'],
  ['DELETE', '/apply/unlock'],
  ['GET', '/jobs/0123-abcd'],
  ['GET', '/jobs/0123-abcd/ws'],
  ['GET', '/static/css/custom.css'],
];

describe('WebAccess.closed', () => {
  const { template } = withUi(WebAccess.closed());

  test('LoadBalancerIngressProps.ui left out: the same as closed', () => {
    expect(rulesOf(withUi().template)).toEqual(rulesOf(template));
  });

  test.each(PAGES)('%s %s does not reach the server', (method, path) => {
    expect(reaches(template, method, path)).toBe(false);
  });
});

describe('WebAccess.cidrs', () => {
  const [office] = ranges(1);
  const { template } = withUi(WebAccess.cidrs([office]));

  test.each(PAGES)('%s %s reaches the server from the given range', (method, path) => {
    expect(reaches(template, method, path, office)).toBe(true);
  });

  test.each(PAGES)('%s %s does not reach the server from elsewhere', (method, path) => {
    expect(reaches(template, method, path)).toBe(false);
  });

  test.each([
    ['GET', '/api/locks'],
    ['POST', '/api/plan'],
    ['POST', '/api/apply'],
    ['GET', '/metrics'],
    ['GET', '/debug/pprof/'],
    ['GET', '/debug/pprof/profile'],
    ['GET', '/status'],
    ['GET', '/readyz'],
    ['GET', '/github-app/setup'],
    ['GET', '/events'],
  ])('%s %s stays closed, also from the given range', (method, path) => {
    expect(reaches(template, method, path, office)).toBe(false);
  });

  test.each([1, 2, 3, 4, 5, 7, 20])('with %s ranges, no rule holds more than five values, and each range reaches each page', (count) => {
    const given = withUi(WebAccess.cidrs(ranges(count))).template;
    expect(Math.max(...rulesOf(given).map((rule) => rule.values))).toBeLessThanOrEqual(5);
    for (const cidr of ranges(count)) {
      for (const [method, path] of PAGES) expect([cidr, path, reaches(given, method, path, cidr)]).toEqual([cidr, path, true]);
    }
  });

  test('the priorities follow those of the health check and the webhook without a gap', () => {
    const rules = rulesOf(withUi(WebAccess.cidrs(ranges(4))).template);
    expect(rules.map((rule) => rule.priority)).toEqual(rules.map((_, i) => i + 1));
    expect(rules.slice(0, 2).map((rule) => rule.paths)).toEqual([['/healthz'], ['/events']]);
  });

  test('with ranges for webhooks too, the ports are opened to both, each range once', () => {
    const both = withUi(WebAccess.cidrs(['203.0.113.0/24', '198.51.100.0/24']), WebhookSources.cidrs(['192.0.2.0/24', '203.0.113.0/24']));
    const opened = Object.values(resourcesOf(both.template, 'AWS::EC2::SecurityGroup'))
      .flatMap((group) => group.Properties.SecurityGroupIngress ?? [])
      .map((rule: { CidrIp: string; FromPort: number }) => `${rule.CidrIp} ${rule.FromPort}`);
    expect(opened.sort()).toEqual([
      '192.0.2.0/24 443',
      '192.0.2.0/24 80',
      '198.51.100.0/24 443',
      '198.51.100.0/24 80',
      '203.0.113.0/24 443',
      '203.0.113.0/24 80',
    ]);
  });

  test('a wrong range is refused, and so is none', () => {
    const refused = (cidrs: string[]) => refusalOf((scope) => ({ ingress: loadBalancer(scope, { ui: WebAccess.cidrs(cidrs) }) }));
    expect(refused(['office'])).toBe('[Stack/Atlantis] ingress.ui: got "office"; give an IPv4 range in CIDR form, such as 203.0.113.0/24');
    expect(refused([])).toBe('[Stack/Atlantis] ingress.ui: got no range; give at least one, such as 203.0.113.0/24');
  });

  test('a range that only the deployment knows passes', () => {
    const { template: given } = synthesize((scope) => ({
      ingress: loadBalancer(scope, { ui: WebAccess.cidrs([new CfnParameter(scope, 'Office').valueAsString]) }),
    }));
    expect(rulesOf(given)[2].cidrs).toEqual([{ Ref: 'Office' }]);
  });
});
