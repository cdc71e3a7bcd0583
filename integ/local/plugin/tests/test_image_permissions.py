"""Who may call EC2 Image Builder, and what a state machine's role lets it do with images."""

import json

import pytest

from cloud import eventually
from image_templates import pipeline, template, unique
from people import ACCOUNT, Person, allow, refusal, role, root

ARN = f"arn:aws:imagebuilder:us-east-1:{ACCOUNT}"
STATES = {"Service": "states.amazonaws.com"}


def test_a_pipeline_is_started_by_whom_may_start_that_one(enforced_builder):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2imagebuilder.html"""
    name = unique()
    arn = enforced_builder.deploy(pipeline(name, template(name))).outputs["Pipeline"]

    def start(*statements):
        return refusal(
            Person(enforced_builder, *statements).client("imagebuilder").start_image_pipeline_execution,
            imagePipelineArn=arn,
            clientToken=unique(),
        )

    assert start(allow("imagebuilder:StartImagePipelineExecution", arn)) is None
    assert start(allow("imagebuilder:StartImagePipelineExecution", f"{ARN}:image-pipeline/other")) == "AccessDeniedException"
    assert start(allow("imagebuilder:GetImagePipeline", arn)) == "AccessDeniedException"


def test_what_is_made_and_read_is_authorised_by_its_arn(enforced_builder):
    own, other = unique("own"), unique("other")
    service = Person(enforced_builder, allow("imagebuilder:*", f"{ARN}:component/own-*")).client("imagebuilder")

    def create(name):
        return refusal(
            service.create_component,
            name=name,
            semanticVersion="1.0.0",
            platform="Linux",
            clientToken="a",
            data=json.dumps({"schemaVersion": "1.0", "phases": [{"name": "build", "steps": [{"name": "a", "action": "ExecuteBash"}]}]}),
        )

    assert (create(own), create(other)) == (None, "AccessDeniedException")
    assert refusal(service.get_component, componentBuildVersionArn=f"{ARN}:component/{own}/1.0.0/1") is None
    assert refusal(service.get_component, componentBuildVersionArn=f"{ARN}:component/{other}/1.0.0/1") == "AccessDeniedException"


def test_an_execution_role_is_passed_by_whom_may_pass_it(enforced_builder):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    name = unique()
    outputs = enforced_builder.deploy(template(name)).outputs
    execution = role(enforced_builder, principal={"Service": "imagebuilder.amazonaws.com"})

    def create(*statements):
        service = Person(enforced_builder, allow("imagebuilder:*"), *statements).client("imagebuilder")
        return refusal(
            service.create_image_pipeline,
            name=unique(),
            clientToken="a",
            imageRecipeArn=outputs["Recipe"],
            infrastructureConfigurationArn=outputs["Infrastructure"],
            executionRole=execution,
        )

    to_builder = {"StringEquals": {"iam:PassedToService": "imagebuilder.amazonaws.com"}}
    assert create(allow("iam:PassRole", execution, Condition=to_builder)) is None
    assert create() == "AccessDeniedException"


def outcome(cloud, execution_role, calls):
    """(status, cause) of a machine that makes the calls one after the other."""
    states = root(cloud).client("stepfunctions")
    names = [f"Call{index}" for index, _ in enumerate(calls)]
    steps = {
        name: {
            "Type": "Task",
            "Resource": f"arn:aws:states:::aws-sdk:{call}",
            "Parameters": parameters,
            "ResultPath": None,
            **({"Next": names[index + 1]} if index + 1 < len(names) else {"End": True}),
        }
        for index, (name, (call, parameters)) in enumerate(zip(names, calls))
    }
    machine = states.create_state_machine(
        name=unique(), roleArn=execution_role, definition=json.dumps({"StartAt": names[0], "States": steps})
    )
    arn = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    found = eventually(lambda: (described := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and described)
    return found["status"], found.get("cause", "")


@pytest.fixture
def promoted(enforced_builder):
    """(image, parameter) of an account."""
    name = unique()
    ec2 = root(enforced_builder).client("ec2")
    image = ec2.register_image(Name=name, Architecture="arm64", RootDeviceName="/dev/xvda")["ImageId"]
    ec2.create_tags(Resources=[image], Tags=[{"Key": "made-by", "Value": "us"}])
    return image, f"/images/{name}/promoted"


def test_a_machine_promotes_the_images_that_its_role_may_promote(enforced_builder, promoted):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html, ...list_awssystemsmanager.html"""
    image, parameter = promoted
    calls = [
        ("ec2:describeImages", {"ImageIds": [image]}),
        ("ec2:createTags", {"Resources": [image], "Tags": [{"Key": "in-use", "Value": "true"}]}),
        ("ssm:putParameter", {"Name": parameter, "Value": image, "Type": "String", "DataType": "aws:ec2:image"}),
    ]

    def run(made_by="us", key="in-use", written=parameter):
        own = {
            "StringEquals": {"aws:ResourceTag/made-by": made_by},
            "ForAllValues:StringEquals": {"aws:TagKeys": [key]},
            "Null": {"aws:TagKeys": "false"},
        }
        return outcome(
            enforced_builder,
            role(
                enforced_builder,
                allow("ec2:DescribeImages"),
                allow("ec2:CreateTags", "arn:aws:ec2:us-east-1::image/*", Condition=own),
                allow("ssm:PutParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{written}"),
                principal=STATES,
            ),
            calls,
        )

    for refused, action in (
        ({"made_by": "others"}, "ec2:CreateTags"),
        ({"key": "other"}, "ec2:CreateTags"),
        ({"written": "/o"}, "ssm:PutParameter"),
    ):
        status, cause = run(**refused)
        assert (status, f"is not authorized to perform: {action}" in cause) == ("FAILED", True), (refused, cause)
    assert run() == ("SUCCEEDED", "")


