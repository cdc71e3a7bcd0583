"""What an image waits for and what waits for it: gates, schedules, state machines, and events that start them."""

import json
import urllib.error
import urllib.request

import pytest

from cloud import eventually
from image_templates import bash, built, document, execution_role, pipeline, template, unique
from templates import allow, att, ref, role

STATES = "states.amazonaws.com"
BUILD = {"WorkflowArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/x.x.x"}
TEST = {"WorkflowArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/test/test-image/x.x.x", "OnFailure": "ABORT"}
SCOPE = "test/20200101/us-east-1/imagebuilder/aws4_request"
SDK = "arn:aws:states:::aws-sdk"


def hook(cloud, path, **content):
    request = urllib.request.Request(
        f"{cloud.endpoint}/_cdk-atlantis/{path}",
        method="PUT",
        data=json.dumps(content).encode(),
        headers={"Authorization": f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=0"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status


def task(resource, then=None, **more):
    return {"Type": "Task", "Resource": f"{SDK}:{resource}", **({"Next": then} if then else {"End": True}), **more}


def machine(states, start):
    return {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": att("MachineRole", "Arn"), "DefinitionString": json.dumps({"StartAt": start, "States": states})},
    }


def gate(limit=0):
    counts = "$.found.Responses[0].ImageAggregation.SeverityCounts"
    return machine(
        {
            "Look": task(
                "imagebuilder:getImage", "Scanned", Parameters={"ImageBuildVersionArn.$": "$.imageBuildVersionArn"}, ResultPath="$.image"
            ),
            "Scanned": {
                "Type": "Choice",
                "Default": "Wait",
                "Choices": [{"Variable": "$.image.Image.ScanState.Status", "StringEquals": "COMPLETED", "Next": "Count"}],
            },
            "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
            "Count": task(
                "imagebuilder:listImageScanFindingAggregations",
                "Judge",
                ResultPath="$.found",
                Parameters={"Filter": {"Name": "imageBuildVersionArn", "Values.$": "States.Array($.imageBuildVersionArn)"}},
            ),
            "Judge": {
                "Type": "Choice",
                "Default": "Passed",
                "Choices": [{"Variable": f"{counts}.Critical", "NumericGreaterThan": limit, "Next": "TooMany"}],
            },
            "TooMany": {"Type": "Fail", "Error": "TooManyFindings", "Cause": "There are critical findings"},
            "Passed": {"Type": "Succeed"},
        },
        "Look",
    )


def gated(name, parameter, step=None):
    """A pipeline whose image has to pass a state machine before it is distributed."""
    made = template(name, parameter=parameter, MachineRole=role(allow("*", "*"), service=STATES), Machine=gate())
    made["Resources"]["ExecutionRole"] = execution_role(
        allow("states:StartExecution", ref("Machine")), allow("states:DescribeExecution", "*"), parameter=parameter
    )
    where = "{{ $.imagebuilder.imageVersionNumber }}/{{ $.imagebuilder.imageBuildNumber }}"
    data = json.dumps(
        {
            "name": name,
            "schemaVersion": 1.0,
            "steps": [
                step
                or {
                    "name": "Gate",
                    "action": "ExecuteStateMachine",
                    "timeoutSeconds": 60,
                    "onFailure": "Abort",
                    "inputs": {
                        "stateMachineArn": "MACHINE",
                        "input": json.dumps({"imageBuildVersionArn": f"arn:aws:imagebuilder:us-east-1:123456789012:image/{name}/{where}"}),
                    },
                }
            ],
        }
    )
    first, _, last = data.partition("MACHINE")
    made["Resources"]["Workflow"] = {
        "Type": "AWS::ImageBuilder::Workflow",
        "Properties": {
            "Name": name,
            "Version": "1.0.0",
            "Type": "TEST",
            "Data": {"Fn::Join": ["", [first, ref("Machine"), last]]} if last else data,
        },
    }
    return pipeline(
        name,
        made,
        Workflows=[BUILD, TEST, {"WorkflowArn": ref("Workflow"), "OnFailure": "ABORT"}],
        ImageScanningConfiguration={"ImageScanningEnabled": True},
    )


def test_a_gate_that_fails_keeps_the_image_from_being_distributed(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/wfdoc-step-actions.html (ExecuteStateMachine)"""
    name = unique()
    parameter = f"/imagebuilder/{name}/candidate"
    outputs = stacks(gated(name, parameter)).outputs
    hook(builder, "findings", imagePipelineArn=outputs["Pipeline"], severityCounts={"critical": 1, "high": 2})
    failed = built(builder, outputs["Pipeline"])
    assert failed["state"]["status"] == "FAILED"
    assert "The step Gate failed: TooManyFindings: There are critical findings" in failed["state"]["reason"]
    with pytest.raises(builder.client("ssm").exceptions.ParameterNotFound):
        builder.client("ssm").get_parameter(Name=parameter)
    hook(builder, "findings", imagePipelineArn=outputs["Pipeline"], severityCounts={"high": 2})
    passed = built(builder, outputs["Pipeline"])
    assert (passed["state"], passed["scanState"]) == ({"status": "AVAILABLE"}, {"status": "COMPLETED"})
    assert builder.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == passed["outputResources"]["amis"][0]["image"]


def test_a_gate_that_the_role_may_not_start_fails_the_image(builder, stacks):
    name = unique()
    made = gated(name, f"/imagebuilder/{name}/candidate")
    made["Resources"]["ExecutionRole"] = execution_role(parameter=f"/imagebuilder/{name}/candidate")
    found = built(builder, stacks(made).outputs["Pipeline"])
    assert "not authorized to perform: states:StartExecution" in found["state"]["reason"]


def test_an_action_that_is_not_emulated_fails_the_image(builder, stacks):
    name = unique()
    found = built(
        builder, stacks(gated(name, f"/imagebuilder/{name}/candidate", {"name": "Ask", "action": "WaitForAction"})).outputs["Pipeline"]
    )
    assert "does not emulate WaitForAction" in found["state"]["reason"]


def test_findings_of_an_image_that_was_not_scanned_are_none(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImageScanFindingAggregations.html"""
    name, service = unique(), builder.client("imagebuilder")
    found = built(builder, stacks(pipeline(name, template(name))).outputs["Pipeline"])
    asked = {"name": "imageBuildVersionArn", "values": [found["arn"]]}
    assert service.list_image_scan_finding_aggregations(filter=asked)["responses"] == []
    with pytest.raises(service.exceptions.InvalidRequestException, match="by imageBuildVersionArn alone"):
        service.list_image_scan_finding_aggregations(filter={"name": "accountId", "values": ["123456789012"]})


def test_failures_in_a_row_of_a_schedule_disable_the_pipeline(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AutoDisablePolicy.html"""
    name, service = unique(), builder.client("imagebuilder")
    made = pipeline(
        name,
        template(name, document([bash("Break", "exit 1")])),
        Schedule={"ScheduleExpression": "rate(7 days)", "AutoDisablePolicy": {"FailureCount": 2}},
    )
    arn = stacks(made).outputs["Pipeline"]

    def read():
        return service.get_image_pipeline(imagePipelineArn=arn)["imagePipeline"]

    built(builder, arn)
    assert read()["consecutiveFailures"] == 0
    for count in (1, 2):
        hook(builder, "scheduled-run", imagePipelineArn=arn)
        assert eventually(lambda count=count: read()["consecutiveFailures"] == count)
    assert eventually(lambda: read()["status"] == "DISABLED")
    with pytest.raises(urllib.error.HTTPError):
        hook(builder, "scheduled-run", imagePipelineArn=arn)


def started(cloud, arn):
    return cloud.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]


def test_a_stack_that_was_deployed_starts_a_machine_that_builds(builder, stacks):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html"""
    name, states = unique(), builder.client("stepfunctions")
    made = pipeline(name, template(name, MachineRole=role(allow("*", "*"), service=STATES)))
    definition = json.dumps(
        {
            "StartAt": "Build",
            "States": {
                "Build": task(
                    "imagebuilder:startImagePipelineExecution",
                    Parameters={"ImagePipelineArn": "PIPELINE", "ClientToken.$": "States.UUID()"},
                )
            },
        }
    )
    first, _, last = definition.partition("PIPELINE")
    made["Resources"]["Machine"] = {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {"RoleArn": att("MachineRole", "Arn"), "DefinitionString": {"Fn::Join": ["", [first, ref("Pipeline"), last]]}},
    }
    made["Resources"]["EventRole"] = role(allow("states:StartExecution", ref("Machine")), service="events.amazonaws.com")
    made["Resources"]["Rule"] = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {
                "source": ["aws.cloudformation"],
                "detail-type": ["CloudFormation Stack Status Change"],
                "detail": {"stack-id": [ref("AWS::StackId")], "status-details": {"status": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]}},
            },
            "Targets": [{"Id": "machine", "Arn": ref("Machine"), "RoleArn": att("EventRole", "Arn")}],
        },
    }
    made["Outputs"]["Machine"] = {"Value": ref("Machine")}
    outputs = stacks(made).outputs
    assert eventually(lambda: [each["status"] for each in started(builder, outputs["Machine"])] == ["SUCCEEDED"])
    execution = started(builder, outputs["Machine"])[0]["executionArn"]
    answer = json.loads(states.describe_execution(executionArn=execution)["output"])
    assert answer["ImageBuildVersionArn"].endswith(f":image/{name}/1.0.0/1")


def execution_of(cloud, stack, given="{}"):
    states = cloud.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=stack.outputs["Machine"], input=given)["executionArn"]
    return eventually(lambda: (found := states.describe_execution(executionArn=arn))["status"] != "RUNNING" and found)


