import { App, Stack } from 'aws-cdk-lib';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisDomain, AtlantisIngress, AtlantisOnFargate, VcsProvider } from '../../src';

const app = new App();
const stack = new Stack(app, 'Atlantis');

const zone = HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0123456789ABCDEFGHIJ', zoneName: 'example.com' });
// {"app_id": "...", "installation_id": "...", "private_key": "-----BEGIN RSA PRIVATE KEY-----\n..."}
const credentials = Secret.fromSecretNameV2(stack, 'GithubApp', 'prod-atlantis-github-app');

new AtlantisOnFargate(stack, 'Atlantis', {
  vcs: [VcsProvider.githubApp({ slug: 'acme-atlantis', credentials })],
  repoAllowlist: ['github.com/acme/*'],
  ingress: AtlantisIngress.loadBalancer({ domain: AtlantisDomain.hosted({ zone, name: 'atlantis' }) }),
});