def test_a_machine_starts_the_pipeline_that_its_role_may_start(enforced_builder):
    name = unique()
    arn = enforced_builder.deploy(pipeline(name, template(name))).outputs["Pipeline"]
    start = [("imagebuilder:startImagePipelineExecution", {"ImagePipelineArn": arn, "ClientToken": "a"})]

    def run(resource):
        return outcome(
            enforced_builder, role(enforced_builder, allow("imagebuilder:StartImagePipelineExecution", resource), principal=STATES), start
        )

    assert run(arn) == ("SUCCEEDED", "")
    status, cause = run(f"{ARN}:image-pipeline/other")
    assert (status, "imagebuilder:StartImagePipelineExecution" in cause) == ("FAILED", True)


def test_a_launch_template_is_changed_by_whom_may_change_that_one(enforced_builder):
    ec2 = root(enforced_builder).client("ec2")
    template_id = ec2.create_launch_template(LaunchTemplateName=unique(), LaunchTemplateData={"InstanceType": "t4g.small"})[
        "LaunchTemplate"
    ]["LaunchTemplateId"]
    calls = [
        (
            "ec2:createLaunchTemplateVersion",
            {"LaunchTemplateId": template_id, "SourceVersion": "$Latest", "LaunchTemplateData": {"ImageId": "ami-0deb1200000000001"}},
        ),
        ("ec2:modifyLaunchTemplate", {"LaunchTemplateId": template_id, "DefaultVersion": "2"}),
    ]

    def run(resource):
        may = allow(
            ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"], f"arn:aws:ec2:us-east-1:{ACCOUNT}:launch-template/{resource}"
        )
        return outcome(enforced_builder, role(enforced_builder, may, principal=STATES), calls)

    assert run("lt-other")[0] == "FAILED"
    assert run(template_id) == ("SUCCEEDED", "")
    assert ec2.describe_launch_templates(LaunchTemplateIds=[template_id])["LaunchTemplates"][0]["DefaultVersionNumber"] == 2
