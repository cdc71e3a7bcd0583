"""The Docker engine that DOCKER_HOST names."""
import threading

import docker

from .settings import RUN, RUN_LABEL

_clients = {}

LABELS = {RUN_LABEL: RUN}


def engine(timeout=600):
    """A client; `timeout=None` for streams, on which nothing may come for hours."""
    if timeout not in _clients:
        _clients[timeout] = docker.from_env(timeout=timeout)
    return _clients[timeout]


closing = threading.Event()
starting = threading.Lock()
"""Held while a container is made, so that none is made behind the back of `close`."""


def close():
    """Removes what the tasks of this run made, when the emulator ends."""
    with starting:
        closing.set()
    try:
        client = engine()
    except docker.errors.DockerException:
        return
    for container in client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={RUN}"}, ignore_removed=True):
        if (container.labels or {}).get(OWNER_LABEL) == "task":
            container.remove(force=True, v=True)
    for volume in client.volumes.list(filters={"label": f"{RUN_LABEL}={RUN}"}):
        if (volume.attrs.get("Labels") or {}).get(OWNER_LABEL) == "task":
            volume.remove(force=True)


OWNER_LABEL = "cdk-atlantis.part"
"""Tells what a task made from what the local cloud itself runs under the same run (its relay, its forge)."""

TASK_LABELS = {**LABELS, OWNER_LABEL: "task"}
