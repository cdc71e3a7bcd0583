"""A task, from its definition to its end.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import docker
from ministack.core.concurrency import resource_lock
from ministack.core.responses import request_scope
from ministack.services import ecs, ecs_metadata

from . import efs, published, service_targets, task_directories, task_image, task_inputs, task_logs, task_order
from .task_container import Container
from .task_failure import TaskStopped

logger = logging.getLogger("cdk_atlantis_cloud")

STARTING_TICK_SECONDS = 0.1
RUNNING_TICK_SECONDS = 0.5
DEFAULT_START_SECONDS = 180


class TaskRun:
    def __init__(self, task, definition, overrides):
        self.task = task
        self.id = task["taskArn"].rsplit("/", 1)[-1]
        self.definition = definition
        self.overrides = {override["name"]: override for override in overrides or []}
        self.containers = [Container({**entry, **self._override(entry)}) for entry in definition["containerDefinitions"]]
        self.by_name = {container.name: container for container in self.containers}
        self.ended = threading.Event()
        self._stop = None
        self._stopping = threading.Event()
        self._volumes = []
        self._prepared = {}

    def _override(self, definition):
        override = self.overrides.get(definition["name"], {})
        return {"command": override["command"]} if "command" in override else {}

    def stop(self, reason, code):
        """Asks the task to stop; `ended` is set when it has."""
        self._stop = self._stop or TaskStopped(reason, code)
        self.task["desiredStatus"] = "STOPPED"
        self._stopping.set()

    def play(self):
        arn = self.task["taskArn"]
        try:
            ecs._mark_task_pending(arn, self.task)
            ecs._mark_task_activating(arn, self.task)
            self._prepare()
            self._go_on()
        except TaskStopped as stopped:
            self._take_down(stopped)
        except Exception as error:
            # A task that nothing takes down would leave its service waiting, and its containers behind.
            logger.exception("task %s", self.id)
            self._take_down(TaskStopped(f"ContainerRuntimeError: {error}"))

    def _prepare(self):
        """Everything that AWS does before it starts the first container."""
        subnets = self._subnets()
        architectures = {task_image.provide(container.definition["image"]) for container in self.containers}
        asked = (self.definition.get("runtimePlatform") or {}).get("cpuArchitecture") or "X86_64"
        print(f"task {self.id}: asked for {asked}, runs {', '.join(sorted(architectures))}", flush=True)
        sources = {}
        for volume in self.definition.get("volumes") or []:
            if volume.get("efsVolumeConfiguration"):
                image = self.containers[0].definition["image"]
                sources[volume["name"]] = efs.mount(volume, self.definition, subnets, self.id, image)
            else:
                name = task_directories.create(self.id, volume["name"])
                self._volumes.append(name)
                sources[volume["name"]] = (name, True)
        for container in self.containers:
            environment = task_inputs.environment(container.definition, self.id, self.definition, self.overrides.get(container.name, {}))
            mounts = []
            for point in container.definition.get("mountPoints", []):
                source, writable = sources[point["sourceVolume"]]
                mounts.append((point["containerPath"], source, bool(point.get("readOnly")) or not writable))
            self._prepared[container.name] = (environment, mounts, task_logs.destination(container.definition, self.id, self.definition))

    def _subnets(self):
        service = service_targets.service_of(self.task)
        configuration = ((service or {}).get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
        return configuration.get("subnets") or [subnet for subnet in [self.task.get("_subnet")] if subnet]

    def _go_on(self):
        """Starts what may start and watches what runs, until the task is to end: then TaskStopped."""
        began = time.monotonic()
        while True:
            for container in self.containers:
                container.refresh()
            self._report()
            self._start_next(began)
            if self.task["lastStatus"] != "RUNNING" and all(container.started for container in self.containers):
                self._running()
            if self._stop:
                raise self._stop
            gone = next((container for container in self.containers if container.ended and container.essential), None)
            if gone or all(container.ended for container in self.containers):
                raise TaskStopped("Essential container in task exited", "EssentialContainerExited")
            self._stopping.wait(RUNNING_TICK_SECONDS if self.task["lastStatus"] == "RUNNING" else STARTING_TICK_SECONDS)

    def _start_next(self, began):
        for container in self.containers:
            waits_for = [(entry["condition"], self.by_name[entry["containerName"]]) for entry in container.definition.get("dependsOn", [])]
            if container.started or self._stop:
                continue
            for condition, other in waits_for:
                state = other if other.started else None
                seconds = float(other.definition.get("startTimeout") or DEFAULT_START_SECONDS)
                late = not task_order.satisfied(condition, state) and time.monotonic() - (other.started_at or began) > seconds
                if task_order.hopeless(condition, state) or late:
                    raise TaskStopped(f"Task failed to start: container {container.name} waits for {other.name} to be {condition}, "
                                      f"but {_state_of(other)}{' and its start timeout is over' if late else ''}")
            if all(task_order.satisfied(condition, other if other.started else None) for condition, other in waits_for):
                container.start(self.id, self.definition, *self._prepared[container.name])

    def _running(self):
        for container in self.containers:
            for port in container.ports:
                if container.published(port):
                    published.publish(container.address, port, container.published(port))
        self.task["_addresses"] = {container.name: container.address for container in self.containers}
        address = next((container.address for container in self.containers if container.ports), self.containers[-1].address)
        self.task["_container_ip"] = address
        details = [{"name": "subnetId", "value": subnet} for subnet in self._subnets()[:1]]
        self.task["attachments"] = [{"id": f"{self.id}-eni", "type": "ElasticNetworkInterface", "status": "ATTACHED",
                                     "details": [*details, {"name": "privateIPv4Address", "value": address}]}]
        if ecs._mark_task_running(self.task["taskArn"], self.task):
            self.task["_running_since"] = time.monotonic()
            service_targets.register(self.task)

    def _report(self):
        with resource_lock("ecs-task", self.task["taskArn"]):
            for record, container in zip(self.task["containers"], self.containers, strict=True):
                record["lastStatus"] = "STOPPED" if container.ended else "RUNNING" if container.started else "PENDING"
                record["exitCode"] = container.exit_code
                record["healthStatus"] = container.health
                record["runtimeId"] = container.id
            watched = [container.health for container in self.containers if container.essential and container.definition.get("healthCheck")]
            self.task["healthStatus"] = next((status for status in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if status in watched), "UNKNOWN")

    def _take_down(self, stopped):
        task = self.task
        task["desiredStatus"], task["stoppedReason"], task["stopCode"] = "STOPPED", stopped.reason, stopped.code
        task["stoppingAt"] = ecs._iso()
        try:
            self._turn("DEACTIVATING")
            service_targets.deregister(task)
            self._turn("STOPPING")
            self._stop_containers()
            task["executionStoppedAt"] = ecs._iso()
            self._report()
            task["_ends"] = [(container.name, container.exit_code, list(container.output.lines)) for container in self.containers
                             if container.output]
            self._turn("DEPROVISIONING")
            self._remove()
        except docker.errors.DockerException:
            logger.exception("task %s leaves something behind", self.id)
        finally:
            task["stoppedAt"] = ecs._iso()
            self._turn("STOPPED")
            self.ended.set()

    def _remove(self):
        for container in self.containers:
            container.remove()
            if container.address:
                published.withdraw(container.address)
        task_directories.remove(self._volumes)

    def _stop_containers(self):
        by_name = {container.name: container for container in self.containers if container.started and not container.ended}
        definitions = self.definition["containerDefinitions"]
        while by_name:
            names = task_order.stop_next(definitions, list(by_name))
            with ThreadPoolExecutor(len(names)) as pool:
                list(pool.map(lambda name: by_name[name].stop(), names))
            for name in names:
                del by_name[name]
        for container in self.containers:
            if container.output:
                container.output.join(5)

    def _turn(self, status):
        ecs._bump_task_version(self.task)
        self.task["lastStatus"] = status
        ecs_metadata.set_task_status(self.task["taskArn"], known_status=status, desired_status="STOPPED")
        cluster = ecs._cluster_name_from_arn(self.task["clusterArn"])
        ecs._recount_cluster(cluster)
        ecs._refresh_service_state(cluster, self.task.get("group", ""))


def _state_of(container):
    if container.ended:
        return f"{container.name} exited with {container.exit_code}"
    return f"{container.name} is {container.health}" if container.started else f"{container.name} has not started"


_runs = {}


def of(task):
    return _runs.get(task["taskArn"])


def _play(task, definition, overrides, docker_client, account_id, region):
    with request_scope(account_id, region):
        run = TaskRun(task, definition, overrides)
        _runs[task["taskArn"]] = run
        run.play()


def _stop_task(data):
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    task = ecs._resolve_task(data.get("task", ""), cluster)
    if not task:
        return ecs.error_response_json("InvalidParameterException", "The referenced task was not found.", 400)
    run = of(task)
    if run and not run.ended.is_set():
        run.stop(data.get("reason", "Task stopped by user"), data.get("_code", "UserInitiated"))
    return ecs.json_response({"task": ecs._sanitize(task)})


ecs._run_task_worker = _play
ecs._stop_task = ecs._ACTION_MAP["StopTask"] = _stop_task
ecs._maybe_mark_stopped = lambda task, docker_client=None: None
