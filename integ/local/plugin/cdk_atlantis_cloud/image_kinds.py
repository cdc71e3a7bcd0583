"""The resources of EC2 Image Builder but images: what all kinds have in common - get, list, delete, tags."""

from .image_store import find, get, is_managed, latest_version_references, of_kind, parsed, remove
from .image_wire import Refused, operation

KINDS = {
    "Component": ("component", "componentBuildVersionArn", "component", "ListComponents", "componentVersionList"),
    "ImageRecipe": ("image-recipe", "imageRecipeArn", "imageRecipe", "ListImageRecipes", "imageRecipeSummaryList"),
    "InfrastructureConfiguration": (
        "infrastructure-configuration",
        "infrastructureConfigurationArn",
        "infrastructureConfiguration",
        "ListInfrastructureConfigurations",
        "infrastructureConfigurationSummaryList",
    ),
    "DistributionConfiguration": (
        "distribution-configuration",
        "distributionConfigurationArn",
        "distributionConfiguration",
        "ListDistributionConfigurations",
        "distributionConfigurationSummaryList",
    ),
    "ImagePipeline": ("image-pipeline", "imagePipelineArn", "imagePipeline", "ListImagePipelines", "imagePipelineList"),
    "LifecyclePolicy": ("lifecycle-policy", "lifecyclePolicyArn", "lifecyclePolicy", "ListLifecyclePolicies", "lifecyclePolicySummaryList"),
    "Workflow": ("workflow", "workflowBuildVersionArn", "workflow", "ListWorkflows", "workflowVersionList"),
}
"""By the name in the API: the kind in the ARN, and what the API calls its ARN, itself, the list and what is in it."""

_USES = {
    "component": ("image-recipe", lambda recipe: [each["componentArn"] for each in recipe["components"]]),
    "workflow": ("image-pipeline", lambda pipeline: [each["workflowArn"] for each in pipeline.get("workflows") or []]),
    **{
        kind: ("image-pipeline", lambda pipeline, name=name: [pipeline.get(name)])
        for kind, name in (
            ("image-recipe", "imageRecipeArn"),
            ("infrastructure-configuration", "infrastructureConfigurationArn"),
            ("distribution-configuration", "distributionConfigurationArn"),
        )
    },
}


def _refuse_while_used(record):
    """ResourceDependencyException: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DeleteComponent.html"""
    using, named_by = _USES.get(parsed(record["arn"])["kind"].split("/")[0], (None, None))
    for user in of_kind(using) if using else ():
        if any(arn and not is_managed(arn) and find(arn) is record for arn in named_by(user)):
            raise Refused(
                "ResourceDependencyException",
                f"Resource dependency error: The resource ARN '{record['arn']}' has other resources depended on it: {user['arn']}.",
            )


def filtered(records, request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Filter.html"""

    def passes(record):
        return all(str(record.get(each["name"])) in each["values"] for each in request.get("filters") or [])

    return [record for record in records if passes(record)]


def _offer(name, kind, arn_name, own_name, list_operation, list_name):
    @operation(f"Get{name}")
    def read(request):
        record = get(request[arn_name])
        return {own_name: record, "latestVersionReferences": latest_version_references(record["arn"])}

    @operation(f"Delete{name}")
    def delete(request):
        _refuse_while_used(get(request[arn_name]))
        remove(request[arn_name])
        return {arn_name: request[arn_name]}

    @operation(list_operation)
    def listed(request):
        return {list_name: filtered(of_kind(kind), request)}


for _name, _words in KINDS.items():
    _offer(_name, *_words)


@operation("TagResource")
def _tag(request):
    record = get(request["resourceArn"])
    record["tags"] = {**(record.get("tags") or {}), **request["tags"]}


@operation("UntagResource")
def _untag(request):
    record = get(request["resourceArn"])
    record["tags"] = {key: value for key, value in (record.get("tags") or {}).items() if key not in request["tagKeys"]}


@operation("ListTagsForResource")
def _tags(request):
    return {"tags": get(request["resourceArn"]).get("tags") or {}}
