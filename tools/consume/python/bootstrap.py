"""The stacks of the bootstrap."""

from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from cdk_atlantis import (
    BootstrapWatch,
    BreakGlass,
    GithubJob,
    RunnerPerimeter,
    SecureTerraformBootstrap,
    StateEncryption,
    StateLocks,
    StateObjectLock,
    StateReplication,
    StateStorage,
    TerraformPeople,
    TerraformPermissions,
    TerraformRunner,
    TerraformSecrets,
)


def bootstraps(app: App) -> None:
    defaults(app)
    everything(app)
    existing(app)
    replicated(app)


def defaults(app: App) -> None:
    SecureTerraformBootstrap(Stack(app, "BootstrapDefaults"), "Bootstrap")


def everything(app: App) -> None:
    stack = Stack(app, "BootstrapEverything")
    bootstrap = SecureTerraformBootstrap(
        stack,
        "Bootstrap",
        prefix="acme",
        storage=StateStorage.managed(
            encryption=StateEncryption.s3_managed(),
            keep_versions=Duration.days(90),
            access_log_retention=Duration.days(30),
            object_lock=StateObjectLock.governance(Duration.days(7)),
            replication=StateReplication.to_buckets(
                state_bucket=s3.Bucket.from_bucket_name(stack, "Copies", "acme-copies"),
                bootstrap_bucket=s3.Bucket.from_bucket_name(stack, "BootstrapCopies", "acme-bootstrap-copies"),
                region="eu-west-1",
            ),
        ),
        locks=StateLocks.both(encryption_key=kms.Key(stack, "LocksKey")),
        permissions=TerraformPermissions.policies([iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess")]),
        mfa_max_age=Duration.minutes(15),
        people=TerraformPeople.users(["anna.terraform", "martin.terraform"]),
        runners=[
            TerraformRunner.github_actions(
                owner="acme",
                repository="network",
                owner_id="1",
                repository_id="2",
                immutable_only=True,
                states=["network/prod"],
                read_states=["dns"],
                plan=[GithubJob.pull_request(), GithubJob.branch("main")],
                apply=[GithubJob.environment("production")],
            ),
            TerraformRunner.gitlab(
                project="acme/platform/dns",
                states=["dns"],
                apply_branches=["main"],
                provider=iam.OpenIdConnectProvider.from_open_id_connect_provider_arn(
                    stack, "Gitlab", "arn:aws:iam::111111111111:oidc-provider/gitlab.com"
                ),
                perimeter=RunnerPerimeter.vpcs(["vpc-0123456789abcdef0", "vpc-0123456789abcdef1"]),
            ),
            TerraformRunner.bitbucket(
                name="apps",
                workspace="acme",
                workspace_uuid="11111111-1111-1111-1111-111111111111",
                repository_uuid="22222222-2222-2222-2222-222222222222",
                apply_environment_uuids=["33333333-3333-3333-3333-333333333333"],
                states=["apps"],
                perimeter=RunnerPerimeter.addresses(["192.0.2.0/28"]),
            ),
            TerraformRunner.ec2(
                name="builder",
                apply=True,
                states=["images"],
                plan_policies=[iam.ManagedPolicy.from_aws_managed_policy_name("ReadOnlyAccess")],
                plan_reads=["arn:aws:s3:::acme-settings/*"],
                perimeter=RunnerPerimeter.instance(),
            ),
        ],
        secrets=TerraformSecrets.chamber(alias="acme-secrets", key=kms.Key(stack, "SecretsKey")),
        watch=BootstrapWatch.trail(retention=Duration.days(90), email_addresses=["ops@example.com"], failed_mfa_attempts=5),
        break_glass=BreakGlass.users(),
        unbounded_roles=["administrator"],
        account_alias="acme-prod",
        outputs=True,
    )

    auditor = iam.Role(stack, "Auditor", assumed_by=iam.AccountRootPrincipal(), permissions_boundary=bootstrap.boundary)
    bootstrap.state("network/prod").grant_read(auditor)
    bootstrap.state("apps").grant_plan(auditor)
    bootstrap.secrets.grant_read(auditor, "network")
    operator = iam.Role(stack, "Operator", assumed_by=iam.AccountRootPrincipal(), permissions_boundary=bootstrap.boundary)
    bootstrap.state("images", workspaces=["default", "blue"]).grant_apply(operator)
    bootstrap.bootstrap_state("account").grant_administer(operator)
    bootstrap.secrets.grant_write(operator, "network/prod")


def existing(app: App) -> None:
    stack = Stack(app, "BootstrapExisting")
    SecureTerraformBootstrap(
        stack,
        "Bootstrap",
        storage=StateStorage.existing(
            bucket=s3.Bucket.from_bucket_name(stack, "States", "acme-states"),
            bootstrap_bucket=s3.Bucket.from_bucket_name(stack, "BootstrapStates", "acme-bootstrap-states"),
            key=kms.Key.from_key_arn(
                stack, "Key", "arn:aws:kms:eu-central-1:111111111111:key/11111111-1111-1111-1111-111111111111"
            ),
        ),
        locks=StateLocks.dynamo_db(table=dynamodb.Table.from_table_name(stack, "Locks", "acme-locks")),
        people=TerraformPeople.existing_users(["anna.terraform"]),
        secrets=TerraformSecrets.none(),
        watch=BootstrapWatch.existing_trail(
            logs.LogGroup.from_log_group_name(stack, "Trail", "acme-trail"), topic=sns.Topic(stack, "Alarms")
        ),
        break_glass=BreakGlass.principal(iam.ArnPrincipal("arn:aws:iam::222222222222:role/security")),
    )


def replicated(app: App) -> None:
    stack = Stack(app, "BootstrapReplicated", env=Environment(account="111111111111", region="eu-central-1"))
    bootstrap = SecureTerraformBootstrap(
        stack,
        "Bootstrap",
        storage=StateStorage.managed(
            encryption=StateEncryption.customer_managed(kms.Key(stack, "Key")),
            object_lock=StateObjectLock.compliance(Duration.days(1)),
            replication=StateReplication.to_region("eu-west-1"),
        ),
        locks=StateLocks.lockfile(),
        permissions=TerraformPermissions.administrator(),
        people=TerraformPeople.identity_center(permission_set="TerraformOperator", people=["anna@example.com"]),
        watch=BootstrapWatch.none(),
        break_glass=BreakGlass.none(),
    )
    iam.ManagedPolicy(stack, "PeoplePolicy", document=bootstrap.people_policy)
