"""AWS::ECS::Service: CloudFormation waits until the service is steady, and fails when it does not become so.

Follows https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""
import time

from ministack.services import ecs

from . import service_targets, target_health
from .api import call, forgiving
from .resources import known, parameters_of, physical_name, resource, to_api
from .service_scheduler import steady, tasks_of
from .settings import STEADY_SECONDS

TYPE = "AWS::ECS::Service"
PROPERTIES = (
    "AvailabilityZoneRebalancing", "CapacityProviderStrategy", "Cluster", "DeploymentConfiguration", "DeploymentController", "DesiredCount",
    "EnableECSManagedTags", "EnableExecuteCommand", "HealthCheckGracePeriodSeconds", "LaunchType", "LoadBalancers", "NetworkConfiguration",
    "PlatformVersion", "PropagateTags", "SchedulingStrategy", "ServiceName", "Tags", "TaskDefinition")
DEPLOYMENT = ("Alarms", "DeploymentCircuitBreaker", "MaximumPercent", "MinimumHealthyPercent")
STARTED_WITH = ("CapacityProviderStrategy", "EnableExecuteCommand", "LoadBalancers", "NetworkConfiguration", "PlatformVersion")


def _check(properties):
    known(TYPE, properties, *PROPERTIES)
    deployment = properties.get("DeploymentConfiguration") or {}
    known(f"{TYPE} DeploymentConfiguration", deployment, *DEPLOYMENT)
    if str((deployment.get("Alarms") or {}).get("Enable", False)).lower() == "true":
        raise ValueError(f"{TYPE}: the local cloud does not emulate deployment alarms")
    if (properties.get("DeploymentController") or {}).get("Type", "ECS") != "ECS":
        raise ValueError(f"{TYPE}: the local cloud only emulates the deployment controller ECS")
    if properties.get("SchedulingStrategy", "REPLICA") != "REPLICA":
        raise ValueError(f"{TYPE}: the local cloud only emulates the scheduling strategy REPLICA")
    if not (properties.get("NetworkConfiguration") or {}).get("AwsvpcConfiguration", {}).get("Subnets"):
        raise ValueError("InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    most, least = int(deployment.get("MaximumPercent", 200)), int(deployment.get("MinimumHealthyPercent", 100))
    if most <= 100 and least >= 100:
        raise ValueError("InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block "
                         "deployments.")
    if properties.get("AvailabilityZoneRebalancing") == "ENABLED" and most <= 100:
        raise ValueError("InvalidParameterException: Availability Zone rebalancing does not support maximumPercent <= 100.")
    for balancer in properties.get("LoadBalancers") or []:
        _check_balancer(balancer, properties["TaskDefinition"])


def _check_balancer(balancer, task_definition):
    known(f"{TYPE} LoadBalancers", balancer, "ContainerName", "ContainerPort", "TargetGroupArn")
    if not target_health.in_use(balancer["TargetGroupArn"]):
        raise ValueError(f"InvalidParameterException: The target group with targetGroupArn {balancer['TargetGroupArn']} does not have an "
                         "associated load balancer.")
    definition = ecs._task_defs[ecs._resolve_td_key(task_definition)]
    ports = {(container["name"], int(mapping["containerPort"]))
             for container in definition["containerDefinitions"] for mapping in container.get("portMappings", [])}
    if (balancer["ContainerName"], int(balancer["ContainerPort"])) not in ports:
        raise ValueError(f"InvalidParameterException: The container {balancer['ContainerName']} does not have a container port "
                         f"{balancer['ContainerPort']} in the task definition.")


def _answer(arn):
    return arn, {"ServiceArn": arn, "Name": arn.rsplit("/", 1)[-1]}


def _create(logical_id, properties, stack_name):
    _check(properties)
    named = {"ServiceName": physical_name(stack_name, logical_id, max_len=255), **properties}
    service = call("ecs", "CreateService", **to_api("ecs", "CreateService", named))["service"]
    try:
        _wait(service["serviceArn"])
    except ValueError:
        # CloudFormation rolls a failed create back, and here nobody else knows the service yet.
        _delete(service["serviceArn"], properties)
        raise
    return _answer(service["serviceArn"])


def _update(physical_id, old, new, stack_name, logical_id):
    _check(new)
    accepted = parameters_of("ecs", "UpdateService")
    fixed = [name for name in new if name.lower() not in accepted and name not in ("ServiceName", "Tags")]
    changed = [name for name in fixed if new[name] != old.get(name)]
    if changed:
        raise ValueError(f"{TYPE}: the local cloud does not change {', '.join(changed)} of an existing service")
    parameters = to_api("ecs", "UpdateService", new, skip=(*fixed, "ServiceName", "Tags"))
    # What a task was started with changes for new tasks alone.
    parameters["forceNewDeployment"] = any(new.get(name) != old.get(name) for name in STARTED_WITH)
    call("ecs", "UpdateService", service=physical_id, **parameters)
    ecs._tags[physical_id] = [{"key": tag["Key"], "value": str(tag["Value"])} for tag in new.get("Tags") or []]
    _wait(physical_id)
    return _answer(physical_id)


def _delete(physical_id, properties):
    service = _record(physical_id)
    with forgiving("NotFound", "NotActive"):
        call("ecs", "DeleteService", cluster=properties.get("Cluster", "default"), service=physical_id, force=True)
    while service and any(task["lastStatus"] != "STOPPED" for task in tasks_of(service)):
        time.sleep(0.1)


def _record(arn):
    return next((service for service in ecs._services.values() if service["serviceArn"] == arn), None)


def _wait(arn):
    service = _record(arn)
    deployment = ecs._primary_deployment(service)
    ends = time.monotonic() + STEADY_SECONDS
    while time.monotonic() < ends:
        if deployment["rolloutState"] == "FAILED":
            why = _cause(service, deployment)
            raise ValueError(f"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'. {why}")
        if deployment["rolloutState"] == "COMPLETED" and _is_steady(service, deployment):
            return
        time.sleep(0.1)
    raise ValueError(f"The service did not become steady within {STEADY_SECONDS:g} seconds. {_cause(service, deployment)}")


def _is_steady(service, deployment):
    live = [task for task in tasks_of(service) if task["lastStatus"] != "STOPPED"]
    return len(live) == service["desiredCount"] and all(
        task.get("_deployment_id") == deployment["id"] and steady(service, task) for task in live)


def _cause(service, deployment):
    """What a person needs to see: why the last task stopped, how its containers ended, and what they said last."""
    waiting = [f"Task {task['taskArn'].rsplit('/', 1)[-1]} is {task['lastStatus']}, its health is {task['healthStatus']}. "
               f"{service_targets.described(task)}" for task in tasks_of(service) if task["lastStatus"] != "STOPPED"]
    task = service.get("_last_failed_task")
    if task is None:
        return " ".join(waiting)
    ended = [end for end in task.get("_ends", []) if end[1]] or task.get("_ends", [])
    said = ["\n  ".join([f"Container {name} exited with {code}. Its last lines:", *lines]) for name, code, lines in ended]
    return "\n".join([f"{deployment.get('failedTasks', 0)} tasks failed; the last one: {task['stoppedReason']}.", *said, *waiting])


resource(TYPE, create=_create, update=_update, delete=_delete, sent_back=True,
         replace=("Cluster", "LaunchType", "ServiceName", "SchedulingStrategy", "DeploymentController"))
