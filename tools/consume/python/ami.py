"""The stacks of the images."""

from pathlib import Path

from aws_cdk import App, Duration, Environment, RemovalPolicy, Size, Stack
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from cdk_atlantis import (
    AtlantisAmi,
    AtlantisVersion,
    BuildCondition,
    BuilderOptions,
    BuildLogs,
    ComponentDocument,
    ComponentParameter,
    ComponentStep,
    DataVolume,
    ImageBase,
    ImageBuilds,
    ImageComponent,
    ImageDistribution,
    ImageDistributionRole,
    ImageLevel,
    ImageLifecycle,
    ImageNotifications,
    ImageOs,
    ImagePromotion,
    ImageVolumes,
    PromotedImage,
    RepoConfig,
    RuntimeTool,
    ServerSettings,
    ServerTls,
    SsmAgentRelease,
    StartSecret,
    StepFailure,
    TargetRole,
    TcpKeepalive,
    VcsProvider,
    VolumeBackup,
    VulnerabilityScan,
)

DOCUMENT = str(Path(__file__).resolve().parent.parent / "java" / "component.yaml")
SHA256 = "a" * 64
ABROAD = "arn:aws:kms:eu-west-1:111111111111:key/11111111-1111-1111-1111-111111111111"
ENV = Environment(account="111111111111", region="eu-central-1")


def amis(app: App) -> None:
    defaults(app)
    everything(app)
    levels_apart(app)
    elsewhere(app)


def defaults(app: App) -> None:
    stack = Stack(app, "AmiDefaults")
    ami = AtlantisAmi(stack, "Ami", levels=[ImageLevel.common(), ImageLevel.atlantis()])
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"))
    ami.grant_run(role)
    ec2.LaunchTemplate(stack, "LaunchTemplate", machine_image=ami.machine_image, role=role)
    ami.promotion.grant_start_execution(role)


