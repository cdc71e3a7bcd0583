import { App, Stack, Tags } from 'aws-cdk-lib';
import { InstanceType, LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AtlantisAmi, ImageLevel, ImageNotifications, RuntimeTool, TcpKeepalive, VcsProvider } from '../../src';

const app = new App();
const image = new Stack(app, 'AtlantisImage');

// {"app_id": "...", "installation_id": "...", "private_key": "-----BEGIN RSA PRIVATE KEY-----\n..."}
const credentials = Secret.fromSecretNameV2(image, 'GithubApp', 'prod-atlantis-github-app');
// {"webhook_secret": "..."}
const webhookSecret = Secret.fromSecretNameV2(image, 'Webhook', 'prod-atlantis-webhook');

const ami = new AtlantisAmi(image, 'Ami', {
  levels: [
    ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora() }),
    ImageLevel.runtime({ tools: [RuntimeTool.terraform('1.14.9')] }),
    ImageLevel.atlantis({
      vcs: [VcsProvider.githubApp({ slug: 'acme-atlantis', credentials, webhookSecret })],
      repoAllowlist: ['github.com/acme/*'],
      url: 'https://atlantis.example.com',
      targetRoles: [
        { name: 'production', role: Role.fromRoleArn(image, 'Production', 'arn:aws:iam::123456789012:role/terraform'), isDefault: true },
      ],
    }),
  ],
  notifications: ImageNotifications.failures({ emails: ['ops@example.com'] }),
});

// To be deployed once the first image is promoted: its id is read then.
const server = new Stack(app, 'AtlantisServer');
const role = new Role(server, 'Role', {
  assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
  managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
});
ami.grantRun(role);
const template = new LaunchTemplate(server, 'LaunchTemplate', {
  machineImage: ami.machineImage,
  instanceType: new InstanceType('t4g.medium'),
  role,
  requireImdsv2: true,
  httpPutResponseHopLimit: 1,
});
// The daily backup finds data volumes by it.
Tags.of(template).add(ami.dataVolumeTag.key, ami.dataVolumeTag.value);
