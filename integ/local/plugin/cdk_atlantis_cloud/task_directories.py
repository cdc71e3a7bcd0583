"""Docker volumes of tasks and of file systems."""
import io
import tarfile

from docker.types import Mount

from .engine import TASK_LABELS, engine


def create(task_id, name):
    """A task's own volume: empty, and root's, as a bind mount on Fargate is."""
    return engine().volumes.create(f"{task_id}-{name}", labels=TASK_LABELS).name


def own(volume, image, uid, gid, mode):
    """Gives the volume's root directory an owner, through the engine: it works without being root, and on a remote engine."""
    client = engine()
    container = client.containers.create(
        image, ["-"], entrypoint=["-"], mounts=[mount_of("/own", volume)], labels=TASK_LABELS, network_mode="none")
    try:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            entry = tarfile.TarInfo("own")
            entry.type, entry.uid, entry.gid, entry.mode = tarfile.DIRTYPE, uid, gid, mode
            tar.addfile(entry)
        container.put_archive("/", archive.getvalue())
    finally:
        container.remove(force=True)


def mount_of(target, volume, read_only=False):
    return Mount(target, volume, type="volume", read_only=read_only, no_copy=True)


def remove(names):
    for name in names:
        engine().volumes.get(name).remove(force=True)
