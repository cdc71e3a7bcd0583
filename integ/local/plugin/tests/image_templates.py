"""Templates with EC2 Image Builder's resources, and the root that its images are built on."""

import io
import json
import shutil
import tarfile
import time
import uuid

import pytest

from people import ACCOUNT
from templates import allow, att, ref, role

DEBIAN = "ssm:/aws/service/debian/release/12/latest/arm64"
BUILDER = "imagebuilder.amazonaws.com"
REGION = "us-east-1"


def unique(prefix="image"):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def busybox_root(path):
    """A root that has what the executor asks of one, a shell by the name of bash, and little else."""
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.exit("These tests need a static busybox: install the package busybox-static.", returncode=1)
    with tarfile.open(path, "w") as archive:
        for name in ("bin", "usr", "usr/bin", "usr/sbin", "proc", "sys", "dev", "run", "tmp", "etc", "root", "var"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for name, text, mode in (
            ("etc/hosts", "127.0.0.1 localhost\n", 0o644),
            ("etc/resolv.conf", "", 0o644),
            ("bin/bash", '#!/bin/sh\nexec /bin/sh "$@"\n', 0o755),
            ("usr/bin/bash", '#!/bin/sh\nexec /bin/sh "$@"\n', 0o755),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), mode
            archive.addfile(entry, io.BytesIO(text.encode()))
        archive.add(busybox, "bin/busybox")
        for applet in ("sh", "cat", "echo", "sleep", "touch", "test", "mkdir", "rm", "ls", "grep"):
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return path


def bash(name, *commands, **more):
    return {"name": name, "action": "ExecuteBash", "inputs": {"commands": list(commands)}, **more}


def document(build=(), validate=(), test=(), **more):
    phases = [{"name": name, "steps": list(steps)} for name, steps in (("build", build), ("validate", validate), ("test", test)) if steps]
    return json.dumps({"name": "Document", "schemaVersion": "1.0", **more, "phases": phases})


def component(name, data=None, **more):
    return {
        "Type": "AWS::ImageBuilder::Component",
        "Properties": {
            "Name": name,
            "Version": "1.0.0",
            "Platform": "Linux",
            "Data": data or document([bash("Write", "echo written > /etc/ours")]),
            **more,
        },
    }


def recipe(name, *components, **more):
    return {
        "Type": "AWS::ImageBuilder::ImageRecipe",
        "Properties": {
            "Name": name,
            "Version": "1.0.0",
            "ParentImage": DEBIAN,
            "Components": [
                each if isinstance(each, dict) and "ComponentArn" in each else {"ComponentArn": each}
                for each in components or (ref("Component"),)
            ],
            **more,
        },
    }


def infrastructure(name, **more):
    return {
        "InstanceRole": role(service="ec2.amazonaws.com"),
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [ref("InstanceRole")]}},
        "Infrastructure": {
            "Type": "AWS::ImageBuilder::InfrastructureConfiguration",
            "Properties": {"Name": name, "InstanceProfileName": ref("Profile"), "InstanceTypes": ["t4g.medium"], **more},
        },
    }


def distribution(name, parameter=None, region=REGION, distributions=None, **more):
    own = {
        "Region": region,
        "AmiDistributionConfiguration": {"Name": f"{name}-{{{{ imagebuilder:buildDate }}}}", "AmiTags": {"level": "ours"}},
        **more,
    }
    if parameter:
        own["SsmParameterConfigurations"] = [{"ParameterName": parameter, "DataType": "aws:ec2:image"}]
    return {"Type": "AWS::ImageBuilder::DistributionConfiguration", "Properties": {"Name": name, "Distributions": distributions or [own]}}


def execution_role(*statements, parameter=None):
    own = (
        [allow("ssm:PutParameter", f"arn:aws:ssm:*:{ACCOUNT}:parameter{parameter}"), allow("ec2:DescribeImages", "*")] if parameter else []
    )
    return role(*own, *statements, service=BUILDER)


def template(name, data=None, parameter=None, settings=None, **resources):
    """A component, a recipe, an infrastructure configuration, and a distribution where a parameter is given."""
    made = {"Component": component(name, data), "Recipe": recipe(name), **infrastructure(name, **(settings or {}))}
    if parameter:
        made["Distribution"] = distribution(name, parameter)
        made["ExecutionRole"] = execution_role(parameter=parameter)
    made.update(resources)
    return {"Resources": made, "Outputs": {key: {"Value": ref(key)} for key in made}}


def pipeline(name, made, **more):
    """A pipeline of a template's resources, which is added to them."""
    resources = made["Resources"]
    resources["Pipeline"] = {
        "Type": "AWS::ImageBuilder::ImagePipeline",
        "Properties": {
            "Name": name,
            "ImageRecipeArn": ref("Recipe"),
            "InfrastructureConfigurationArn": ref("Infrastructure"),
            **({"DistributionConfigurationArn": ref("Distribution")} if "Distribution" in resources else {}),
            **({"ExecutionRole": att("ExecutionRole", "Arn")} if "ExecutionRole" in resources else {}),
            **more,
        },
    }
    made["Outputs"]["Pipeline"] = {"Value": ref("Pipeline")}
    return made


def image(made, **more):
    """An image of a template's resources, which CloudFormation waits for."""
    resources = made["Resources"]
    resources["Image"] = {
        "Type": "AWS::ImageBuilder::Image",
        "Properties": {
            "ImageRecipeArn": ref("Recipe"),
            "InfrastructureConfigurationArn": ref("Infrastructure"),
            **({"DistributionConfigurationArn": ref("Distribution")} if "Distribution" in resources else {}),
            **({"ExecutionRole": att("ExecutionRole", "Arn")} if "ExecutionRole" in resources else {}),
            **more,
        },
    }
    made["Outputs"].update(Image={"Value": ref("Image")}, ImageId={"Value": att("Image", "ImageId")})
    return made


def built(cloud, pipeline_arn, **more):
    """The image of a run of a pipeline, once it ended."""
    service = cloud.client("imagebuilder")
    return ended(cloud, service.start_image_pipeline_execution(imagePipelineArn=pipeline_arn, **more)["imageBuildVersionArn"])


def ended(cloud, arn):
    while True:
        found = cloud.client("imagebuilder").get_image(imageBuildVersionArn=arn)["image"]
        if found["state"]["status"] in ("AVAILABLE", "FAILED", "CANCELLED"):
            return found
        time.sleep(0.1)


def log_of(cloud, found):
    name, version, number = found["arn"].split("/")[-3:]
    events = cloud.client("logs").get_log_events(
        logGroupName=f"/aws/imagebuilder/{name}", logStreamName=f"{version}/{number}", startFromHead=True
    )
    return [event["message"] for event in events["events"]]
