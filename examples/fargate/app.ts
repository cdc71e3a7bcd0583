import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { PublicHostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisDomain, AtlantisIngress, AtlantisOnFargate, TfDistribution, VcsProvider } from '../../src';

const app = new App();
const stack = new Stack(app, 'Atlantis');

const zone = new PublicHostedZone(stack, 'Zone', { zoneName: 'example.com' });

const atlantis = new AtlantisOnFargate(stack, 'Atlantis', {
  vcs: [
    VcsProvider.gitea({
      baseUrl: 'http://gitea.example.com:3000',
      user: 'atlantis',
      // made beforehand: {"token": "..."}
      credentials: Secret.fromSecretNameV2(stack, 'GiteaToken', 'atlantis/gitea'),
    }),
  ],
  repoAllowlist: ['gitea.example.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.hosted({ zone, name: 'atlantis' }) }),
  settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
});

new CfnOutput(stack, 'WebhookUrl', { value: `${atlantis.url}/events` });
new CfnOutput(stack, 'WebhookSecretArn', { value: atlantis.webhookSecrets[0].secretArn });
new CfnOutput(stack, 'ClusterName', { value: atlantis.cluster.clusterName });
new CfnOutput(stack, 'ServiceName', { value: atlantis.service.serviceName });
