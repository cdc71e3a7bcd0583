import { ExpectedResult, IntegTest } from '@aws-cdk/integ-tests-alpha';
import { App, Duration, RemovalPolicies, Stack } from 'aws-cdk-lib';
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2';
import { AtlantisAmi, ComponentStep, ImageBase, ImageBuilds, ImageComponent, ImageLevel, ImageOs, TcpKeepalive } from '../src';

/**
 * Debian's images have no Systems Manager agent. On a real account give CDK_ATLANTIS_INTEG_SSM_AGENT as `<version>/<sha256>` of a release;
 * the local cloud starts no machine that would fetch it.
 */
const [version, sha256] = (process.env.CDK_ATLANTIS_INTEG_SSM_AGENT ?? `0.0.0.0/${'0'.repeat(64)}`).split('/');

// snapshots must not depend on where they were made
const app = new App({
  analyticsReporting: false,
  treeMetadata: false,
  postCliContext: { 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-creation-stack-traces': true },
});
const env = { region: process.env.CDK_DEFAULT_REGION };
const stack = new Stack(app, 'cdk-atlantis-integ-ami', { env });

const greeting = ImageComponent.inline('greeting', {
  buildSteps: [ComponentStep.createFile('WriteGreeting', { path: '/etc/greeting', content: 'hello\n' })],
  validateSteps: [ComponentStep.bash('ReadGreeting', ['grep --quiet hello /etc/greeting'])],
  testSteps: [ComponentStep.bash('ReadGreetingOnAFreshMachine', ['grep --quiet hello /etc/greeting', 'systemctl is-enabled chrony'])],
});
const ami = new AtlantisAmi(stack, 'Ami', {
  base: ImageBase.latest(ImageOs.DEBIAN_12, { architecture: InstanceArchitecture.X86_64, ssmAgent: { version, sha256 } }),
  levels: [ImageLevel.common({ tcpKeepalive: TcpKeepalive.aurora() }), ImageLevel.of('greeting', [greeting])],
  builds: [ImageBuilds.duringDeploy()],
});
RemovalPolicies.of(stack).destroy();

const { assertions } = new IntegTest(app, 'Ami', {
  testCases: [stack],
  assertionStack: new Stack(app, 'cdk-atlantis-integ-ami-asserted', { env }),
});
const like = (expected: object) => ExpectedResult.objectLike(expected);

// an image that the stack waits for is none of the pipeline's
const images = assertions.awsApiCall('imagebuilder', 'listImages', { filters: [{ name: 'name', values: [ami.imageName] }] });
const imageVersionArn = images.getAttString('imageVersionList.0.arn');
const builds = assertions.awsApiCall('imagebuilder', 'listImageBuildVersions', { imageVersionArn });
const imageBuildVersionArn = builds.getAttString('imageSummaryList.0.arn');
const imageId = builds.getAttString('imageSummaryList.0.outputResources.amis.0.image');
assertions
  .awsApiCall('imagebuilder', 'getImage', { imageBuildVersionArn })
  .expect(
    like({ image: { state: { status: 'AVAILABLE' }, outputResources: { amis: [{ image: imageId, state: { status: 'AVAILABLE' } }] } } }),
  );

// the candidate is there once the image is, the promotion follows by itself
for (const Name of [ami.candidateParameterName, ami.promotedParameterName]) {
  assertions
    .awsApiCall('SSM', 'getParameter', { Name })
    .expect(like({ Parameter: { Value: imageId } }))
    .waitForAssertions({ totalTimeout: Duration.minutes(3), interval: Duration.seconds(5) });
}
