"""The Docker engine that DOCKER_HOST names."""
import threading
import time

import docker

from .settings import RUN, RUN_LABEL

OWNER_LABEL = "cdk-atlantis.part"
"""Tells what a task made from what the local cloud itself runs under the same run (its relay, its forge)."""

TASK_LABELS = {RUN_LABEL: RUN, OWNER_LABEL: "task"}

CLOSE_SECONDS = 20

_clients = {}


def engine(timeout=600):
    """A client; `timeout=None` for streams, on which nothing may come for hours."""
    if timeout not in _clients:
        _clients[timeout] = docker.from_env(timeout=timeout)
    return _clients[timeout]


closing = threading.Event()
starting = threading.Lock()
"""Held while a container is made, so that none is made behind the back of `close`."""


def close():
    """Removes what the tasks of this run made, when the emulator ends; tasks that are ending may be doing the same."""
    with starting:
        closing.set()
    ends = time.monotonic() + CLOSE_SECONDS
    while not _removed() and time.monotonic() < ends:
        time.sleep(0.2)


def _removed():
    """Whether nothing is left after an attempt to remove it."""
    made = {"label": [f"{name}={value}" for name, value in TASK_LABELS.items()]}
    try:
        client = engine()
        for container in client.containers.list(all=True, filters=made, ignore_removed=True):
            container.remove(force=True, v=True)
        for volume in client.volumes.list(filters=made):
            volume.remove(force=True)
        return True
    except docker.errors.APIError:
        return False
    except docker.errors.DockerException:
        # Without an engine there is nothing to remove.
        return True
