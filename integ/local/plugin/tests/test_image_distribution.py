"""What a built image becomes: AMIs, parameters, launch templates; and what keeps a parameter as it was."""

import boto3
import pytest

from image_templates import DEBIAN, bash, built, distribution, document, execution_role, pipeline, template, unique
from people import ACCOUNT, policy
from templates import allow, changed, ref

OTHER_ACCOUNT = "210987654321"
CROSS_ACCOUNT_ROLE = "EC2ImageBuilderDistributionCrossAccountRole"


def value(cloud, name):
    return cloud.client("ssm").get_parameter(Name=name)["Parameter"]


def image_of(found):
    return found["outputResources"]["amis"][0]["image"]


def test_a_parameter_names_the_new_image(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_SsmParameterConfiguration.html"""
    name = unique()
    parameter = f"/imagebuilder/{name}/candidate"
    outputs = stacks(pipeline(name, template(name, parameter=parameter))).outputs
    first = built(builder, outputs["Pipeline"])
    assert first["state"] == {"status": "AVAILABLE"}
    assert (value(builder, parameter)["Value"], value(builder, parameter)["DataType"]) == (image_of(first), "aws:ec2:image")
    second = built(builder, outputs["Pipeline"])
    assert (value(builder, parameter)["Value"], value(builder, parameter)["Version"]) == (image_of(second), 2)


def test_an_image_that_fails_leaves_the_parameter_as_it_was(builder, stacks):
    name = unique()
    parameter = f"/imagebuilder/{name}/candidate"
    made = pipeline(name, template(name, parameter=parameter))
    stack = stacks(made)
    first = built(builder, stack.outputs["Pipeline"])

    def breaks(resources):
        resources["Component"]["Properties"].update(Version="1.0.1", Data=document([bash("Break", "exit 1")]))
        resources["Recipe"]["Properties"].update(Version="1.0.1")

    stack.update(changed(made, breaks))
    assert built(builder, stack.outputs["Pipeline"])["state"]["status"] == "FAILED"
    assert (value(builder, parameter)["Value"], value(builder, parameter)["Version"]) == (image_of(first), 1)


ROLES = {
    "no role": (None, "An execution role that may write the parameter"),
    "a role that may not write it": (execution_role(), "not authorized to perform: ssm:PutParameter"),
    "a role that may write another": (execution_role(parameter="/imagebuilder/other"), "not authorized to perform: ssm:PutParameter"),
    "a role that may not look at images": (execution_role(allow("ssm:PutParameter", "*")), "not authorized to perform: ec2:DescribeImages"),
}


@pytest.mark.parametrize("kind", ROLES)
def test_without_its_role_no_parameter_is_written_and_the_image_fails(builder, stacks, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html (SSM output parameters)"""
    role, problem = ROLES[kind]
    name = unique()
    made = template(name, parameter=f"/imagebuilder/{name}/candidate", **({"ExecutionRole": role} if role else {}))
    if role is None:
        del made["Resources"]["ExecutionRole"]
        del made["Outputs"]["ExecutionRole"]
    found = built(builder, stacks(pipeline(name, made)).outputs["Pipeline"])
    assert (found["state"]["status"], problem in found["state"]["reason"]) == ("FAILED", True), found["state"]
    with pytest.raises(builder.client("ssm").exceptions.ParameterNotFound):
        value(builder, f"/imagebuilder/{name}/candidate")


def test_an_ami_has_the_name_the_tags_and_the_users_that_were_asked_for(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html"""
    name, ec2 = unique(), builder.client("ec2")
    spread = distribution(
        name,
        distributions=[
            {
                "Region": "us-east-1",
                "AmiDistributionConfiguration": {
                    "Name": f"{name} {{{{ imagebuilder:buildVersion }}}} {{{{imagebuilder:buildDate}}}}",
                    "Description": "Ours",
                    "AmiTags": {"level": "ours"},
                    "LaunchPermissionConfiguration": {"UserIds": [OTHER_ACCOUNT]},
                },
            }
        ],
    )
    outputs = stacks(pipeline(name, template(name, Distribution=spread))).outputs
    found = built(builder, outputs["Pipeline"])
    ami = ec2.describe_images(ImageIds=[image_of(found)])["Images"][0]
    assert ami["Name"].startswith(f"{name} 1 20")
    assert ami["Description"] == "Ours"
    assert {"Key": "level", "Value": "ours"} in ami["Tags"]
    permission = ec2.describe_image_attribute(ImageId=image_of(found), Attribute="launchPermission")["LaunchPermissions"]
    assert permission == [{"UserId": OTHER_ACCOUNT}]


def client(cloud, service, region="us-east-1", account="test"):
    return boto3.client(service, endpoint_url=cloud.endpoint, region_name=region, aws_access_key_id=account, aws_secret_access_key="test")


def test_an_image_is_copied_to_each_region(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Distribution.html"""
    name = unique()
    both = [
        {
            "Region": region,
            "AmiDistributionConfiguration": {"AmiTags": {"region": region}},
            "SsmParameterConfigurations": [{"ParameterName": f"/{name}", "DataType": "aws:ec2:image"}],
        }
        for region in ("us-east-1", "eu-west-1")
    ]
    made = template(name, Distribution=distribution(name, distributions=both), ExecutionRole=execution_role(parameter=f"/{name}"))
    found = built(builder, stacks(pipeline(name, made)).outputs["Pipeline"])
    for ami in found["outputResources"]["amis"]:
        there = client(builder, "ec2", ami["region"]).describe_images(ImageIds=[ami["image"]], Owners=["self"])["Images"][0]
        assert {"Key": "region", "Value": ami["region"]} in there["Tags"]
        assert client(builder, "ssm", ami["region"]).get_parameter(Name=f"/{name}")["Parameter"]["Value"] == ami["image"]
    assert [ami["region"] for ami in found["outputResources"]["amis"]] == ["us-east-1", "eu-west-1"]


def test_another_account_gets_its_image_by_a_role_of_a_fixed_name(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/cross-account-dist.html"""
    name = unique()
    spread = distribution(
        name, distributions=[{"Region": "us-east-1", "AmiDistributionConfiguration": {"TargetAccountIds": [OTHER_ACCOUNT]}}]
    )
    outputs = stacks(pipeline(name, template(name, Distribution=spread))).outputs
    refused = built(builder, outputs["Pipeline"])
    assert f"The role {CROSS_ACCOUNT_ROLE} does not exist in the account {OTHER_ACCOUNT}" in refused["state"]["reason"]
    iam = client(builder, "iam", account=OTHER_ACCOUNT)
    trust = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::%s:root"}})
    iam.create_role(RoleName=CROSS_ACCOUNT_ROLE, AssumeRolePolicyDocument=trust % "111111111111")
    assert "is not authorized to assume" in built(builder, outputs["Pipeline"])["state"]["reason"]
    iam.update_assume_role_policy(RoleName=CROSS_ACCOUNT_ROLE, PolicyDocument=trust % ACCOUNT)
    found = built(builder, outputs["Pipeline"])
    there = [ami["image"] for ami in found["outputResources"]["amis"] if ami["accountId"] == OTHER_ACCOUNT]
    assert client(builder, "ec2", account=OTHER_ACCOUNT).describe_images(ImageIds=there, Owners=["self"])["Images"]
    iam.delete_role(RoleName=CROSS_ACCOUNT_ROLE)


def launch_template():
    return {
        "Type": "AWS::EC2::LaunchTemplate",
        "Properties": {"LaunchTemplateData": {"ImageId": "ami-0deb1200000000001", "InstanceType": "t4g.small"}},
    }


@pytest.mark.parametrize(("default", "number"), [(True, 2), (False, 1)])
def test_a_launch_template_gets_a_version_with_the_image(builder, stacks, default, number):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LaunchTemplateConfiguration.html"""
    name, ec2 = unique(), builder.client("ec2")
    made = template(name, Template=launch_template())
    made["Resources"]["Distribution"] = distribution(
        name, LaunchTemplateConfigurations=[{"LaunchTemplateId": ref("Template"), "SetDefaultVersion": default}]
    )
    outputs = stacks(pipeline(name, made)).outputs
    found = built(builder, outputs["Pipeline"])
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=outputs["Template"])["LaunchTemplateVersions"]
    assert [(each["VersionNumber"], each["DefaultVersion"]) for each in versions] == [(2, default), (1, not default)]
    assert versions[0]["LaunchTemplateData"] == {"ImageId": image_of(found), "InstanceType": "t4g.small"}
    assert ec2.describe_launch_templates(LaunchTemplateIds=[outputs["Template"]])["LaunchTemplates"][0]["DefaultVersionNumber"] == number


def test_versions_are_found_by_their_image_and_deleted_but_the_default(builder, stacks):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html, ..._DescribeLaunchTemplateVersions"""
    ec2 = builder.client("ec2")
    wanted = stacks({"Resources": {"Template": launch_template()}, "Outputs": {"Template": {"Value": ref("Template")}}}).outputs["Template"]
    for source in ("$Latest", "$Default"):
        ec2.create_launch_template_version(
            LaunchTemplateId=wanted, SourceVersion=source, LaunchTemplateData={"ImageId": "ami-0deb1200000000002"}
        )

    def naming(image, **more):
        filters = [{"Name": "image-id", "Values": [image]}]
        return [each["VersionNumber"] for each in ec2.describe_launch_template_versions(Filters=filters, **more)["LaunchTemplateVersions"]]

    assert naming("ami-0deb1200000000002", LaunchTemplateId=wanted) == [3, 2]
    assert 3 in naming("ami-0deb1200000000002", Versions=["$Latest", "$Default"])
    deleted = ec2.delete_launch_template_versions(LaunchTemplateId=wanted, Versions=["1", "2"])
    assert [each["VersionNumber"] for each in deleted["SuccessfullyDeletedLaunchTemplateVersions"]] == [2]
    assert [each["VersionNumber"] for each in deleted["UnsuccessfullyDeletedLaunchTemplateVersions"]] == [1]
    with pytest.raises(ec2.exceptions.ClientError, match="VersionNotFound"):
        ec2.create_launch_template_version(LaunchTemplateId=wanted, SourceVersion="9", LaunchTemplateData={})
    with pytest.raises(ec2.exceptions.ClientError, match=r"the versions are \$Latest and \$Default"):
        ec2.describe_launch_template_versions(Filters=[{"Name": "image-id", "Values": ["ami-1"]}])


def test_the_publishers_images_are_there_by_their_parameters(builder):
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html"""
    found = value(builder, DEBIAN.removeprefix("ssm:"))
    ami = builder.client("ec2").describe_images(ImageIds=[found["Value"]])["Images"][0]
    assert (ami["Architecture"], ami["Public"], ami["OwnerId"], ami["RootDeviceName"]) == ("arm64", True, "136693071363", "/dev/xvda")
    assert ami["CreationDate"].startswith("20")


def test_a_parameter_of_an_image_takes_none_that_does_not_exist(builder):
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html"""
    ssm, name = builder.client("ssm"), f"/{unique()}"
    there = value(builder, DEBIAN.removeprefix("ssm:"))["Value"]

    def put(image, data_type="aws:ec2:image"):
        return ssm.put_parameter(Name=name, Value=image, Type="String", DataType=data_type, Overwrite=True)

    put(there)
    put("ami-0123456789abcdef1")
    assert (value(builder, name)["Value"], value(builder, name)["Version"]) == (there, 1)
    with pytest.raises(ssm.exceptions.ClientError, match="ValidationException"):
        put("not-an-image")
    with pytest.raises(ssm.exceptions.ClientError, match="cannot be changed from aws:ec2:image to text"):
        put(there, "text")
    plain = f"/{unique()}"
    ssm.put_parameter(Name=plain, Value=there, Type="String")
    with pytest.raises(ssm.exceptions.ClientError, match="cannot be changed from text to aws:ec2:image"):
        ssm.put_parameter(Name=plain, Value=there, Type="String", DataType="aws:ec2:image", Overwrite=True)
