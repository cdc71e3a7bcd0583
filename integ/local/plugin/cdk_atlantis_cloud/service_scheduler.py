"""Keeps as many tasks of a service as it asks for, and moves it from one deployment to the next.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""
import logging
import threading
import time

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs

from . import service_targets, task_run
from .engine import closing
from .settings import UNWATCHED_SECONDS

logger = logging.getLogger("cdk_atlantis_cloud")

TICK_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 60
FAILURES = ("EssentialContainerExited", "TaskFailedToStart", "ServiceSchedulerInitiated")


class Scheduler:
    def __init__(self, cluster, key):
        self._cluster = cluster
        self._key = key
        self._scope = (get_account_id(), get_region())
        self._wake = threading.Event()
        self._pause_until = 0.0
        self._failures_in_a_row = 0
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"service-{key}")
        self._thread.start()

    @property
    def alive(self):
        return self._thread.is_alive()

    def wake(self):
        self._wake.set()

    def _run(self):
        with request_scope(*self._scope):
            while (service := ecs._services.get(self._key)) and service["status"] == "ACTIVE" and not closing.is_set():
                try:
                    self._tick(service)
                except Exception:
                    logger.exception("service %s", self._key)
                self._wake.wait(TICK_SECONDS)
                self._wake.clear()

    def _tick(self, service):
        primary = ecs._primary_deployment(service)
        tasks = tasks_of(service)
        self._count_failures(service, primary, tasks)
        primary = ecs._primary_deployment(service)
        for task in tasks:
            cause = unhealthy(service, task)
            if cause:
                self._stop(task, cause, "ServiceSchedulerInitiated")
        live = [task for task in tasks if task["lastStatus"] != "STOPPED"]
        current = [task for task in live if task.get("_deployment_id") == primary["id"]]
        stale = [task for task in live if task.get("_deployment_id") != primary["id"]]
        self._scale(service, primary, current, stale)
        self._complete(service, primary, current, stale)
        ecs._refresh_service_state(self._cluster, f"service:{service['serviceName']}")

    def _scale(self, service, primary, current, stale):
        desired = service["desiredCount"]
        wanted = [task for task in current if task["desiredStatus"] == "RUNNING"]
        for task in sorted(wanted, key=lambda task: task["createdAt"])[desired:]:
            self._stop(task, "Scaling activity initiated by deployment", "ServiceSchedulerInitiated", counts=False)
        missing = desired - len(current)
        old = [task for task in stale if task["desiredStatus"] == "RUNNING"]
        if desired == 0 or sum(steady(service, task) for task in current) >= desired:
            surplus = old
        else:
            surplus = old[:self._may_stop(service, current, stale, missing)]
        for task in surplus:
            self._stop(task, f"Scaling activity initiated by (deployment {primary['id']})", "ServiceSchedulerInitiated", counts=False)
        # A task that is still stopping counts: two servers must not share one file system.
        room = max(1, desired * _percent(service, "maximumPercent", 200) // 100) - len(current) - len(stale)
        if primary["rolloutState"] == "FAILED" or time.monotonic() < self._pause_until:
            return
        for _ in range(min(missing, room)):
            self._start(service, primary)

    def _may_stop(self, service, current, stale, missing):
        """How many old tasks have to go for new ones to have room, as far as the minimum healthy percentage lets them."""
        desired = service["desiredCount"]
        room = desired * _percent(service, "maximumPercent", 200) // 100 - len(current) - len(stale)
        needed = -(-desired * _percent(service, "minimumHealthyPercent", 100) // 100)
        running = sum(task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING" for task in [*current, *stale])
        return max(0, min(missing - max(0, room), running - needed))

    def _start(self, service, primary):
        ecs._run_task({
            "cluster": self._cluster, "taskDefinition": primary["taskDefinition"], "count": 1,
            "group": f"service:{service['serviceName']}", "startedBy": primary["id"],
            "launchType": service["launchType"], "capacityProviderStrategy": service["capacityProviderStrategy"],
            "platformVersion": service["platformVersion"], "networkConfiguration": service["networkConfiguration"],
            "enableExecuteCommand": service["enableExecuteCommand"], "_deploymentId": primary["id"]})

    def _stop(self, task, reason, code, counts=True):
        task["_counts"] = counts
        run = task_run.of(task)
        if run:
            run.stop(reason, code)

    def _count_failures(self, service, primary, tasks):
        for task in tasks:
            if task["lastStatus"] != "STOPPED" or task.get("_counted"):
                continue
            task["_counted"] = True
            if task["stopCode"] not in FAILURES or not task.get("_counts", True):
                continue
            self._failures_in_a_row += 1
            if task.get("_deployment_id") != primary["id"]:
                continue
            service["_last_failed_task"] = task
            primary["failedTasks"] = primary.get("failedTasks", 0) + 1
            breaker = (service.get("deploymentConfiguration") or {}).get("deploymentCircuitBreaker") or {}
            if primary["rolloutState"] == "IN_PROGRESS" and breaker.get("enable"):
                if primary["failedTasks"] >= ecs._circuit_breaker_threshold(service):
                    self._trip(service, primary, breaker)
            else:
                # Without a circuit breaker AWS restarts less and less often.
                self._pause_until = time.monotonic() + min(2 ** self._failures_in_a_row / 2, LONGEST_PAUSE_SECONDS)

    def _trip(self, service, primary, breaker):
        primary["rolloutState"] = "FAILED"
        primary["rolloutStateReason"] = "ECS deployment circuit breaker: tasks failed to start."
        _event(service, "deployment failed: tasks failed to start.")
        last_good = next((deployment for deployment in service["deployments"]
                          if deployment is not primary and deployment["rolloutState"] == "COMPLETED"), None)
        if breaker.get("rollback") and last_good:
            primary["status"], last_good["status"] = "ACTIVE", "PRIMARY"
            last_good["rolloutState"], last_good["rolloutStateReason"] = "IN_PROGRESS", "ECS deployment circuit breaker: rolling back."
            last_good["desiredCount"], last_good["failedTasks"] = service["desiredCount"], 0
            service["taskDefinition"] = last_good["taskDefinition"]
            service["deployments"].sort(key=lambda deployment: deployment is not last_good)
            _event(service, f"rolling back to deployment {last_good['id']}.")

    def _complete(self, service, primary, current, stale):
        if stale or sum(steady(service, task) for task in current) < service["desiredCount"] or len(current) > service["desiredCount"]:
            return
        self._failures_in_a_row = 0
        if primary["rolloutState"] == "IN_PROGRESS":
            primary["rolloutState"] = "COMPLETED"
            primary["rolloutStateReason"] = f"ECS deployment {primary['id']} completed."
            _event(service, "has reached a steady state.")


def _event(service, message):
    service["events"].insert(0, {"id": ecs.new_uuid(), "createdAt": ecs._iso(), "message": f"(service {service['serviceName']}) {message}"})


def _percent(service, name, default):
    return int((service.get("deploymentConfiguration") or {}).get(name, default))


def tasks_of(service):
    return [task for task in ecs._tasks.values()
            if task.get("group") == f"service:{service['serviceName']}" and task["clusterArn"] == service["clusterArn"]]


def steady(service, task):
    """Running, healthy where a health check is defined, and healthy to each load balancer; where nothing watches it, for a while.

    Follows https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (minimumHealthyPercent)
    """
    definition = ecs._task_defs[ecs._resolve_td_key(task["taskDefinitionArn"])]
    watched = any(container.get("healthCheck") and container.get("essential", True) for container in definition["containerDefinitions"])
    return (task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING"
            and (not watched or task["healthStatus"] == "HEALTHY")
            and (watched or service["loadBalancers"] or time.monotonic() - task.get("_running_since", time.monotonic()) > UNWATCHED_SECONDS)
            and len(service_targets.states(task)) == len(service["loadBalancers"])
            and all(state == "healthy" for state in service_targets.states(task)))


def unhealthy(service, task):
    """Why the scheduler replaces a running task, after the service's grace period."""
    since = task.get("_running_since")
    if task["lastStatus"] != "RUNNING" or task["desiredStatus"] != "RUNNING" or since is None:
        return None
    if time.monotonic() - since < float(service.get("healthCheckGracePeriodSeconds") or 0):
        return None
    if task["healthStatus"] == "UNHEALTHY":
        return "Task failed container health checks"
    if "unhealthy" in service_targets.states(task):
        return f"Task failed ELB health checks: {service_targets.described(task)}"
    return None


_schedulers = {}


def reconcile(cluster, key):
    scope = (get_account_id(), get_region(), key)
    scheduler = _schedulers.get(scope)
    if scheduler is None or not scheduler.alive:
        scheduler = _schedulers[scope] = Scheduler(cluster, key)
    scheduler.wake()


_make_deployment = ecs._make_deployment


def _deployment_in_progress(task_definition, desired_count, status="PRIMARY"):
    deployment = _make_deployment(task_definition, desired_count, status)
    return {**deployment, "rolloutState": "IN_PROGRESS", "rolloutStateReason": f"ECS deployment {deployment['id']} in progress."}


ecs._make_deployment = _deployment_in_progress
ecs._reconcile_service_tasks = reconcile
