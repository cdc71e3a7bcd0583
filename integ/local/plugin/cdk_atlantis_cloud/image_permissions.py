"""What calls of EC2 Image Builder are about, and what those of state machines about images, parameters, topics and executions are.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2imagebuilder.html and the pages of ec2, ssm, sns, states
"""

import json

from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, ssm

from .image_store import arn_of
from .image_wire import SERVICE
from .state_machine_roles import CALLS

_ARNS = (
    "imageBuildVersionArn",
    "imageVersionArn",
    "imagePipelineArn",
    "componentBuildVersionArn",
    "imageRecipeArn",
    "workflowBuildVersionArn",
    "infrastructureConfigurationArn",
    "distributionConfigurationArn",
    "lifecyclePolicyArn",
    "resourceArn",
)
_CREATED = {
    "CreateComponent": "component",
    "CreateImageRecipe": "image-recipe",
    "CreateInfrastructureConfiguration": "infrastructure-configuration",
    "CreateDistributionConfiguration": "distribution-configuration",
    "CreateImagePipeline": "image-pipeline",
    "CreateLifecyclePolicy": "lifecycle-policy",
}


def _of_image_builder(action, parameters):
    given = {key[:1].lower() + key[1:]: value for key, value in parameters.items()}
    if action in _CREATED and given.get("name"):
        return arn_of(_CREATED[action], given["name"], given.get("semanticVersion"))
    return next((given[name] for name in _ARNS if given.get(name)), "*")


_extract_resource_arn = iam_actions.extract_resource_arn


def _extract(service, method, path, headers, body, query, region, account):
    if service != SERVICE:
        return _extract_resource_arn(service, method, path, headers, body, query, region, account)
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        given = {}
    asked = {key: values[0] if isinstance(values, list) else values for key, values in (query or {}).items()}
    return _of_image_builder(path.strip("/"), {**asked, **(given if isinstance(given, dict) else {})})


iam_actions.extract_resource_arn = _extract


def _of_ec2(action, parameters):
    """Those that describe have no resource-level permission; images belong to no account in their ARN."""
    if action.startswith("Describe"):
        return "*"
    resource = (parameters.get("Resources") or [""])[0]
    if resource.startswith("ami-"):
        return f"arn:aws:ec2:{get_region()}::image/{resource}"
    if parameters.get("LaunchTemplateId"):
        return f"arn:aws:ec2:{get_region()}:{get_account_id()}:launch-template/{parameters['LaunchTemplateId']}"
    return "*"


def _keys_of_ec2(action, parameters):
    named = (parameters.get("Resources") or [parameters.get("LaunchTemplateId")])[0]
    keys = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in ec2._tags.get(named, [])}
    asked = parameters.get("Tags") or []
    if asked:
        keys["aws:TagKeys"] = [tag["Key"] for tag in asked]
        keys.update({f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in asked if tag.get("Value") is not None})
    return keys


def _named(*names):
    return lambda action, parameters: next((parameters[name] for name in names if parameters.get(name)), "*")


def _without_keys(action, parameters):
    return {}


CALLS.update(
    {
        SERVICE: (_of_image_builder, _without_keys),
        "ec2": (_of_ec2, _keys_of_ec2),
        "ssm": (
            lambda action, parameters: ssm._param_arn(parameters["Name"].split(":")[0]) if parameters.get("Name") else "*",
            _without_keys,
        ),
        "sns": (_named("TopicArn"), _without_keys),
        "sfn": (_named("StateMachineArn", "ExecutionArn"), _without_keys),
    }
)
