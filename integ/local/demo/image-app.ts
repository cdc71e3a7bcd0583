/** What `npm run demo:ami` deploys: the image of examples/ami on Debian 12, whose packages this machine can have, with OpenTofu. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import {
  AtlantisAmi,
  ImageBase,
  ImageBuilds,
  ImageLevel,
  ImageOs,
  RepoConfig,
  RuntimeTool,
  TcpKeepalive,
  TfDistribution,
  VcsProvider,
} from '../../../src';

const app = new App();
const stack = new Stack(app, 'AtlantisImage', { env: { region: process.env.CDK_DEFAULT_REGION } });

const webhookSecret = new Secret(stack, 'Webhook', {
  generateSecretString: { secretStringTemplate: '{}', generateStringKey: 'webhook_secret', passwordLength: 48, excludePunctuation: true },
});
const vcs = VcsProvider.gitea({
  user: 'atlantis',
  credentials: Secret.fromSecretNameV2(stack, 'Token', 'atlantis/gitea'),
  webhookSecret,
  baseUrl: 'http://gitea.example.com:3000',
});

const ami = new AtlantisAmi(stack, 'Ami', {
  base: ImageBase.latest(ImageOs.DEBIAN_12, {
    architecture: InstanceArchitecture.X86_64,
    // of no release: the local cloud starts no machine that would fetch it
    ssmAgent: { version: '0.0.0.0', sha256: '0'.repeat(64) },
  }),
  levels: [
    ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora() }),
    ImageLevel.runtime({ tools: [RuntimeTool.openTofu('1.12.5')] }),
    ImageLevel.atlantis({
      vcs: [vcs],
      repoAllowlist: ['gitea.example.com/acme/*'],
      url: 'http://atlantis.example.com:4141',
      settings: { defaultTfDistribution: TfDistribution.OPENTOFU },
      repoConfig: RepoConfig.lockedDown(),
    }),
  ],
  builds: [ImageBuilds.duringDeploy()],
});

new CfnOutput(stack, 'PromotedParameter', { value: ami.promotedParameterName });
new CfnOutput(stack, 'WebhookSecretArn', { value: webhookSecret.secretArn });
new CfnOutput(stack, 'BuildLogs', { value: `/aws/imagebuilder/${ami.imageName}` });
