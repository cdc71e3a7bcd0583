"""What becomes of a built image: AMIs with their snapshots, in regions and accounts, parameters and launch templates that name them."""

import re
from datetime import datetime, timezone

from ministack.core.responses import get_account_id, get_region, request_scope

from .api import ApiError, call
from .image_roles import RoleRefused, require, role_of
from .image_store import parsed

CROSS_ACCOUNT_ROLE = "EC2ImageBuilderDistributionCrossAccountRole"


class DistributionFailed(Exception):
    pass


def _tag_list(tags):
    return [{"Key": key, "Value": str(value)} for key, value in tags.items()]


def _name(image, configured):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AmiDistributionConfiguration.html: unique by its date."""
    parts = parsed(image["arn"])
    built = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
    values = {"imagebuilder:buildDate": built, "imagebuilder:buildVersion": parts["build"]}
    name = re.sub(r"\{\{\s*([a-zA-Z:]+)\s*\}\}", lambda found: values.get(found[1], found[0]), configured or "")
    if "imagebuilder:buildDate" not in (configured or ""):
        name = f"{name or image['name']} {built}"
    return name[:128]


def _mappings(image, parent, kms_key, tags):
    """The recipe's volumes, each with a snapshot of its own."""
    own = {
        each["deviceName"]: each.get("ebs") or {}
        for each in image["imageRecipe"].get("blockDeviceMappings") or []
        if each.get("deviceName")
    }
    for device, asked in {parent.root_device: {}, **own}.items():
        size, kind = asked.get("volumeSize", 8), asked.get("volumeType", "gp3")
        encrypted = bool(asked.get("encrypted") or kms_key)
        ebs = {
            "VolumeSize": size,
            "VolumeType": kind,
            "DeleteOnTermination": asked.get("deleteOnTermination", True),
            "Encrypted": encrypted,
        }
        if device == parent.root_device or asked.get("snapshotId"):
            volume = call("ec2", "CreateVolume", AvailabilityZone=f"{get_region()}a", Size=size, VolumeType=kind, Encrypted=encrypted)[
                "VolumeId"
            ]
            ebs["SnapshotId"] = call(
                "ec2",
                "CreateSnapshot",
                VolumeId=volume,
                Description=f"Created by Image Builder for {image['arn']}",
                TagSpecifications=[{"ResourceType": "snapshot", "Tags": _tag_list(tags)}],
            )["SnapshotId"]
            call("ec2", "DeleteVolume", VolumeId=volume)
        yield {"DeviceName": device, "Ebs": ebs}


def _register(image, parent, settings):
    tags = {
        "CreatedBy": "EC2 Image Builder",
        "Ec2ImageBuilderArn": image["arn"],
        **(image["imageRecipe"].get("amiTags") or {}),
        **(settings.get("amiTags") or {}),
    }
    name, description = _name(image, settings.get("name")), settings.get("description") or image["imageRecipe"].get("description") or ""
    ami = call(
        "ec2",
        "RegisterImage",
        Name=name,
        Description=description,
        Architecture=parent.architecture,
        VirtualizationType="hvm",
        RootDeviceName=parent.root_device,
        BlockDeviceMappings=list(_mappings(image, parent, settings.get("kmsKeyId"), tags)),
    )["ImageId"]
    call("ec2", "CreateTags", Resources=[ami], Tags=_tag_list(tags))
    permission = settings.get("launchPermission") or {}
    added = [
        *({"UserId": user} for user in permission.get("userIds") or []),
        *({"Group": group} for group in permission.get("userGroups") or []),
    ]
    if added:
        call("ec2", "ModifyImageAttribute", ImageId=ami, LaunchPermission={"Add": added})
    return {
        "region": get_region(),
        "image": ami,
        "name": name,
        "description": description,
        "accountId": get_account_id(),
        "state": {"status": "AVAILABLE"},
    }


def _put_parameter(image, parameter, ami):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/cr-upd-ami-distribution-settings.html (SSM output parameters)"""
    name, data_type = parameter["parameterName"], parameter.get("dataType", "text")
    if not image.get("executionRole"):
        raise DistributionFailed(f"An execution role that may write the parameter {name} was not given.")
    with request_scope(image["owner"], get_region()):
        role = role_of(image["executionRole"])
        require(role, "ssm:PutParameter", f"arn:aws:ssm:{get_region()}:{image['owner']}:parameter/{name.lstrip('/')}")
        if data_type == "aws:ec2:image":
            require(role, "ec2:DescribeImages", "*")
    call("ssm", "PutParameter", Name=name, Value=ami, Type="String", DataType=data_type, Overwrite=True)


def _launch_template(configured, ami):
    """A new version after the latest: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LaunchTemplateConfiguration.html"""
    template = configured["launchTemplateId"]
    made = call(
        "ec2", "CreateLaunchTemplateVersion", LaunchTemplateId=template, SourceVersion="$Latest", LaunchTemplateData={"ImageId": ami}
    )
    if configured.get("setDefaultVersion", True):
        number = str(made["LaunchTemplateVersion"]["VersionNumber"])
        call("ec2", "ModifyLaunchTemplate", LaunchTemplateId=template, DefaultVersion=number)


def _to_account(image, parent, settings, account):
    with request_scope(account, get_region()):
        if account != image["owner"]:
            role_of(CROSS_ACCOUNT_ROLE, account=image["owner"])
        return _register(image, parent, settings)


def _to_region(image, parent, distribution, log):
    settings = distribution.get("amiDistributionConfiguration") or {}
    made = [_register(image, parent, settings)]
    for account in settings.get("targetAccountIds") or []:
        if account != image["owner"]:
            made.append(_to_account(image, parent, settings, account))
    for ami in made:
        log(f"Distributed {ami['image']} ({ami['name']}) to {ami['region']} of account {ami['accountId']}.")
    by_account = {ami["accountId"]: ami["image"] for ami in made}
    for configured in distribution.get("launchTemplateConfigurations") or []:
        account = configured.get("accountId", image["owner"])
        with request_scope(account, get_region()):
            _launch_template(configured, by_account.get(account, made[0]["image"]))
    return made, by_account


def distribute(image, parent, log):
    """The AMIs; parameters are written last, when all else went well, so that none names an image that failed."""
    here = get_region()
    configured = (image.get("distributionConfiguration") or {}).get("distributions") or [{"region": here}]
    made, parameters = [], []
    try:
        for distribution in configured:
            with request_scope(image["owner"], distribution["region"]):
                amis, by_account = _to_region(image, parent, distribution, log)
            made += amis
            parameters += [(distribution["region"], each, by_account) for each in distribution.get("ssmParameterConfigurations") or []]
        for region, each, by_account in parameters:
            account = each.get("amiAccountId", image["owner"])
            with request_scope(account, region):
                _put_parameter(image, each, by_account[account])
            log(f"Wrote the parameter {each['parameterName']} in {region} of account {account}.")
    except (ApiError, RoleRefused, DistributionFailed) as problem:
        raise DistributionFailed(f"Distribution failed: {problem}") from None
    return made
