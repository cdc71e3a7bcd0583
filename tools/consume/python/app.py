"""The same app as in ../typescript and ../java: it, `bootstrap.py` and `ami.py` use every factory and enum member. `app.py <output directory>`."""

import sys

from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from ami import amis
from bootstrap import bootstraps
from cdk_atlantis import (
    AtlantisDomain,
    AtlantisImage,
    AtlantisIngress,
    AtlantisLogLevel,
    AtlantisOnFargate,
    AtlantisVersion,
    Persistence,
    RepoConfig,
    ServerSettings,
    TfDistribution,
    VcsProvider,
    WebAccess,
    WebhookSources,
)

app = App(outdir=sys.argv[1])


def defaults() -> None:
    stack = Stack(app, "Defaults")
    atlantis = AtlantisOnFargate(
        stack,
        "Atlantis",
        vcs=[
            VcsProvider.github_app(
                slug="acme-atlantis",
                credentials=secretsmanager.Secret.from_secret_name_v2(stack, "App", "atlantis/app"),
            )
        ],
        repo_allowlist=["github.com/acme/*"],
        ingress=AtlantisIngress.load_balancer(
            domain=AtlantisDomain.hosted(
                zone=route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z1", zone_name="example.com")
            )
        ),
    )

    bucket = s3.Bucket(stack, "Bucket")
    bucket.grant_read(atlantis)
    atlantis.metric_cpu_utilization().create_alarm(stack, "Cpu", threshold=90, evaluation_periods=3)
    atlantis.metric_memory_utilization().create_alarm(stack, "Memory", threshold=90, evaluation_periods=3)
    atlantis.metric("RunningTaskCount").create_alarm(stack, "Running", threshold=1, evaluation_periods=1)
    CfnOutput(stack, "Url", value=atlantis.url)
    CfnOutput(stack, "Revision", value=atlantis.task_definition_revision)
    CfnOutput(stack, "WebhookSecret", value=atlantis.webhook_secrets[0].secret_arn)
    CfnOutput(stack, "FileSystem", value=atlantis.file_system_dns_name or "")


def everything() -> None:
    stack = Stack(app, "Everything")
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2)
    client = ec2.SecurityGroup(stack, "Database", vpc=vpc)
    atlantis = AtlantisOnFargate(
        stack,
        "Atlantis",
        vcs=[
            VcsProvider.github(
                user="atlantis",
                credentials=secretsmanager.Secret.from_secret_name_v2(stack, "Github", "atlantis/github"),
                webhook_secret=secretsmanager.Secret.from_secret_name_v2(stack, "Webhook", "atlantis/webhook"),
            ),
            VcsProvider.gitea(
                user="atlantis",
                credentials=secretsmanager.Secret.from_secret_name_v2(stack, "Gitea", "atlantis/gitea"),
                base_url="https://git.example.com",
            ),
        ],
        repo_allowlist=["github.com/acme/*", "git.example.com/acme/*", "!github.com/acme/secret"],
        ingress=AtlantisIngress.load_balancer(
            domain=AtlantisDomain.certificate(
                domain_name="atlantis.example.com",
                certificate=acm.Certificate.from_certificate_arn(
                    stack, "Certificate", "arn:aws:acm:eu-west-1:111111111111:certificate/one"
                ),
            ),
            ui=WebAccess.cidrs(["203.0.113.0/24"]),
            sources=WebhookSources.cidrs(["198.51.100.0/24"]),
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        ),
        cluster=ecs.Cluster(stack, "Cluster", vpc=vpc, enable_fargate_capacity_providers=True),
        task_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        persistence=Persistence.efs(),
        repo_config=RepoConfig.locked_down(),
        settings=ServerSettings(
            default_tf_distribution=TfDistribution.OPENTOFU,
            default_tf_version="1.12.3",
            log_level=AtlantisLogLevel.DEBUG,
            parallel_pool_size=2,
        ),
        image=AtlantisImage.upstream(AtlantisVersion.of("0.48.0")),
        cpu_architecture=ecs.CpuArchitecture.X86_64,
        cpu=2048,
        memory_limit_mib=4096,
        log_retention=logs.RetentionDays.ONE_YEAR,
        log_encryption_key=kms.Key(stack, "Key"),
    )
    atlantis.connections.allow_to(client, ec2.Port.tcp(5432), "plans read the database")


def ephemeral(log_level: AtlantisLogLevel) -> None:
    stack = Stack(app, f"Ephemeral{log_level.name.lower()}")
    AtlantisOnFargate(
        stack,
        "Atlantis",
        vcs=[
            VcsProvider.github(
                user="atlantis",
                credentials=secretsmanager.Secret.from_secret_name_v2(stack, "Github", "atlantis/github"),
            )
        ],
        repo_allowlist=["github.com/acme/*"],
        ingress=AtlantisIngress.load_balancer(
            domain=AtlantisDomain.aws_assigned(),
            ui=WebAccess.closed(),
            sources=WebhookSources.anywhere(),
        ),
        persistence=Persistence.ephemeral(),
        image=AtlantisImage.upstream(AtlantisVersion.V0_47_1),
        settings=ServerSettings(default_tf_distribution=TfDistribution.TERRAFORM, log_level=log_level),
    )


defaults()
everything()
for level in (AtlantisLogLevel.INFO, AtlantisLogLevel.WARN, AtlantisLogLevel.ERROR):
    ephemeral(level)
bootstraps(app)
amis(app)
app.synth()
