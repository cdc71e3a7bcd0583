import { ExpectedResult, IntegTest, Match } from '@aws-cdk/integ-tests-alpha';
import { App, Duration, RemovalPolicies, Stack } from 'aws-cdk-lib';
import { SecureTerraformBootstrap, TerraformPeople, TerraformRunner } from '../src';

// snapshots must not depend on where they were made
const app = new App({
  analyticsReporting: false,
  treeMetadata: false,
  postCliContext: { 'aws:cdk:disable-stack-trace': true, 'aws:cdk:disable-creation-stack-traces': true },
});
const env = { region: process.env.CDK_DEFAULT_REGION };
const stack = new Stack(app, 'cdk-atlantis-integ-bootstrap', { env });

const PERSON = 'cdk.atlantis.integ';
const bootstrap = new SecureTerraformBootstrap(stack, 'Bootstrap', {
  prefix: 'cdk-atlantis-integ',
  people: TerraformPeople.users([PERSON]),
  runners: [TerraformRunner.githubActions({ owner: 'acme', repository: 'infrastructure', states: ['network/prod'] })],
});
RemovalPolicies.of(stack).destroy();

const integ = new IntegTest(app, 'Bootstrap', {
  testCases: [stack],
  assertionStack: new Stack(app, 'cdk-atlantis-integ-bootstrap-asserted', { env }),
});

const { assertions } = integ;
const like = (expected: object) => ExpectedResult.objectLike(expected);

const role = assertions.awsApiCall('IAM', 'getRole', { RoleName: bootstrap.terraformRole.roleName });
role.expect(
  like({ Role: { MaxSessionDuration: 3600, PermissionsBoundary: { PermissionsBoundaryArn: bootstrap.boundary.managedPolicyArn } } }),
);

for (const bucket of [bootstrap.stateBucket, bootstrap.bootstrapBucket]) {
  assertions.awsApiCall('S3', 'getBucketVersioning', { Bucket: bucket.bucketName }).expect(like({ Status: 'Enabled' }));
  assertions
    .awsApiCall('S3', 'getPublicAccessBlock', { Bucket: bucket.bucketName })
    .expect(like({ PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true } }));
}

// who ends a person's sessions is a state machine, whose policy then has another date than the one that was deployed
const machine = `arn:${stack.partition}:states:${stack.region}:${stack.account}:stateMachine:cdk-atlantis-integ-revoke-${PERSON}`;
const execution = assertions.awsApiCall('SFN', 'startExecution', { stateMachineArn: machine });
const ended = assertions.awsApiCall('SFN', 'describeExecution', { executionArn: execution.getAttString('executionArn') });
ended.expect(like({ status: 'SUCCEEDED' })).waitForAssertions({ totalTimeout: Duration.minutes(1), interval: Duration.seconds(5) });
const revoked = assertions.awsApiCall('IAM', 'getRolePolicy', {
  RoleName: bootstrap.terraformRole.roleName,
  PolicyName: `revoked-${PERSON}`,
});
revoked.expect(like({ PolicyDocument: Match.stringLikeRegexp('TokenIssueTime.*20[0-9]{2}-') }));
execution.next(ended).next(revoked);
