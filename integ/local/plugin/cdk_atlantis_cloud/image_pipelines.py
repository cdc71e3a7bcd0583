"""Where and when EC2 Image Builder builds: infrastructure, distribution, pipelines; and lifecycle policies (not acted on)."""

import re
import uuid

from ministack.services import ec2, iam

from .image_roles import RoleRefused, role_of
from .image_store import add, arn_of, find, get, is_managed, now, parsed
from .image_wire import invalid, operation

_MOST_LAUNCH_TEMPLATES = 5
_SCHEDULE = re.compile(r"(cron\((\S+ ){4,5}\S+\)|rate\(\d+ (minutes?|hours?|days?)\))")


def _not_valid(parameter, why):
    return invalid(f"The value supplied for parameter '{parameter}' is not valid. {why}")


def _exists(parameter, arn, kind):
    if arn and (find(arn) is None or parsed(arn)["kind"] != kind):
        raise _not_valid(parameter, f"The resource {arn} does not exist.")


def _check_infrastructure(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateInfrastructureConfiguration.html"""
    if request["instanceProfileName"] not in iam._instance_profiles:
        raise _not_valid(
            "instanceProfileName",
            "The provided instance profile does not exist. Please specify a different instance profile " "and try again.",
        )
    if request.get("subnetId") and request["subnetId"] not in ec2._subnets:
        raise _not_valid("subnetId", f"The subnet {request['subnetId']} does not exist.")
    if request.get("subnetId") and not request.get("securityGroupIds"):
        raise _not_valid("securityGroupIds", "A subnet needs security groups.")
    for group in request.get("securityGroupIds") or []:
        if group not in ec2._security_groups:
            raise _not_valid("securityGroupIds", f"The security group {group} does not exist.")


def _check_distribution(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Distribution.html"""
    regions = [each["region"] for each in request["distributions"]]
    if len(set(regions)) < len(regions):
        raise _not_valid("distributions", "A region is named twice.")
    for each in request["distributions"]:
        for unknown in (
            "containerDistributionConfiguration",
            "s3ExportConfiguration",
            "fastLaunchConfigurations",
            "licenseConfigurationArns",
        ):
            if each.get(unknown):
                raise _not_valid(unknown, "The local cloud does not emulate it.")
        if len(each.get("launchTemplateConfigurations") or []) > _MOST_LAUNCH_TEMPLATES:
            raise _not_valid("launchTemplateConfigurations", f"A region has at most {_MOST_LAUNCH_TEMPLATES} launch templates.")
        targets = (each.get("amiDistributionConfiguration") or {}).get("targetAccountIds") or []
        for parameter in each.get("ssmParameterConfigurations") or []:
            if parameter.get("amiAccountId") and parameter["amiAccountId"] not in targets:
                raise _not_valid("amiAccountId", f"{parameter['amiAccountId']} is not among the target accounts of {each['region']}.")


def check_execution(request):
    """What an image and a pipeline have in common."""
    if request.get("containerRecipeArn"):
        raise _not_valid("containerRecipeArn", "The local cloud builds no containers.")
    if not request.get("imageRecipeArn"):
        raise invalid("imageRecipeArn must be given.")
    _exists("imageRecipeArn", request["imageRecipeArn"], "image-recipe")
    _exists("infrastructureConfigurationArn", request["infrastructureConfigurationArn"], "infrastructure-configuration")
    _exists("distributionConfigurationArn", request.get("distributionConfigurationArn"), "distribution-configuration")
    for workflow in request.get("workflows") or []:
        if not is_managed(workflow["workflowArn"]):
            get(workflow["workflowArn"])
    if request.get("workflows") and not request.get("executionRole"):
        raise invalid("An executionRole must be given with workflows.")
    if request.get("executionRole"):
        try:
            role_of(request["executionRole"])
        except RoleRefused as refused:
            raise _not_valid("executionRole", str(refused)) from None


def _check_pipeline(request):
    check_execution(request)
    expression = (request.get("schedule") or {}).get("scheduleExpression")
    if expression and not _SCHEDULE.fullmatch(expression):
        raise _not_valid("scheduleExpression", f"{expression} is neither cron(...) nor rate(...).")


def _check_policy(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateLifecyclePolicy.html"""
    try:
        role_of(request["executionRole"])
    except RoleRefused as refused:
        raise _not_valid("executionRole", str(refused)) from None
    for detail in request["policyDetails"]:
        if detail["filter"]["type"] == "AGE" and not detail["filter"].get("unit"):
            raise _not_valid("policyDetails", "A filter by age has a unit.")
        if detail["filter"]["type"] == "COUNT" and detail["action"]["type"] != "DELETE":
            raise _not_valid("policyDetails", "A filter by count deletes.")
    if bool(request["resourceSelection"].get("recipes")) == bool(request["resourceSelection"].get("tagMap")):
        raise _not_valid("resourceSelection", "Resources are selected by recipes or by tags.")


def _pipeline_of(request):
    """A pipeline that changes is told from what it was by its deployment id, and counts its failures anew."""
    return {
        "status": "ENABLED",
        "platform": "Linux",
        "enhancedImageMetadataEnabled": True,
        "consecutiveFailures": 0,
        "imageTestsConfiguration": {"imageTestsEnabled": True},
        **request,
        "deploymentId": str(uuid.uuid4()),
    }


def _offer(name, kind, arn_name, check, record_of=dict):
    @operation(f"Create{name}")
    def create(request):
        check(request)
        return {arn_name: add(name, {**record_of(request), "arn": arn_of(kind, request["name"]), "dateUpdated": now()})["arn"]}

    @operation(f"Update{name}")
    def update(request):
        record = get(request[arn_name])
        kept = {key: record.get(key) for key in ("arn", "name", "dateCreated", "owner", "tags")}
        check({**request, "name": record["name"]})
        record.clear()
        record.update({**record_of({key: value for key, value in request.items() if key != arn_name}), **kept, "dateUpdated": now()})
        return {arn_name: record["arn"]}


_offer("InfrastructureConfiguration", "infrastructure-configuration", "infrastructureConfigurationArn", _check_infrastructure)
_offer(
    "DistributionConfiguration",
    "distribution-configuration",
    "distributionConfigurationArn",
    _check_distribution,
    lambda request: {"timeoutMinutes": 720, **request},
)
_offer("ImagePipeline", "image-pipeline", "imagePipelineArn", _check_pipeline, _pipeline_of)
_offer("LifecyclePolicy", "lifecycle-policy", "lifecyclePolicyArn", _check_policy, lambda request: {"status": "ENABLED", **request})
