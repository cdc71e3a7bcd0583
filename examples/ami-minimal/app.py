from aws_cdk import App, Stack
from cdk_atlantis import AtlantisAmi, ImageLevel, RuntimeTool, TcpKeepalive

app = App()
stack = Stack(app, "AtlantisImage")

ami = AtlantisAmi(
    stack,
    "Ami",
    levels=[
        ImageLevel.common(tcp_keepalive=TcpKeepalive.aurora()),
        ImageLevel.runtime(tools=[RuntimeTool.terraform("1.14.9")]),
        ImageLevel.atlantis(repo_allowlist=["github.com/acme/*"]),
    ],
)

ami.machine_image  # for a launch template

app.synth()
