"""One container of a task, as its definition says."""
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import docker
from docker.types import Ulimit

from . import task_directories
from .engine import TASK_LABELS, closing, engine, starting
from .settings import NETWORK
from .task_failure import TaskStopped
from .task_logs import Output

DEFAULT_STOP_SECONDS = 30
KILLED = 137
EAGER_SECONDS = 0.5
logger = logging.getLogger("cdk_atlantis_cloud")
_checks = ThreadPoolExecutor(8, thread_name_prefix="container-health")


class Container:
    def __init__(self, definition):
        self.definition = definition
        self.name = definition["name"]
        self.essential = definition.get("essential", True)
        self.started = False
        self.started_at = None
        self.ended = False
        self.exit_code = None
        self.health = "UNKNOWN"
        self.address = None
        self.output = None
        self._container = None
        self._health_check = definition.get("healthCheck")
        self._checking = threading.Lock()
        self._next_check = 0.0

    @property
    def id(self):
        return self._container.id if self._container else None

    @property
    def ports(self):
        return [int(mapping["containerPort"]) for mapping in self.definition.get("portMappings", [])]

    def start(self, task_id, task_definition, environment, mounts, log):
        options = self._options(task_id, task_definition, environment, mounts)
        try:
            with starting:
                if closing.is_set():
                    raise TaskStopped("The local cloud ends")
                self._container = engine().containers.create(self.definition["image"], **options)
                self._container.start()
        except docker.errors.APIError as error:
            raise TaskStopped(f"CannotStartContainerError: container {self.name}: {error.explanation}") from None
        self.started, self.started_at = True, time.monotonic()
        self.output = Output(self._container.id, log)
        self.refresh()

    def published(self, port):
        bindings = self._container.attrs["NetworkSettings"]["Ports"].get(f"{port}/tcp") or []
        return int(bindings[0]["HostPort"]) if bindings else None

    def refresh(self):
        if not self.started or self.ended:
            return
        try:
            self._container.reload()
        except docker.errors.NotFound:
            self.ended, self.exit_code = True, KILLED
            return
        state = self._container.attrs["State"]
        if self.address is None:
            networks = self._container.attrs["NetworkSettings"]["Networks"]
            self.address = next((network["IPAddress"] for network in networks.values() if network.get("IPAddress")), None)
        if state["Status"] in ("exited", "dead"):
            self.ended, self.exit_code = True, state["ExitCode"]
        elif self._health_check:
            self._refresh_health((state.get("Health") or {}).get("Status"))

    def _refresh_health(self, docker_status):
        if docker_status in ("healthy", "unhealthy"):
            self.health = docker_status.upper()
        elif self.health == "UNKNOWN" and time.monotonic() >= self._next_check and self._checking.acquire(blocking=False):
            self._next_check = time.monotonic() + EAGER_SECONDS
            _checks.submit(self._check)

    def _check(self):
        """Runs the health check before its first interval is over: a pass counts, as its first one does on AWS, a failure does not."""
        try:
            kind, *command = self._health_check["command"]
            command = ["/bin/sh", "-c", *command] if kind == "CMD-SHELL" else command
            if self._container.exec_run(command).exit_code == 0 and self.health == "UNKNOWN":
                self.health = "HEALTHY"
        except docker.errors.APIError:
            return
        finally:
            self._checking.release()

    def stop(self):
        try:
            self._container.stop(timeout=int(self.definition.get("stopTimeout") or DEFAULT_STOP_SECONDS))
        except docker.errors.NotFound:
            logger.warning("container %s was removed by somebody else", self.name)
        self.refresh()

    def remove(self):
        if self._container:
            if self.output:
                self.output.join(5)
            try:
                self._container.remove(force=True, v=True)
            except docker.errors.NotFound:
                logger.warning("container %s was removed by somebody else", self.name)

    def _options(self, task_id, task_definition, environment, mounts):
        definition = self.definition
        linux = definition.get("linuxParameters") or {}
        capabilities = linux.get("capabilities") or {}
        memory = definition.get("memory") or task_definition.get("memory")
        options = {
            "name": f"{task_id}-{self.name}",
            "labels": {**(definition.get("dockerLabels") or {}), **TASK_LABELS, "cdk-atlantis.container": self.name},
            "environment": environment,
            "mounts": [task_directories.mount_of(*mount) for mount in mounts],
            "network": NETWORK,
            "ports": {f"{port}/tcp": ("127.0.0.1", None) for port in self.ports},
            "command": definition.get("command"),
            "entrypoint": definition.get("entryPoint"),
            "user": definition.get("user"),
            "working_dir": definition.get("workingDirectory"),
            "read_only": bool(definition.get("readonlyRootFilesystem")),
            "stdin_open": bool(definition.get("interactive")),
            "tty": bool(definition.get("pseudoTerminal")),
            "init": bool(linux.get("initProcessEnabled")),
            "cap_add": capabilities.get("add"),
            "cap_drop": capabilities.get("drop"),
            "cpu_shares": int(definition.get("cpu") or 0) or None,
            "mem_limit": f"{int(memory)}m" if memory else None,
            "mem_reservation": f"{int(definition['memoryReservation'])}m" if definition.get("memoryReservation") else None,
            "ulimits": [Ulimit(name=limit["name"], soft=int(limit["softLimit"]), hard=int(limit["hardLimit"]))
                        for limit in definition.get("ulimits", [])],
            "tmpfs": {entry["containerPath"]: ",".join([f"size={int(entry['size'])}m", *entry.get("mountOptions", [])])
                      for entry in linux.get("tmpfs", [])},
            "healthcheck": _health_check(self._health_check),
        }
        return {name: value for name, value in options.items() if value not in (None, {}, [])}


def _health_check(check):
    if not check:
        # ECS does not look at a health check that the image brings along.
        return {"test": ["NONE"]}
    seconds = 10 ** 9
    return {"test": check["command"], "interval": int(check.get("interval") or 30) * seconds,
            "timeout": int(check.get("timeout") or 5) * seconds, "retries": int(check.get("retries") or 3),
            "start_period": int(check.get("startPeriod") or 0) * seconds}
