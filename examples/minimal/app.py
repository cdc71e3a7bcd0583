from aws_cdk import App, Stack
from aws_cdk.aws_route53 import HostedZone
from aws_cdk.aws_secretsmanager import Secret
from cdk_atlantis import AtlantisDomain, AtlantisIngress, AtlantisOnFargate, VcsProvider

app = App()
stack = Stack(app, "Atlantis")

zone = HostedZone.from_hosted_zone_attributes(stack, "Zone", hosted_zone_id="Z0123456789ABCDEFGHIJ", zone_name="example.com")
# {"app_id": "...", "installation_id": "...", "private_key": "-----BEGIN RSA PRIVATE KEY-----\n..."}
credentials = Secret.from_secret_name_v2(stack, "GithubApp", "prod-atlantis-github-app")

AtlantisOnFargate(
    stack,
    "Atlantis",
    vcs=[VcsProvider.github_app(slug="acme-atlantis", credentials=credentials)],
    repo_allowlist=["github.com/acme/*"],
    ingress=AtlantisIngress.load_balancer(domain=AtlantisDomain.hosted(zone=zone, name="atlantis")),
)

app.synth()
