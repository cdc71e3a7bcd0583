"""CloudFormation's types of EC2 Image Builder.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ImageBuilder.html
"""

import uuid

from ministack.services import ec2

from .api import call, forgiving
from .image_builds import wait
from .image_kinds import KINDS
from .image_roles import role_of
from .image_roots import forget
from .image_store import find, latest_version_references
from .resources import known, present, resource, to_api

_NEVER_CHANGE = {
    "Component": ("Name", "Version", "ChangeDescription", "Description", "Platform", "Data", "Uri", "KmsKeyId", "SupportedOsVersions"),
    "ImageRecipe": ("Name", "Version", "Components", "ParentImage", "Description", "BlockDeviceMappings", "WorkingDirectory"),
    "InfrastructureConfiguration": ("Name",),
    "DistributionConfiguration": ("Name",),
    "ImagePipeline": ("Name",),
    "LifecyclePolicy": ("Name",),
    "Workflow": ("Name", "Version", "ChangeDescription", "Description", "Data", "Uri", "Type", "KmsKeyId"),
    "Image": (
        "ImageRecipeArn",
        "ContainerRecipeArn",
        "InfrastructureConfigurationArn",
        "Workflows",
        "DistributionConfigurationArn",
        "ImageTestsConfiguration",
        "ImageScanningConfiguration",
        "EnhancedImageMetadataEnabled",
    ),
}
"""createOnlyProperties of the types' schemas."""
_RENAMED = {"version": "semanticVersion"}


def _pascal(resource_type, value, where):
    """Properties begin with a capital letter. These ones have no type in the schema, so that nothing else would say so."""
    if not isinstance(value, dict):
        raise ValueError(f"{resource_type}: {where} is an object")
    for key in value:
        if key[:1].islower():
            raise ValueError(f"{resource_type}: {where} has no property {key}")


def _untyped(resource_type, properties):
    """AmiDistributionConfiguration, whose LaunchPermissionConfiguration the API calls launchPermission."""
    distributions = []
    for distribution in properties.get("Distributions") or []:
        settings = distribution.get("AmiDistributionConfiguration")
        if settings:
            _pascal(resource_type, settings, "AmiDistributionConfiguration")
            settings = dict(settings)
            if "LaunchPermissionConfiguration" in settings:
                _pascal(resource_type, settings["LaunchPermissionConfiguration"], "LaunchPermissionConfiguration")
                settings["launchPermission"] = settings.pop("LaunchPermissionConfiguration")
            distribution = {**distribution, "AmiDistributionConfiguration": settings}
        distributions.append(distribution)
    return {**properties, **({"Distributions": distributions} if distributions else {})}


def _parameters(name, operation, properties):
    resource_type = f"AWS::ImageBuilder::{name}"
    asked = {
        _RENAMED.get(key.lower(), key): value for key, value in _untyped(resource_type, properties).items() if value not in (None, [], {})
    }
    return {**to_api("imagebuilder", operation, asked), "clientToken": str(uuid.uuid4())}


def _attributes(record):
    latest = latest_version_references(record["arn"])
    versions = (
        {
            f"LatestVersion.{ours}": latest[f"latest{theirs}VersionArn"]
            for ours, theirs in (("Arn", ""), ("Major", "Major"), ("Minor", "Minor"), ("Patch", "Patch"))
        }
        if latest
        else {}
    )
    return {
        "Arn": record["arn"],
        "Name": record["name"],
        **versions,
        **present(
            Type=record.get("type"),
            DeploymentId=record.get("deploymentId"),
            Encrypted=str(record["encrypted"]).lower() if "encrypted" in record else None,
        ),
    }


def _retag(arn, old, new):
    gone = sorted(set(old.get("Tags") or {}) - set(new.get("Tags") or {}))
    if gone:
        call("imagebuilder", "UntagResource", resourceArn=arn, tagKeys=gone)
    if new.get("Tags"):
        call("imagebuilder", "TagResource", resourceArn=arn, tags={key: str(value) for key, value in new["Tags"].items()})


