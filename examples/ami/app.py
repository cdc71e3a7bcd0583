from aws_cdk import App, Stack, Tags
from aws_cdk.aws_ec2 import InstanceType, LaunchTemplate
from aws_cdk.aws_iam import ManagedPolicy, Role, ServicePrincipal
from aws_cdk.aws_secretsmanager import Secret
from cdk_atlantis import AtlantisAmi, ImageLevel, ImageNotifications, RuntimeTool, TargetRole, TcpKeepalive, VcsProvider

app = App()
image = Stack(app, "AtlantisImage")

# {"app_id": "...", "installation_id": "...", "private_key": "-----BEGIN RSA PRIVATE KEY-----\n..."}
credentials = Secret.from_secret_name_v2(image, "GithubApp", "prod-atlantis-github-app")
# {"webhook_secret": "..."}
webhook_secret = Secret.from_secret_name_v2(image, "Webhook", "prod-atlantis-webhook")

ami = AtlantisAmi(
    image,
    "Ami",
    levels=[
        ImageLevel.common(tcp_keepalive=TcpKeepalive.aurora()),
        ImageLevel.runtime(tools=[RuntimeTool.terraform("1.14.9")]),
        ImageLevel.atlantis(
            vcs=[VcsProvider.github_app(slug="acme-atlantis", credentials=credentials, webhook_secret=webhook_secret)],
            repo_allowlist=["github.com/acme/*"],
            url="https://atlantis.example.com",
            target_roles=[TargetRole(name="production", role=Role.from_role_arn(image, "Production", "arn:aws:iam::123456789012:role/terraform"), is_default=True)],
        ),
    ],
    notifications=ImageNotifications.failures(emails=["ops@example.com"]),
)

# To be deployed once the first image is promoted: its id is read then.
server = Stack(app, "AtlantisServer")
role = Role(
    server,
    "Role",
    assumed_by=ServicePrincipal("ec2.amazonaws.com"),
    managed_policies=[ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")],
)
ami.grant_run(role)
template = LaunchTemplate(
    server,
    "LaunchTemplate",
    machine_image=ami.machine_image,
    instance_type=InstanceType("t4g.medium"),
    role=role,
    require_imdsv2=True,
    http_put_response_hop_limit=1,
)
# The daily backup finds data volumes by it.
Tags.of(template).add(ami.data_volume_tag.key, ami.data_volume_tag.value)

app.synth()
