"""AWS::ECS::TaskDefinition: registered as the wire model says, refused where AWS refuses it or where we would lose something."""
from ministack.services import ecs

from . import task_order
from .api import call, forgiving
from .resources import physical_name, resource, to_api

TYPE = "AWS::ECS::TaskDefinition"
CONTAINER = {
    "name", "image", "essential", "user", "entryPoint", "command", "environment", "secrets", "dependsOn", "mountPoints", "portMappings",
    "logConfiguration", "healthCheck", "startTimeout", "stopTimeout", "readonlyRootFilesystem", "linuxParameters", "ulimits",
    "workingDirectory", "memory", "memoryReservation", "cpu", "dockerLabels", "interactive", "pseudoTerminal", "versionConsistency"}
LINUX = {"initProcessEnabled", "tmpfs", "capabilities"}
TASK = {"family", "containerDefinitions", "volumes", "networkMode", "executionRoleArn", "taskRoleArn", "runtimePlatform",
        "requiresCompatibilities", "cpu", "memory", "ephemeralStorage", "tags"}
LONGEST_STOP_SECONDS = 120


def _kept(mapping):
    return {name: value for name, value in mapping.items() if value not in (None, [], {})}


def problems(definition):
    """What AWS refuses on Fargate, and what the local cloud does not emulate."""
    found = [f"{name} is not emulated" for name in sorted(_kept(definition).keys() - TASK)]
    containers = definition["containerDefinitions"]
    volumes = {volume["name"]: volume for volume in definition.get("volumes", [])}
    if "FARGATE" in definition.get("requiresCompatibilities", []):
        found += _fargate(definition, containers)
    if not any(container.get("essential", True) for container in containers):
        found.append("a task definition must have at least one essential container")
    for container in containers:
        found += [f"container {container['name']}: {problem}" for problem in _container(container, volumes)]
    for volume in volumes.values():
        found += [f"volume {volume['name']}: {problem}" for problem in _volume(volume)]
    return found + task_order.problems(containers)


def _fargate(definition, containers):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
    if definition.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode 'awsvpc'"
    if not definition.get("cpu") or not definition.get("memory"):
        yield "Fargate requires that 'cpu' and 'memory' be defined at the task level"
    if not definition.get("executionRoleArn"):
        if any(container.get("secrets") for container in containers):
            yield "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'"
        if any(container.get("logConfiguration") for container in containers):
            yield "Fargate requires task definition to have execution role ARN to support log driver awslogs"
    for container in containers:
        if int(container.get("stopTimeout") or 0) > LONGEST_STOP_SECONDS:
            yield f"container {container['name']}: the stop timeout on Fargate is at most {LONGEST_STOP_SECONDS} seconds"


def _container(container, volumes):
    yield from (f"{name} is not emulated" for name in sorted(_kept(container).keys() - CONTAINER))
    linux = _kept(container.get("linuxParameters") or {})
    yield from (f"linuxParameters.{name} is not emulated" for name in sorted(linux.keys() - LINUX))
    log = container.get("logConfiguration")
    if log and log["logDriver"] != "awslogs":
        yield f"the log driver {log['logDriver']} is not emulated"
    elif log:
        options = log.get("options") or {}
        missing = [name for name in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix") if not options.get(name)]
        if missing:
            yield f"the log driver awslogs requires {', '.join(missing)}"
    check = container.get("healthCheck")
    if check and check["command"][0] not in ("CMD", "CMD-SHELL"):
        yield "the command of a health check begins with CMD or CMD-SHELL"
    for point in container.get("mountPoints", []):
        if point["sourceVolume"] not in volumes:
            yield f"unknown volume '{point['sourceVolume']}'"
    secrets, values = ({entry["name"] for entry in container.get(kind, [])} for kind in ("secrets", "environment"))
    if secrets & values:
        yield f"the secret name must be unique and not shared with an environment variable: {', '.join(sorted(secrets & values))}"


def _volume(volume):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-efs-config.html"""
    unknown = _kept(volume).keys() - {"name", "efsVolumeConfiguration", "host"}
    yield from (f"{name} is not emulated" for name in sorted(unknown))
    if (volume.get("host") or {}).get("sourcePath"):
        yield "host.sourcePath is not supported on Fargate"
    configuration = volume.get("efsVolumeConfiguration")
    if not configuration:
        return
    authorization = configuration.get("authorizationConfig") or {}
    encrypted = configuration.get("transitEncryption") == "ENABLED"
    if authorization.get("accessPointId") and configuration.get("rootDirectory", "/") != "/":
        yield "the root directory must be omitted or / with an access point"
    if (authorization.get("iam") == "ENABLED" or authorization.get("accessPointId")) and not encrypted:
        yield "transit encryption must be ENABLED for IAM authorization and for an access point"


def _register(logical_id, properties, stack_name):
    parameters = to_api("ecs", "RegisterTaskDefinition", properties)
    parameters.setdefault("family", physical_name(stack_name, logical_id))
    found = problems(parameters)
    if found:
        raise ValueError(f"{TYPE}: {'; '.join(found)}")
    registered = call("ecs", "RegisterTaskDefinition", **parameters)["taskDefinition"]
    return registered["taskDefinitionArn"], {"TaskDefinitionArn": registered["taskDefinitionArn"]}


def _update(physical_id, old, new, stack_name, logical_id):
    if {**old, "Tags": None} == {**new, "Tags": None}:
        ecs._tags[physical_id] = [{"key": tag["Key"], "value": str(tag["Value"])} for tag in new.get("Tags") or []]
        return physical_id, {"TaskDefinitionArn": physical_id}
    return _register(logical_id, new, stack_name)


def _deregister(physical_id, properties):
    with forgiving("Client"):
        call("ecs", "DeregisterTaskDefinition", taskDefinition=physical_id)


resource(TYPE, create=_register, update=_update, delete=_deregister)
