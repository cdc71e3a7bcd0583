from aws_cdk import App, Stack
from cdk_atlantis import SecureTerraformBootstrap, TerraformPeople, TerraformRunner

app = App()
stack = Stack(app, "TerraformBootstrap")

SecureTerraformBootstrap(
    stack,
    "Bootstrap",
    people=TerraformPeople.users(["martin.rosselle.terraform", "anna.terraform"]),
    runners=[TerraformRunner.github_actions(owner="acme", repository="infrastructure", states=["network/prod"])],
)

app.synth()
