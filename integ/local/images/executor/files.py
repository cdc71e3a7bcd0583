"""What the actions do with files. It runs within the root, so that links and names are those of the machine."""

import glob
import os
import shutil
import tempfile

from .problems import StepFailed


def make_script(text):
    folder = tempfile.mkdtemp(prefix="toe-", dir="/tmp")
    with open(f"{folder}/input.sh", "w", encoding="utf-8") as file:
        file.write(text)
    return folder


def remove_script(folder):
    # A restart has emptied the folder's parent.
    shutil.rmtree(folder, ignore_errors=True)


def _number_of(name, file, position):
    """A user's or a group's number; the names are those of the machine, and not of this process."""
    if name is None:
        return -1
    if name.isdigit():
        return int(name)
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split(":")
            if fields[0] == name:
                return int(fields[position])
    raise StepFailed(f"{file} has no `{name}`")


def _own(path, entry):
    owner = _number_of(entry.get("owner"), "/etc/passwd", 2)
    group = _number_of(entry.get("group"), "/etc/group", 2)
    if (owner, group) != (-1, -1):
        os.chown(path, owner, group)


def _permit(path, permissions):
    try:
        os.chmod(path, int(permissions, 8))
    except ValueError:
        raise StepFailed(f"{permissions!r} are no permissions") from None


def _finish(path, entry):
    _own(path, entry)
    if "permissions" in entry:
        _permit(path, entry["permissions"])


def create_file(entry):
    path = entry["path"]
    if entry.get("encoding", "utf-8").lower() not in ("utf8", "utf-8"):
        raise StepFailed(f"the encoding {entry['encoding']} is not one that this executor writes")
    if not entry.get("overwrite", True) and os.path.exists(path):
        raise StepFailed(f"{path} is there already, and is not to be overwritten")
    os.makedirs(os.path.dirname(path) or "/", exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(entry.get("content", ""))
    _finish(path, entry)


def create_folder(entry):
    path = entry["path"]
    if not entry.get("overwrite", True) and os.path.exists(path):
        raise StepFailed(f"{path} is there already, and is not to be overwritten")
    os.makedirs(path, exist_ok=True)
    _finish(path, entry)


def create_symlink(entry):
    path, target = entry["path"], entry["target"]
    if not os.path.exists(target):
        raise StepFailed(f"{target}, which {path} is to point to, is not there")
    if os.path.lexists(path):
        if not entry.get("force", False) or not os.path.islink(path):
            raise StepFailed(f"{path} is there already")
        os.remove(path)
    os.makedirs(os.path.dirname(path) or "/", exist_ok=True)
    os.symlink(target, path)


def delete_file(entry):
    found = glob.glob(entry["path"])
    if not found:
        raise StepFailed(f"there is no file {entry['path']}")
    for path in found:
        os.remove(path)


def delete_folder(entry):
    path = entry["path"]
    if entry.get("force", False):
        shutil.rmtree(path)
    else:
        os.rmdir(path)


def set_owner(entry):
    _own(entry["path"], entry)


def set_permissions(entry):
    _permit(entry["path"], entry["permissions"])


def save(source, destination, overwrite):
    """Writes an open file's content to a path, which may be a folder's with the name at its end already."""
    if not overwrite and os.path.exists(destination):
        raise StepFailed(f"{destination} is there already, and is not to be overwritten")
    os.lseek(source, 0, os.SEEK_SET)
    with open(destination, "wb") as file, os.fdopen(os.dup(source), "rb") as content:
        shutil.copyfileobj(content, file)
