package compared;

import io.github.cdkatlantis.BitbucketRunnerProps;
import io.github.cdkatlantis.BootstrapWatch;
import io.github.cdkatlantis.BreakGlass;
import io.github.cdkatlantis.ChamberProps;
import io.github.cdkatlantis.DynamoDbLocksProps;
import io.github.cdkatlantis.Ec2RunnerProps;
import io.github.cdkatlantis.ExistingStateStorageProps;
import io.github.cdkatlantis.GithubJob;
import io.github.cdkatlantis.GithubRunnerProps;
import io.github.cdkatlantis.GitlabRunnerProps;
import io.github.cdkatlantis.IdentityCenterPeopleProps;
import io.github.cdkatlantis.ManagedStateStorageProps;
import io.github.cdkatlantis.RunnerPerimeter;
import io.github.cdkatlantis.SecureTerraformBootstrap;
import io.github.cdkatlantis.StateEncryption;
import io.github.cdkatlantis.StateLocks;
import io.github.cdkatlantis.StateObjectLock;
import io.github.cdkatlantis.StateOptions;
import io.github.cdkatlantis.StateReplicaBuckets;
import io.github.cdkatlantis.StateReplication;
import io.github.cdkatlantis.StateStorage;
import io.github.cdkatlantis.TerraformPeople;
import io.github.cdkatlantis.TerraformPermissions;
import io.github.cdkatlantis.TerraformRunner;
import io.github.cdkatlantis.TerraformSecrets;
import io.github.cdkatlantis.WatchAlarmOptions;
import io.github.cdkatlantis.WatchTrailProps;
import java.util.List;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.iam.AccountRootPrincipal;
import software.amazon.awscdk.services.iam.ArnPrincipal;
import software.amazon.awscdk.services.iam.IManagedPolicy;
import software.amazon.awscdk.services.iam.ManagedPolicy;
import software.amazon.awscdk.services.iam.OpenIdConnectProvider;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.sns.Topic;

/** The stacks of the bootstrap. */
final class Bootstraps {
    private final App app;

    Bootstraps(App app) {
        this.app = app;
    }

    void all() {
        defaults();
        everything();
        existing();
        replicated();
    }

    private void defaults() {
        new SecureTerraformBootstrap(new Stack(app, "BootstrapDefaults"), "Bootstrap");
    }

    private void everything() {
        Stack stack = new Stack(app, "BootstrapEverything");
        SecureTerraformBootstrap bootstrap = SecureTerraformBootstrap.Builder.create(stack, "Bootstrap")
            .prefix("acme")
            .storage(StateStorage.managed(ManagedStateStorageProps.builder()
                .encryption(StateEncryption.s3Managed())
                .keepVersions(Duration.days(90))
                .accessLogRetention(Duration.days(30))
                .objectLock(StateObjectLock.governance(Duration.days(7)))
                .replication(StateReplication.toBuckets(StateReplicaBuckets.builder()
                    .stateBucket(Bucket.fromBucketName(stack, "Copies", "acme-copies"))
                    .bootstrapBucket(Bucket.fromBucketName(stack, "BootstrapCopies", "acme-bootstrap-copies"))
                    .region("eu-west-1")
                    .build()))
                .build()))
            .locks(StateLocks.both(DynamoDbLocksProps.builder().encryptionKey(new Key(stack, "LocksKey")).build()))
            .permissions(TerraformPermissions.policies(List.of(awsPolicy("PowerUserAccess"))))
            .mfaMaxAge(Duration.minutes(15))
            .people(TerraformPeople.users(List.of("anna.terraform", "martin.terraform")))
            .runners(runners(stack))
            .secrets(TerraformSecrets.chamber(ChamberProps.builder().alias("acme-secrets").key(new Key(stack, "SecretsKey")).build()))
            .watch(BootstrapWatch.trail(WatchTrailProps.builder()
                .retention(Duration.days(90))
                .emailAddresses(List.of("ops@example.com"))
                .failedMfaAttempts(5)
                .build()))
            .breakGlass(BreakGlass.users())
            .unboundedRoles(List.of("administrator"))
            .accountAlias("acme-prod")
            .outputs(true)
            .build();

        Role auditor = role(stack, "Auditor", bootstrap);
        bootstrap.state("network/prod").grantRead(auditor);
        bootstrap.state("apps").grantPlan(auditor);
        bootstrap.getSecrets().grantRead(auditor, "network");
        Role operator = role(stack, "Operator", bootstrap);
        bootstrap.state("images", StateOptions.builder().workspaces(List.of("default", "blue")).build()).grantApply(operator);
        bootstrap.bootstrapState("account").grantAdminister(operator);
        bootstrap.getSecrets().grantWrite(operator, "network/prod");
    }

