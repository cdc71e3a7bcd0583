from aws_cdk import App, CfnOutput, Stack
from aws_cdk.aws_route53 import PublicHostedZone
from aws_cdk.aws_secretsmanager import Secret
from cdk_atlantis import AtlantisDomain, AtlantisIngress, AtlantisOnFargate, ServerSettings, TfDistribution, VcsProvider

app = App()
stack = Stack(app, "Atlantis")

zone = PublicHostedZone(stack, "Zone", zone_name="example.com")

atlantis = AtlantisOnFargate(
    stack,
    "Atlantis",
    vcs=[
        VcsProvider.gitea(
            base_url="http://gitea.example.com:3000",
            user="atlantis",
            # made beforehand: {"token": "..."}
            credentials=Secret.from_secret_name_v2(stack, "GiteaToken", "atlantis/gitea"),
        )
    ],
    repo_allowlist=["gitea.example.com/acme/*"],
    ingress=AtlantisIngress.load_balancer(domain=AtlantisDomain.hosted(zone=zone, name="atlantis")),
    settings=ServerSettings(default_tf_distribution=TfDistribution.OPENTOFU),
)

CfnOutput(stack, "WebhookUrl", value=f"{atlantis.url}/events")
CfnOutput(stack, "WebhookSecretArn", value=atlantis.webhook_secrets[0].secret_arn)
CfnOutput(stack, "ClusterName", value=atlantis.cluster.cluster_name)
CfnOutput(stack, "ServiceName", value=atlantis.service.service_name)

app.synth()
