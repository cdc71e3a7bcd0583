"""The roots that images are built on, and those that were built.

CDK_ATLANTIS_CLOUD_IMAGE_ROOTS names the roots that stand for publishers' images, {"debian-12": "/path/of/root.tar"}, or
CDK_ATLANTIS_CLOUD_IMAGE_ROOTS_BY a command that prints the path of the one that it is given. CDK_ATLANTIS_CLOUD_IMAGES is the directory in
which the root of an image is kept under its id, for machines that are started from it and images that are built on it.
"""

import json
import os
import subprocess
import threading

from ministack.services import ec2

_ROOTS = json.loads(os.environ.get("CDK_ATLANTIS_CLOUD_IMAGE_ROOTS") or "{}")
_ROOTS_BY = json.loads(os.environ.get("CDK_ATLANTIS_CLOUD_IMAGE_ROOTS_BY") or "[]")
_KEPT = os.environ.get("CDK_ATLANTIS_CLOUD_IMAGES")

_providing = threading.Lock()


def archive_of(name):
    """The archive with a publisher's root, made by the command where there is none yet."""
    with _providing:
        if name not in _ROOTS and _ROOTS_BY:
            provided = subprocess.run([*_ROOTS_BY, name], stdout=subprocess.PIPE, text=True, check=False)
            path = (provided.stdout.strip().splitlines() or ["none"])[-1]
            _ROOTS[name] = path if provided.returncode == 0 and path != "none" else None
        return _ROOTS.get(name)


def kept(image_id):
    """The directory with the root of an image that was built here."""
    path = os.path.join(_KEPT or "", image_id)
    return path if _KEPT and os.path.isdir(path) else None


def keep(directory, image_ids):
    """Moves the root of an image to where it is kept; its copies in other regions and accounts are the same."""
    if not _KEPT or not image_ids:
        return
    os.makedirs(_KEPT, exist_ok=True)
    os.rename(directory, os.path.join(_KEPT, image_ids[0]))
    for copy in image_ids[1:]:
        os.symlink(image_ids[0], os.path.join(_KEPT, copy))


def remove(directory):
    subprocess.run(["rm", "--recursive", "--force", "--one-file-system", directory], check=False, start_new_session=True)


def forget(image_id):
    if kept(image_id):
        remove(os.path.join(_KEPT, image_id))


_deregister = ec2._ACTION_MAP["DeregisterImage"]


def _deregister_and_forget(p):
    answer = _deregister(p)
    if answer[0] < 300:
        forget(ec2._p(p, "ImageId"))
    return answer


ec2._ACTION_MAP["DeregisterImage"] = _deregister_and_forget