    private static List<TerraformRunner> runners(Stack stack) {
        return List.of(
            TerraformRunner.githubActions(GithubRunnerProps.builder()
                .owner("acme")
                .repository("network")
                .ownerId("1")
                .repositoryId("2")
                .immutableOnly(true)
                .states(List.of("network/prod"))
                .readStates(List.of("dns"))
                .plan(List.of(GithubJob.pullRequest(), GithubJob.branch("main")))
                .apply(List.of(GithubJob.environment("production")))
                .build()),
            TerraformRunner.gitlab(GitlabRunnerProps.builder()
                .project("acme/platform/dns")
                .states(List.of("dns"))
                .applyBranches(List.of("main"))
                .provider(OpenIdConnectProvider.fromOpenIdConnectProviderArn(stack, "Gitlab",
                    "arn:aws:iam::111111111111:oidc-provider/gitlab.com"))
                .perimeter(RunnerPerimeter.vpcs(List.of("vpc-0123456789abcdef0", "vpc-0123456789abcdef1")))
                .build()),
            TerraformRunner.bitbucket(BitbucketRunnerProps.builder()
                .name("apps")
                .workspace("acme")
                .workspaceUuid("11111111-1111-1111-1111-111111111111")
                .repositoryUuid("22222222-2222-2222-2222-222222222222")
                .applyEnvironmentUuids(List.of("33333333-3333-3333-3333-333333333333"))
                .states(List.of("apps"))
                .perimeter(RunnerPerimeter.addresses(List.of("192.0.2.0/28")))
                .build()),
            TerraformRunner.ec2(Ec2RunnerProps.builder()
                .name("builder")
                .apply(true)
                .states(List.of("images"))
                .planPolicies(List.of(awsPolicy("ReadOnlyAccess")))
                .planReads(List.of("arn:aws:s3:::acme-settings/*"))
                .perimeter(RunnerPerimeter.instance())
                .build()));
    }

    private void existing() {
        Stack stack = new Stack(app, "BootstrapExisting");
        SecureTerraformBootstrap.Builder.create(stack, "Bootstrap")
            .storage(StateStorage.existing(ExistingStateStorageProps.builder()
                .bucket(Bucket.fromBucketName(stack, "States", "acme-states"))
                .bootstrapBucket(Bucket.fromBucketName(stack, "BootstrapStates", "acme-bootstrap-states"))
                .key(Key.fromKeyArn(stack, "Key",
                    "arn:aws:kms:eu-central-1:111111111111:key/11111111-1111-1111-1111-111111111111"))
                .build()))
            .locks(StateLocks.dynamoDb(DynamoDbLocksProps.builder().table(Table.fromTableName(stack, "Locks", "acme-locks")).build()))
            .people(TerraformPeople.existingUsers(List.of("anna.terraform")))
            .secrets(TerraformSecrets.none())
            .watch(BootstrapWatch.existingTrail(LogGroup.fromLogGroupName(stack, "Trail", "acme-trail"),
                WatchAlarmOptions.builder().topic(new Topic(stack, "Alarms")).build()))
            .breakGlass(BreakGlass.principal(new ArnPrincipal("arn:aws:iam::222222222222:role/security")))
            .build();
    }

    private void replicated() {
        Environment environment = Environment.builder().account("111111111111").region("eu-central-1").build();
        Stack stack = new Stack(app, "BootstrapReplicated", StackProps.builder().env(environment).build());
        SecureTerraformBootstrap bootstrap = SecureTerraformBootstrap.Builder.create(stack, "Bootstrap")
            .storage(StateStorage.managed(ManagedStateStorageProps.builder()
                .encryption(StateEncryption.customerManaged(new Key(stack, "Key")))
                .objectLock(StateObjectLock.compliance(Duration.days(1)))
                .replication(StateReplication.toRegion("eu-west-1"))
                .build()))
            .locks(StateLocks.lockfile())
            .permissions(TerraformPermissions.administrator())
            .people(TerraformPeople.identityCenter(IdentityCenterPeopleProps.builder()
                .permissionSet("TerraformOperator")
                .people(List.of("anna@example.com"))
                .build()))
            .watch(BootstrapWatch.none())
            .breakGlass(BreakGlass.none())
            .build();
        ManagedPolicy.Builder.create(stack, "PeoplePolicy").document(bootstrap.getPeoplePolicy()).build();
    }

    private static IManagedPolicy awsPolicy(String name) {
        return ManagedPolicy.fromAwsManagedPolicyName(name);
    }

    private static Role role(Stack stack, String id, SecureTerraformBootstrap bootstrap) {
        return Role.Builder.create(stack, id)
            .assumedBy(new AccountRootPrincipal())
            .permissionsBoundary(bootstrap.getBoundary())
            .build();
    }
}
