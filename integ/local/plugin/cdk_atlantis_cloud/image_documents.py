"""Components, workflows and recipes of EC2 Image Builder: they never change, a new version is a new one."""

import json
import re

from ministack.services import ec2, s3

from .image_bases import base_of_parent
from .image_store import add, arn_of, get, is_managed, latest_version_references, next_version
from .image_wire import invalid, operation

MOST_COMPONENTS = 20
_PHASES = ("build", "validate", "test")

try:
    import yaml
except ImportError:
    yaml = None


def document_of(data):
    """A component's or workflow's document: YAML, of which JSON is a part."""
    try:
        return json.loads(data)
    except ValueError:
        if yaml is None:
            raise invalid("The local cloud reads documents that are JSON; for YAML it needs PyYAML.") from None
        try:
            return yaml.safe_load(data)
        except yaml.YAMLError as problem:
            raise invalid(f"The value supplied for parameter 'data' is not valid. {problem}") from None


def _fetched(uri):
    """A document in a bucket, read once: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html (uri)"""
    found = re.fullmatch(r"s3://([^/]+)/(.+)|https://(?:s3[.-][^/]+/([^/]+)|([^./]+)\.s3[^/]*)/(.+)", uri)
    bucket, key = (found[1] or found[3] or found[4], found[2] or found[5]) if found else (None, None)
    data = s3._get_object_data(bucket, key) if bucket in s3._buckets else None
    if data is None:
        raise invalid(f"The value supplied for parameter 'uri' is not valid. There is no object {uri}.")
    return data.decode()


def _checked(document):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html"""

    def refuse(problem):
        raise invalid(f"The value supplied for parameter 'data' is not valid. {problem}")

    if not isinstance(document, dict) or str(document.get("schemaVersion")) != "1.0":
        refuse("A document has the schemaVersion 1.0.")
    phases = document.get("phases")
    if not isinstance(phases, list) or not phases:
        refuse("A document has phases.")
    names = [phase.get("name") for phase in phases]
    if len(set(names)) < len(names) or not set(names) <= set(_PHASES):
        refuse(f"The phases of a document are {', '.join(_PHASES)}, each once; got {', '.join(map(str, names))}.")
    for phase in phases:
        if not phase.get("steps"):
            refuse(f"The phase {phase['name']} has no steps.")
        for step in phase["steps"]:
            if not step.get("name") or not (step.get("action") or step.get("loop")):
                refuse(f"A step of the phase {phase['name']} has no name or no action.")
    return names


def _parameters(document):
    """(declared parameter -> what it is)."""
    return {name: {"name": name, **about} for each in document.get("parameters") or [] for name, about in each.items()}


@operation("CreateComponent")
def _create_component(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html"""
    if bool(request.get("data")) == bool(request.get("uri")):
        raise invalid("Either data or uri must be given, and not both.")
    data = request.get("data") or _fetched(request["uri"])
    document = document_of(data)
    kind = "TEST" if set(_checked(document)) == {"test"} else "BUILD"
    arn = arn_of("component", request["name"], request["semanticVersion"], 1)
    record = add(
        "Component",
        {
            **request,
            "data": data,
            "arn": arn,
            "version": request["semanticVersion"],
            "type": kind,
            "encrypted": True,
            "parameters": [
                {"name": name, "type": about.get("type", "string"), "defaultValue": [str(about["default"])] if "default" in about else None}
                for name, about in _parameters(document).items()
            ],
        },
    )
    return {"componentBuildVersionArn": record["arn"], "latestVersionReferences": latest_version_references(arn)}


@operation("CreateWorkflow")
def _create_workflow(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateWorkflow.html"""
    if not request.get("data"):
        raise invalid("The local cloud takes workflows by their data alone.")
    document = document_of(request["data"])
    if not isinstance(document, dict) or not document.get("steps"):
        raise invalid("The value supplied for parameter 'data' is not valid. A workflow has steps.")
    arn = arn_of(f"workflow/{request['type'].lower()}", request["name"], request["semanticVersion"], 1)
    record = add("Workflow", {**request, "arn": arn, "version": request["semanticVersion"]})
    return {"workflowBuildVersionArn": record["arn"], "latestVersionReferences": latest_version_references(arn)}


def _check_parameters(asked, component):
    declared = {parameter["name"]: parameter for parameter in component["parameters"]}
    given = {parameter["name"] for parameter in asked.get("parameters") or []}
    for unknown in sorted(given - set(declared)):
        raise invalid(f"The component {component['arn']} has no parameter '{unknown}'.")
    for name, parameter in declared.items():
        if name not in given and not parameter.get("defaultValue"):
            raise invalid(f"The component {component['arn']} needs a value for its parameter '{name}'.")


def _check_mappings(mappings):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_EbsInstanceBlockDeviceSpecification.html"""
    for mapping in mappings or []:
        snapshot = (mapping.get("ebs") or {}).get("snapshotId")
        if snapshot and snapshot not in ec2._snapshots:
            raise invalid(f"The snapshot '{snapshot}' does not exist.")


@operation("CreateImageRecipe")
def _create_recipe(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateImageRecipe.html, .../general/latest/gr/imagebuilder.html"""
    components = request.get("components") or []
    if len(components) > MOST_COMPONENTS:
        raise invalid(f"A recipe has at most {MOST_COMPONENTS} components, got {len(components)}.")
    own = [(asked, get(asked["componentArn"])) for asked in components if not is_managed(asked["componentArn"])]
    for asked, component in own:
        _check_parameters(asked, component)
    if not components or all(component["type"] == "TEST" for _, component in own) and len(own) == len(components):
        raise invalid("A recipe has at least one build component.")
    _check_mappings(request.get("blockDeviceMappings"))
    base_of_parent(request["parentImage"])
    version = next_version("image-recipe", request["name"], request["semanticVersion"])
    record = add(
        "ImageRecipe",
        {
            **request,
            "components": components,
            "arn": arn_of("image-recipe", request["name"], version),
            "version": version,
            "type": "AMI",
            "platform": "Linux",
        },
    )
    return {"imageRecipeArn": record["arn"], "latestVersionReferences": latest_version_references(record["arn"])}