def _offer(name):
    arn_name = KINDS[name][1]
    changes = name in ("InfrastructureConfiguration", "DistributionConfiguration", "ImagePipeline", "LifecyclePolicy")

    def create(logical_id, properties, stack_name):
        arn = call("imagebuilder", f"Create{name}", **_parameters(name, f"Create{name}", properties))[arn_name]
        return arn, _attributes(find(arn))

    def update(physical_id, old, new, stack_name, logical_id):
        if changes:
            asked = {key: value for key, value in new.items() if key not in ("Name", "Tags")}
            call("imagebuilder", f"Update{name}", **_parameters(name, f"Update{name}", {**asked, arn_name: physical_id}))
        elif {key: value for key, value in old.items() if key != "Tags"} != {key: value for key, value in new.items() if key != "Tags"}:
            raise ValueError(f"AWS::ImageBuilder::{name}: the local cloud changes nothing but its tags")
        _retag(physical_id, old, new)
        return physical_id, _attributes(find(physical_id))

    def delete(physical_id, properties):
        with forgiving("ResourceNotFound"):
            call("imagebuilder", f"Delete{name}", **{arn_name: physical_id})

    resource(f"AWS::ImageBuilder::{name}", create=create, update=update, delete=delete, replace=_NEVER_CHANGE[name])


for _name in KINDS:
    _offer(_name)

IMAGE = "AWS::ImageBuilder::Image"
_OF_THE_RESOURCE = ("DeletionSettings", "ImagePipelineExecutionSettings")
_OF_AN_IMAGE = (*_NEVER_CHANGE["Image"], "ExecutionRole", "LoggingConfiguration", "Tags")


def _create_image(logical_id, properties, stack_name):
    """CREATE_COMPLETE once the image is available.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-imagebuilder-image.html
    """
    known(IMAGE, properties, "DeletionSettings", *_OF_AN_IMAGE)
    if properties.get("DeletionSettings"):
        role_of(properties["DeletionSettings"]["ExecutionRole"])
    asked = {key: value for key, value in properties.items() if key not in _OF_THE_RESOURCE}
    arn = call("imagebuilder", "CreateImage", **_parameters("Image", "CreateImage", asked))["imageBuildVersionArn"]
    image = wait(arn)
    if image["state"]["status"] != "AVAILABLE":
        raise ValueError(f"The image {arn} is {image['state']['status']}: {image['state'].get('reason', '')}")
    return arn, _image_attributes(image)


def _image_attributes(image):
    own = [ami["image"] for ami in image["outputResources"]["amis"] if ami["accountId"] == image["owner"]]
    return {key: value for key, value in {**_attributes(image), "ImageId": own[0] if own else None}.items() if key != "Type" and value}


def _update_image(physical_id, old, new, stack_name, logical_id):
    known(IMAGE, new, "DeletionSettings", *_OF_AN_IMAGE)
    _retag(physical_id, old, new)
    return physical_id, _image_attributes(find(physical_id))


def _delete_amis(image):
    for ami in image["outputResources"]["amis"]:
        registered = ec2._images.get_scoped(ami["accountId"], ami["region"], ami["image"])
        if registered and ami["accountId"] == image["owner"]:
            snapshots = [mapping.get("Ebs", {}).get("SnapshotId") for mapping in registered["BlockDeviceMappings"]]
            ec2._images.pop_scoped(ami["accountId"], ami["region"], ami["image"])
            forget(ami["image"])
            for snapshot in filter(None, snapshots):
                ec2._snapshots.pop_scoped(ami["accountId"], ami["region"], snapshot, None)


def _delete_image(physical_id, properties):
    """The AMIs stay, unless DeletionSettings says whose role deletes them."""
    image = find(physical_id)
    if image and properties.get("DeletionSettings"):
        role_of(properties["DeletionSettings"]["ExecutionRole"])
        _delete_amis(image)
    with forgiving("ResourceNotFound"):
        call("imagebuilder", "DeleteImage", imageBuildVersionArn=physical_id)


resource(IMAGE, create=_create_image, update=_update_image, delete=_delete_image, replace=_NEVER_CHANGE["Image"])
