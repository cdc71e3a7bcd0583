"""The targets of a service's tasks in its target groups."""
import time

from ministack.services import ecs

from . import target_health


def service_of(task):
    group = task.get("group", "")
    if not group.startswith("service:"):
        return None
    return ecs._services.get(f"{ecs._cluster_name_from_arn(task['clusterArn'])}/{group.partition(':')[2]}")


def register(task):
    """Registers the task as the service says: the container's own address and port, as on AWS."""
    task["_targets"] = [
        (balancer["targetGroupArn"], task["_addresses"][balancer["containerName"]], int(balancer["containerPort"]))
        for balancer in (service_of(task) or {}).get("loadBalancers", [])]
    for target in task["_targets"]:
        target_health.register(*target)


def deregister(task):
    """Waits until the load balancer has drained the task, which ends at once when no request is under way."""
    for target in task.get("_targets", []):
        target_health.deregister(*target)
    while any(target_health.target(*target) for target in task.get("_targets", [])):
        time.sleep(0.1)


def states(task):
    found = [target_health.target(*target) for target in task.get("_targets", [])]
    return [target.state if target else "unused" for target in found]


def described(task):
    found = [target_health.target(*target) for target in task.get("_targets", [])]
    return "; ".join(f"{target.address}:{target.port} in {target.group_arn.split('/')[1]} is {target.state}"
                     f"{f' ({target.description})' if target.description else ''}" for target in found if target)


ecs._sync_service_targets = lambda cluster_name, service: None
