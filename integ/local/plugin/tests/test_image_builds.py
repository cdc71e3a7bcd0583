"""Images are really built: the documents run on a root, and what became of it is told."""

import json

import pytest

from cloud import DeployFailed, eventually
from image_templates import bash, built, component, document, ended, execution_role, image, log_of, pipeline, template, unique
from templates import allow, ref, role


def test_a_stack_has_its_image_once_it_is_available(builder, stacks):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-imagebuilder-image.html"""
    name = unique()
    made = image(template(name, document([bash("Write", "echo written > /etc/ours")], [bash("Read", "grep written /etc/ours")])))
    made["Resources"]["Recipe"]["Properties"]["BlockDeviceMappings"] = [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3", "Encrypted": True}}
    ]
    outputs = stacks(made).outputs
    found = builder.client("imagebuilder").get_image(imageBuildVersionArn=outputs["Image"])["image"]
    assert outputs["Image"].endswith(f":image/{name}/1.0.0/1")
    assert (found["state"], found["outputResources"]["amis"][0]["image"]) == ({"status": "AVAILABLE"}, outputs["ImageId"])
    ami = builder.client("ec2").describe_images(ImageIds=[outputs["ImageId"]], Owners=["self"])["Images"][0]
    assert ami["Architecture"] == "arm64"
    assert {tag["Key"]: tag["Value"] for tag in ami["Tags"]} == {"CreatedBy": "EC2 Image Builder", "Ec2ImageBuilderArn": outputs["Image"]}
    root = ami["BlockDeviceMappings"][0]
    assert (root["DeviceName"], root["Ebs"]["VolumeSize"], root["Ebs"]["Encrypted"]) == ("/dev/xvda", 20, True)
    snapshot = builder.client("ec2").describe_snapshots(SnapshotIds=[root["Ebs"]["SnapshotId"]])["Snapshots"][0]
    assert snapshot["Encrypted"] is True
    assert f"{name}, validate" in "\n".join(log_of(builder, found))


def test_a_stack_whose_image_fails_is_rolled_back_with_the_reason(builder):
    made = image(template(unique(), document([bash("Break", "echo so; exit 3")])))
    with pytest.raises(DeployFailed, match=r"is FAILED: .*phase build, step Break: exit code 3"):
        builder.deploy(made)


def test_a_validation_that_fails_fails_the_image(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html (phases)"""
    name = unique()
    outputs = stacks(pipeline(name, template(name, document([bash("Fine", "true")], [bash("Check", "exit 1")])))).outputs
    found = built(builder, outputs["Pipeline"])
    assert found["state"]["status"] == "FAILED"
    assert "phase validate, step Check" in found["state"]["reason"]
    assert found["outputResources"].get("amis", []) == []


def test_a_parent_without_a_root_here_fails_the_image_and_says_why(builder, stacks):
    name = unique()
    made = pipeline(name, template(name))
    made["Resources"]["Recipe"]["Properties"]["ParentImage"] = "ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    found = built(builder, stacks(made).outputs["Pipeline"])
    assert (found["state"]["status"], "has no root of" in found["state"]["reason"]) == ("FAILED", True)


