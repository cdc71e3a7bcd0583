import { createHmac } from 'node:crypto';
import { ExpectedResult, type FetchOptions, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { App, Duration, RemovalPolicies, SecretValue, Stack } from 'aws-cdk-lib';
import { type IPublicHostedZone, PublicHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisDomain, AtlantisIngress, AtlantisOnFargate, TfDistribution, VcsProvider } from '../src';

/** On a real account a hosted zone has to exist: give CDK_ATLANTIS_INTEG_ZONE as `<id>/<name>`. The local cloud needs none. */
function zoneOf(scope: Stack): IPublicHostedZone {
  const [hostedZoneId, zoneName] = process.env.CDK_ATLANTIS_INTEG_ZONE?.split('/') ?? [];
  if (!hostedZoneId) return new PublicHostedZone(scope, 'Zone', { zoneName: 'example.com' });
  return PublicHostedZone.fromPublicHostedZoneAttributes(scope, 'Zone', { hostedZoneId, zoneName });
}

// snapshots must not depend on where they were made
const app = new App({
  analyticsReporting: false,
  treeMetadata: false,
  postCliContext: { 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-creation-stack-traces': true },
});
const env = { region: process.env.CDK_DEFAULT_REGION };
const stack = new Stack(app, 'cdk-atlantis-integ-fargate', { env });

/** Only of this test, whose server may do nothing: it is in the template for all to read. */
const WEBHOOK_SECRET = 'a-secret-that-everybody-knows-and-nothing-hangs-on';
const text = (id: string, value: object) =>
  new Secret(stack, id, { secretStringValue: SecretValue.unsafePlainText(JSON.stringify(value)) });

const atlantis = new AtlantisOnFargate(stack, 'Atlantis', {
  vcs: [
    VcsProvider.github({
      user: 'atlantis',
      credentials: text('Token', { token: 'a-token-that-opens-nothing' }),
      webhookSecret: text('Webhook', { webhook_secret: WEBHOOK_SECRET }),
    }),
  ],
  repoAllowlist: ['github.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.hosted({ zone: zoneOf(stack), name: 'atlantis-integ' }) }),
  settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
});
RemovalPolicies.of(stack).destroy();

const integ = new IntegTest(app, 'Fargate', {
  testCases: [stack],
  assertionStack: new Stack(app, 'cdk-atlantis-integ-fargate-asserted', { env }),
});

interface Expected {
  readonly status: number;
  readonly [part: string]: unknown;
}

function answers(path: string, options: FetchOptions, expected: Expected, scheme = 'https'): void {
  const url = `${atlantis.url.replace('https', scheme)}${path}`;
  integ.assertions.httpApiCall(url, options).expect(ExpectedResult.objectLike(expected));
}

function webhook(signedWith: string): FetchOptions {
  const body = JSON.stringify({ zen: 'Anything added dilutes everything else.' });
  return {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-hub-signature-256': `sha256=${createHmac('sha256', signedWith).update(body).digest('hex')}`,
    },
  };
}

answers('/healthz', {}, { status: 200, body: { status: 'ok' } });
answers('/events', webhook(WEBHOOK_SECRET), { status: 200 });
answers('/events', webhook('another-secret'), { status: 400 });
for (const closed of ['/', '/events', '/api/locks', '/metrics', '/status']) answers(closed, {}, { status: 403, body: 'closed' });
const notFollowed = { redirect: 'manual' } as FetchOptions;
answers('/healthz', notFollowed, { status: 301, headers: Match.objectLike({ location: [`${atlantis.url}/healthz`] }) }, 'http');

const { clusterName: cluster } = atlantis.cluster;
const services = integ.assertions.awsApiCall('ECS', 'describeServices', { cluster, services: [atlantis.service.serviceName] });
services.expect(ExpectedResult.objectLike({ services: [{ desiredCount: 1, runningCount: 1, launchType: 'FARGATE' }] }));
const running = integ.assertions.awsApiCall('ECS', 'listTasks', { cluster, serviceName: atlantis.service.serviceName });
const tasks = integ.assertions.awsApiCall('ECS', 'describeTasks', { cluster, tasks: [running.getAttString('taskArns.0')] });
tasks
  .expect(ExpectedResult.objectLike({ tasks: [{ lastStatus: 'RUNNING', healthStatus: 'HEALTHY' }] }))
  .waitForAssertions({ totalTimeout: Duration.minutes(5), interval: Duration.seconds(10) });