def everything(app: App) -> None:
    stack = Stack(app, "AmiEverything", env=ENV)
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123456789abcdef0",
        availability_zones=["eu-central-1a"],
        private_subnet_ids=["subnet-0123456789abcdef0"],
        private_subnet_route_table_ids=["rtb-0123456789abcdef0"],
    )
    key = kms.Key(stack, "Key")
    credentials = secretsmanager.Secret.from_secret_name_v2(stack, "Gitea", "atlantis/gitea")
    webhook_secret = secretsmanager.Secret.from_secret_name_v2(stack, "Webhook", "atlantis/webhook")
    gitlab = secretsmanager.Secret.from_secret_name_v2(stack, "Gitlab", "atlantis/gitlab")
    password = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Password", parameter_name="/atlantis/password")
    ami = AtlantisAmi(
        stack,
        "Ami",
        base=ImageBase.latest(
            ImageOs.DEBIAN_12,
            architecture=ec2.InstanceArchitecture.X86_64,
            ssm_agent=SsmAgentRelease(version="3.3.2299.0", sha256=SHA256),
        ),
        levels=[
            ImageLevel.common(
                tcp_keepalive=TcpKeepalive.of(time=Duration.seconds(30), interval=Duration.seconds(5), probes=3),
                open_files_of_machine=2097152,
                open_files_of_process=131072,
                kernel_settings={"vm.swappiness": "1"},
                run_user="atlantis",
                run_user_id=4242,
                packages=["htop"],
                security_updates=False,
                journal_size=Size.gibibytes(2),
            ),
            ImageLevel.runtime(
                tools=[
                    RuntimeTool.terraform("1.14.9", sha256=SHA256),
                    RuntimeTool.open_tofu("1.12.5"),
                    RuntimeTool.terragrunt("0.99.1"),
                    RuntimeTool.conftest("0.66.0"),
                    RuntimeTool.of("tflint", version="0.60.0", url="https://example.com/tflint.zip", entry="tflint", sha256=SHA256),
                ]
            ),
            ImageLevel.atlantis(
                version=AtlantisVersion.V0_47_1,
                sha256=SHA256,
                vcs=[
                    VcsProvider.gitea(
                        user="atlantis",
                        credentials=credentials,
                        webhook_secret=webhook_secret,
                        base_url="https://git.example.com",
                    )
                ],
                repo_allowlist=["git.example.com/acme/*"],
                url="https://atlantis.example.com",
                port=4242,
                settings=ServerSettings(parallel_pool_size=3),
                repo_config=RepoConfig.locked_down(),
                extra_settings={"checkout-depth": "10"},
                secrets=[
                    StartSecret.secrets_manager(gitlab, {"token": "gitlab-token"}),
                    StartSecret.parameter(password, "web-password"),
                    StartSecret.command(["/usr/local/bin/atlantis-from-vault"], flags=["api-secret"]),
                ],
                target_roles=[
                    TargetRole(
                        name="production",
                        role=iam.Role.from_role_arn(stack, "Production", "arn:aws:iam::222222222222:role/terraform"),
                        external_id="acme",
                        is_default=True,
                    )
                ],
                data_volume=DataVolume.ebs(size=Size.gibibytes(50), device_name="/dev/sdg"),
                tls=ServerTls.from_secret(
                    secretsmanager.Secret.from_secret_name_v2(stack, "Certificate", "atlantis/certificate")
                ),
            ),
        ],
        tests=[ImageComponent.inline("smoke", ComponentDocument(test_steps=[ComponentStep.bash("Ask", ["systemctl is-system-running"])]))],
        builds=[
            ImageBuilds.during_deploy(),
            ImageBuilds.on_schedule(
                schedule=events.Schedule.cron(minute="30", hour="2"),
                start_condition=BuildCondition.ALWAYS,
                disable_after_failures=5,
            ),
        ],
        builder=BuilderOptions(
            vpc=vpc,
            instance_types=[ec2.InstanceType("m7i.large")],
            statements=[iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::acme-releases/*"])],
            terminate_instance_on_failure=False,
            tags={"team": "platform"},
            logs=BuildLogs(
                retention=logs.RetentionDays.ONE_YEAR,
                removal_policy=RemovalPolicy.RETAIN,
                bucket=s3.Bucket(stack, "Logs"),
            ),
        ),
        volumes=ImageVolumes(
            root_size=Size.gibibytes(24),
            key=key,
            backup=VolumeBackup.daily(
                keep=Duration.days(7),
                hour=1,
                vault=backup.BackupVault.from_backup_vault_name(stack, "Vault", "acme"),
            ),
        ),
        scan=VulnerabilityScan.gate(critical=0, high=3),
        sbom_bucket=s3.Bucket(stack, "Bills"),
        distribution=[
            ImageDistribution.region(
                "eu-central-1",
                accounts=["222222222222"],
                organizations=["arn:aws:organizations::111111111111:organization/o-acme"],
                organizational_units=["arn:aws:organizations::111111111111:ou/o-acme/ou-prod-1"],
                tags={"team": "platform"},
                ami_name="atlantis",
            ),
            ImageDistribution.region("eu-west-1", copy_to=["333333333333"], key=kms.Key.from_key_arn(stack, "Abroad", ABROAD)),
        ],
        promotion=ImagePromotion.manual(launch_templates=[ec2.LaunchTemplate(stack, "LaunchTemplate")], keep=3),
        lifecycle=ImageLifecycle.keep(
            age=Duration.days(60), newest=2, last_launched=Duration.days(14), shared_with=["222222222222"]
        ),
        notifications=ImageNotifications.everything(topic=sns.Topic(stack, "Builds"), emails=["ops@example.com"]),
    )
    ami.builder_role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("CloudWatchAgentServerPolicy"))


def levels_apart(app: App) -> None:
    """Each level as an image of its own."""
    stack = Stack(app, "AmiLevels")
    common = AtlantisAmi(
        stack,
        "Common",
        base=ImageBase.latest(ImageOs.UBUNTU_24_04),
        levels=[ImageLevel.common(tcp_keepalive=TcpKeepalive.aurora(), ssh=True)],
        builds=[ImageBuilds.on_schedule(start_condition=BuildCondition.DEPENDENCY_UPDATES)],
        scan=VulnerabilityScan.report_only(),
        lifecycle=ImageLifecycle.never(),
        notifications=ImageNotifications.failures(),
    )
    application = ImageComponent.inline(
        "application",
        ComponentDocument(
            description="Fetches, builds and starts an application",
            parameters={
                "release": ComponentParameter(description="what is fetched"),
                "folder": ComponentParameter(default_value="/opt/application"),
            },
            build_steps=[
                ComponentStep.update_os("Update"),
                ComponentStep.create_folder("Folder", path="/opt/application", owner="atlantis"),
                ComponentStep.s3_download(
                    "Fetch", source="s3://acme-releases/{{ release }}.tar", destination="/var/tmp/application.tar"
                ),
                ComponentStep.download("FetchTool", url="https://example.com/tool", destination="/var/tmp/tool", sha256=SHA256),
                ComponentStep.bash(
                    "Build",
                    ["mkdir -p {{ folder }}", "tar -xf /var/tmp/application.tar -C {{ folder }}"],
                    timeout=Duration.minutes(20),
                    attempts=2,
                    on_failure=StepFailure.ABORT,
                ),
                ComponentStep.create_file(
                    "Unit",
                    path="/etc/systemd/system/application.service",
                    content="[Service]\nExecStart=/opt/application/run\n",
                ),
                ComponentStep.bash(
                    "Report", ["echo {{ loop.value }}"], for_each=["one", "two"], on_failure=StepFailure.IGNORE
                ),
                ComponentStep.reboot("Restart"),
            ],
            validate_steps=[
                ComponentStep.bash("Look", ["test -e /opt/application/run"], on_failure=StepFailure.CONTINUE),
                ComponentStep.s3_upload("Report", source="/etc/os-release", destination="s3://acme-releases/os-release"),
            ],
        ),
        parameters={"release": "1.2.3"},
    )
    AtlantisAmi(
        stack,
        "Application",
        base=ImageBase.golden(common),
        levels=[
            ImageLevel.of(
                "application",
                [
                    application,
                    ImageComponent.file("motd", DOCUMENT),
                    ImageComponent.asset("document", path=DOCUMENT, destination="/opt/document.yaml"),
                    ImageComponent.managed("amazon-cloudwatch-agent-linux", version="1.x.x"),
                    ImageComponent.from_arn("arn:aws:imagebuilder:eu-central-1:111111111111:component/own/1.0.0"),
                ],
            )
        ],
        builds=[ImageBuilds.on_demand()],
        scan=VulnerabilityScan.off(),
        notifications=ImageNotifications.none(),
    )
    levels = [
        ImageLevel.common(tcp_keepalive=TcpKeepalive.standard()),
        ImageLevel.atlantis(
            secrets=[StartSecret.settings(secretsmanager.Secret.from_secret_name_v2(stack, "Settings", "atlantis/settings"))],
            data_volume=DataVolume.none(),
            tls=ServerTls.from_secrets(
                secretsmanager.Secret.from_secret_name_v2(stack, "Certificate", "atlantis/certificate"),
                secretsmanager.Secret.from_secret_name_v2(stack, "PrivateKey", "atlantis/key"),
            ),
        ),
    ]
    bases = {
        "Parameter": ImageBase.ssm_parameter("/acme/base", ImageOs.AMAZON_LINUX_2023),
        "Id": ImageBase.ami_id("ami-0123456789abcdef0", ImageOs.AMAZON_LINUX_2023, root_device_name="/dev/sda1"),
        "Marketplace": ImageBase.marketplace("prod-0123456789abc", ImageOs.UBUNTU_24_04),
    }
    for name, base in bases.items():
        AtlantisAmi(
            stack,
            name,
            base=base,
            levels=levels,
            builds=[ImageBuilds.after_deploy()],
            volumes=ImageVolumes(backup=VolumeBackup.none()),
            promotion=ImagePromotion.automatic(),
        )


def elsewhere(app: App) -> None:
    """Another account and region that get copies."""
    stack = Stack(app, "AmiElsewhere", env=Environment(account="333333333333", region="eu-west-1"))
    ImageDistributionRole(stack, "DistributionRole", source_account="111111111111", keys=[kms.Key(stack, "Key")])
    PromotedImage(
        stack,
        "Image",
        candidate_parameter_name="/imagebuilder/atlantis/candidate",
        promotion=ImagePromotion.automatic(keep=2),
    )
    AtlantisAmi(
        stack,
        "Alone",
        levels=[ImageLevel.atlantis(tls=ServerTls.at_load_balancer(), data_volume=DataVolume.none())],
    )