def test_components_get_their_parameters(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-user-defined-variables.html"""
    name = unique()
    data = document([bash("Say", "echo the level is {{ level }}")], parameters=[{"level": {"type": "string", "description": "A level"}}])
    made = pipeline(name, template(name, data))
    made["Resources"]["Recipe"]["Properties"]["Components"] = [
        {"ComponentArn": ref("Component"), "Parameters": [{"Name": "level", "Value": ["common"]}]}
    ]
    found = built(builder, stacks(made).outputs["Pipeline"])
    assert found["state"]["status"] == "AVAILABLE"
    assert "the level is common" in "\n".join(log_of(builder, found))


def test_what_is_not_executed_is_named_in_the_log(builder, stacks):
    name = unique()
    made = pipeline(name, template(name, document([bash("Fine", "true")], test=[bash("Boot", "exit 1")])))
    managed = "arn:aws:imagebuilder:us-east-1:aws:component/update-linux/x.x.x"
    made["Resources"]["Recipe"]["Properties"]["Components"].append({"ComponentArn": managed})
    lines = log_of(builder, built(builder, stacks(made).outputs["Pipeline"]))
    assert any(line.startswith(f"NOT EXECUTED here: {managed}") for line in lines)
    assert any(line.startswith(f"NOT EXECUTED here: the test phase of {name}") for line in lines)


def test_an_image_is_built_on_an_image_and_its_root_goes_with_it(builder, stacks):
    name, ec2 = unique(), builder.client("ec2")
    first = stacks(image(template(name))).outputs["ImageId"]
    root = builder.log.parent / "images" / first
    assert (root / "etc/ours").read_text() == "written\n"
    upper = unique()
    made = image(template(upper, document([bash("Read", "grep written /etc/ours"), bash("Write", "echo more > /etc/more")])))
    made["Resources"]["Recipe"]["Properties"]["ParentImage"] = first
    second = stacks(made).outputs["ImageId"]
    assert sorted(each.name for each in (root.parent / second / "etc").iterdir() if each.name in ("more", "ours")) == ["more", "ours"]
    assert not (root / "etc/more").exists()
    ec2.deregister_image(ImageId=first)
    assert not root.exists()


def test_an_instance_of_another_architecture_fails_the_image(builder, stacks):
    """https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-launch-troubleshooting.html"""
    name = unique()
    outputs = stacks(pipeline(name, template(name, settings={"InstanceTypes": ["m7i.large"]}))).outputs
    assert "does not match the architecture 'arm64'" in built(builder, outputs["Pipeline"])["state"]["reason"]


def test_a_pipeline_tells_of_its_images(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImagePipelineImages.html"""
    name, service = unique(), builder.client("imagebuilder")
    outputs = stacks(pipeline(name, template(name))).outputs
    first, second = (built(builder, outputs["Pipeline"], tags={"why": "asked"}) for _ in range(2))
    assert [each["arn"].rsplit("/", 1)[-1] for each in (first, second)] == ["1", "2"]
    assert (first["sourcePipelineArn"], first["tags"]) == (outputs["Pipeline"], {"why": "asked"})
    assert [each["arn"] for each in service.list_image_pipeline_images(imagePipelineArn=outputs["Pipeline"])["imageSummaryList"]] == [
        second["arn"],
        first["arn"],
    ]
    version = first["arn"].rsplit("/", 1)[0]
    assert [each["arn"] for each in service.list_image_build_versions(imageVersionArn=version)["imageSummaryList"]] == [
        second["arn"],
        first["arn"],
    ]
    assert version in [each["arn"] for each in service.list_images(filters=[{"name": "name", "values": [name]}])["imageVersionList"]]
    service.delete_image(imageBuildVersionArn=first["arn"])
    assert [each["arn"] for each in service.list_image_build_versions(imageVersionArn=version)["imageSummaryList"]] == [second["arn"]]
    assert builder.client("ec2").describe_images(ImageIds=[first["outputResources"]["amis"][0]["image"]])["Images"]


def test_an_image_that_is_cancelled_ends_and_distributes_nothing(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CancelImageCreation.html"""
    name, service = unique(), builder.client("imagebuilder")
    outputs = stacks(pipeline(name, template(name, document([bash("Wait", "echo waiting; sleep 120")])))).outputs
    arn = service.start_image_pipeline_execution(imagePipelineArn=outputs["Pipeline"])["imageBuildVersionArn"]

    def runs():
        try:
            return any(", build" in line for line in log_of(builder, {"arn": arn}))
        except builder.client("logs").exceptions.ResourceNotFoundException:
            return False

    assert eventually(runs)
    with pytest.raises(service.exceptions.ResourceDependencyException):
        service.delete_image(imageBuildVersionArn=arn)
    service.cancel_image_creation(imageBuildVersionArn=arn)
    found = ended(builder, arn)
    assert (found["state"]["status"], found["outputResources"].get("amis", [])) == ("CANCELLED", [])
    with pytest.raises(service.exceptions.InvalidRequestException, match="it cannot be cancelled"):
        service.cancel_image_creation(imageBuildVersionArn=arn)


def queue(builder, name):
    sqs = builder.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def messages(builder, url, count):
    found = []

    def received():
        found.extend(
            json.loads(each["Body"])
            for each in builder.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        )
        return len(found) >= count

    assert eventually(received), found
    return found


@pytest.mark.parametrize(("commands", "status"), [("true", "AVAILABLE"), ("exit 1", "FAILED")])
def test_the_states_of_an_image_are_events(builder, stacks, commands, status):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/integ-eventbridge.html"""
    name, events = unique(), builder.client("events")
    url, arn = queue(builder, name)
    outputs = stacks(pipeline(name, template(name, document([bash("Run", commands)])))).outputs
    events.put_rule(
        Name=name,
        EventPattern=json.dumps(
            {
                "source": ["aws.imagebuilder"],
                "detail-type": ["EC2 Image Builder Image State Change"],
                "resources": [{"prefix": f"arn:aws:imagebuilder:us-east-1:123456789012:image/{name}/"}],
                "detail": {"state": {"status": [status]}},
            }
        ),
    )
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    found = built(builder, outputs["Pipeline"])
    told = messages(builder, url, 1)
    assert [each["resources"] for each in told] == [[found["arn"]]]
    assert told[0]["detail"]["previous-state"]["status"] == {"AVAILABLE": "DISTRIBUTING", "FAILED": "BUILDING"}[status]
    assert told[0]["detail"]["state"].get("reason") == found["state"].get("reason")
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


def test_a_topic_is_notified_once_an_image_ended(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/integ-sns.html"""
    name, sns = unique(), builder.client("sns")
    url, arn = queue(builder, name)
    topic = sns.create_topic(Name=name)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    outputs = stacks(pipeline(name, template(name, document([bash("Break", "exit 1")]), settings={"SnsTopicArn": topic}))).outputs
    found = built(builder, outputs["Pipeline"])
    told = json.loads(messages(builder, url, 1)[0]["Message"])
    assert (told["arn"], told["state"]["status"], told["buildVersion"]) == (found["arn"], "FAILED", 1)


def test_the_log_of_a_build_is_kept_where_it_is_asked_for(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_S3Logs.html"""
    name = unique()
    builder.client("s3").create_bucket(Bucket=name)
    builder.client("logs").create_log_group(logGroupName=f"/ours/{name}")
    made = template(name, settings={"Logging": {"S3Logs": {"S3BucketName": name, "S3KeyPrefix": "images"}}})
    stacks_outputs = stacks(pipeline(name, made, LoggingConfiguration={"ImageLogGroupName": f"/ours/{name}"})).outputs
    built(builder, stacks_outputs["Pipeline"])
    keys = [each["Key"] for each in eventually(lambda: builder.client("s3").list_objects_v2(Bucket=name).get("Contents"))]
    assert keys == [f"images/{name}/1.0.0/1/console.log"]
    streams = builder.client("logs").describe_log_streams(logGroupName=f"/ours/{name}")["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == ["1.0.0/1"]


def test_the_amis_of_a_deleted_image_stay_unless_a_role_may_delete_them(builder):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-imagebuilder-image-deletionsettings.html"""
    ec2 = builder.client("ec2")

    def left(**more):
        stack = builder.deploy(image(template(unique(), Deleter=execution_role()), **more))
        ami = stack.outputs["ImageId"]
        snapshot = ec2.describe_images(ImageIds=[ami])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        stack.delete()
        kept = [each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]]
        return len(ec2.describe_images(ImageIds=[ami])["Images"]), snapshot in kept

    assert left() == (1, True)
    assert left(DeletionSettings={"ExecutionRole": ref("Deleter")}) == (0, False)


@pytest.mark.parametrize("may", [True, False])
def test_files_of_a_bucket_are_fetched_as_the_machines_role_may(builder, stacks, may):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html (S3Download)"""
    name, s3 = unique(), builder.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="files/ours", Body=b"from the bucket\n")
    fetch = {"name": "Fetch", "action": "S3Download", "inputs": [{"source": f"s3://{name}/files/ours", "destination": "/etc/ours"}]}
    data = document([fetch, bash("Read", "grep 'from the bucket' /etc/ours")])
    s3.put_object(Bucket=name, Key="document.yml", Body=data.encode())
    made = pipeline(name, template(name, Component=component(name, Data=None, Uri=f"s3://{name}/document.yml")))
    made["Resources"]["InstanceRole"] = role(
        *([allow("s3:GetObject", f"arn:aws:s3:::{name}/*")] if may else []), service="ec2.amazonaws.com"
    )
    found = built(builder, stacks(made).outputs["Pipeline"])
    assert found["state"]["status"] == ("AVAILABLE" if may else "FAILED"), found["state"]
    assert may or "not authorized to perform: s3:GetObject" in found["state"]["reason"]