@pytest.mark.parametrize(
    ("call", "parameters", "error"),
    [
        (
            "getImage",
            {"ImageBuildVersionArn": "arn:aws:imagebuilder:us-east-1:123456789012:image/none/1.0.0/1"},
            "Imagebuilder.ResourceNotFoundException",
        ),
        ("getImage", {"Arn": "x"}, "States.Runtime"),
        ("bakeImage", {}, "States.Runtime"),
    ],
)
def test_a_machine_gets_the_services_errors(builder, stacks, call, parameters, error):
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html"""
    stack = stacks(
        {
            "Resources": {
                "MachineRole": role(allow("*", "*"), service=STATES),
                "Machine": machine({"Call": task(f"imagebuilder:{call}", Parameters=parameters)}, "Call"),
            },
            "Outputs": {"Machine": {"Value": ref("Machine")}},
        }
    )
    found = execution_of(builder, stack)
    assert (found["status"], found["error"]) == ("FAILED", error)


def test_a_parameter_that_changes_is_an_event(builder, stacks):
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html"""
    name, ssm = f"/{unique()}", builder.client("ssm")
    stack = stacks(
        {
            "Resources": {
                "MachineRole": role(service=STATES),
                "Machine": machine({"Done": {"Type": "Succeed"}}, "Done"),
                "EventRole": role(allow("states:StartExecution", ref("Machine")), service="events.amazonaws.com"),
                "Rule": {
                    "Type": "AWS::Events::Rule",
                    "Properties": {
                        "EventPattern": {
                            "source": ["aws.ssm"],
                            "detail-type": ["Parameter Store Change"],
                            "detail": {"name": [name], "operation": ["Update", "Delete"]},
                        },
                        "Targets": [{"Id": "machine", "Arn": ref("Machine"), "RoleArn": att("EventRole", "Arn")}],
                    },
                },
            },
            "Outputs": {"Machine": {"Value": ref("Machine")}},
        }
    )
    for value in ("first", "second"):
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    ssm.delete_parameter(Name=name)
    assert eventually(lambda: len(started(builder, stack.outputs["Machine"])) == 2)
    states = builder.client("stepfunctions")
    told = [
        json.loads(states.describe_execution(executionArn=each["executionArn"])["input"])["detail"]
        for each in started(builder, stack.outputs["Machine"])
    ]
    assert sorted(each["operation"] for each in told) == ["Delete", "Update"]
    assert {each["name"] for each in told} == {name}


