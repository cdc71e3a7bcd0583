import { App, CfnOutput, SecretValue, Stack } from 'aws-cdk-lib';
import { PublicHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AtlantisDomain,
  AtlantisIngress,
  AtlantisOnFargate,
  Persistence,
  TfDistribution,
  VcsProvider,
  WebAccess,
  WebhookSources,
} from '../../../src';
import { OPENED } from './values';

/** A server with as much opened as the choices allow, on the task's own storage. */
const stack = new Stack(new App(), 'Opened');
const secret = (id: string, value: object) =>
  new Secret(stack, id, { secretStringValue: SecretValue.unsafePlainText(JSON.stringify(value)) });

const atlantis = new AtlantisOnFargate(stack, 'Atlantis', {
  vcs: [
    VcsProvider.github({
      user: 'atlantis',
      credentials: secret('Token', { token: OPENED.token }),
      webhookSecret: secret('Webhook', { webhook_secret: OPENED.webhookSecret }),
    }),
  ],
  repoAllowlist: ['github.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({
    domain: AtlantisDomain.hosted({ zone: new PublicHostedZone(stack, 'Zone', { zoneName: 'example.com' }) }),
    ui: WebAccess.cidrs(OPENED.people),
    sources: WebhookSources.cidrs(OPENED.forge),
  }),
  persistence: Persistence.ephemeral(),
  settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
});

new CfnOutput(stack, 'WebhookUrl', { value: `${atlantis.url}/events` });
