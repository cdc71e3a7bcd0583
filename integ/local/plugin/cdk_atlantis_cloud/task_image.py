"""The image of a container: the engine's own by that very name, else pulled."""
import docker

from .engine import engine
from .task_failure import TaskStopped

ARCHITECTURES = {"amd64": "X86_64", "arm64": "ARM64"}


def provide(name):
    """The architecture of the image, in ECS's words."""
    client = engine()
    try:
        image = client.images.get(name)
    except docker.errors.ImageNotFound:
        image = _pull(client, name)
    architecture = image.attrs.get("Architecture") or "unknown"
    return ARCHITECTURES.get(architecture, architecture)


def _pull(client, name):
    try:
        client.api.pull(name)
        return client.images.get(name)
    except docker.errors.DockerException as error:
        raise TaskStopped(f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {name}: {error}") from None