def test_a_machine_calls_ec2_by_the_names_of_its_model(builder, stacks):
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html"""
    launch_template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": {"InstanceType": "t4g.small"}}}
    states = {
        "New": task(
            "ec2:createLaunchTemplateVersion",
            "Set",
            ResultPath="$.made",
            Parameters={
                "LaunchTemplateId.$": "$.template",
                "SourceVersion": "$Latest",
                "LaunchTemplateData": {"ImageId": "ami-0deb1200000000002"},
            },
        ),
        "Set": task(
            "ec2:modifyLaunchTemplate",
            "Look",
            ResultPath="$.set",
            Parameters={
                "LaunchTemplateId.$": "$.template",
                "DefaultVersion.$": "States.Format('{}', $.made.LaunchTemplateVersion.VersionNumber)",
            },
        ),
        "Look": task(
            "ec2:describeLaunchTemplateVersions",
            Parameters={"LaunchTemplateId.$": "$.template", "Filters": [{"Name": "image-id", "Values": ["ami-0deb1200000000002"]}]},
        ),
    }
    stack = stacks(
        {
            "Resources": {
                "MachineRole": role(allow("*", "*"), service=STATES),
                "Template": launch_template,
                "Machine": machine(states, "New"),
            },
            "Outputs": {key: {"Value": ref(key)} for key in ("Machine", "Template")},
        }
    )
    found = execution_of(builder, stack, json.dumps({"template": stack.outputs["Template"]}))
    version = json.loads(found["output"])["LaunchTemplateVersions"][0]
    assert (version["VersionNumber"], version["DefaultVersion"], version["LaunchTemplateData"]["InstanceType"]) == (2, True, "t4g.small")
    refused = execution_of(builder, stack, json.dumps({"template": "lt-00000000000000000"}))
    assert (refused["status"], refused["error"]) == ("FAILED", "Ec2.Ec2Exception")


def test_an_image_that_is_not_there_is_told_of_its_parameter(builder, stacks):
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html (exception, dataType)"""
    name, ssm, events = unique(), builder.client("ssm"), builder.client("events")
    arn = stacks(
        {
            "Resources": {"MachineRole": role(service=STATES), "Machine": machine({"Done": {"Type": "Succeed"}}, "Done")},
            "Outputs": {"Machine": {"Value": ref("Machine")}},
        }
    ).outputs["Machine"]
    pattern = {"source": ["aws.ssm"], "detail": {"name": [f"/{name}"], "exception": [{"exists": False}]}}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, Targets=[{"Id": "machine", "Arn": arn, "RoleArn": "arn:aws:iam::123456789012:role/any"}])
    for image in ("ami-0123456789abcdef1", "ami-0deb1200000000001"):
        ssm.put_parameter(Name=f"/{name}", Value=image, Type="String", DataType="aws:ec2:image", Overwrite=True)
    execution = eventually(lambda: started(builder, arn))
    told = json.loads(builder.client("stepfunctions").describe_execution(executionArn=execution[0]["executionArn"])["input"])["detail"]
    assert (len(execution), told["operation"], told["dataType"]) == (1, "Create", "aws:ec2:image")
    events.remove_targets(Rule=name, Ids=["machine"])
    events.delete_rule(Name=name)
