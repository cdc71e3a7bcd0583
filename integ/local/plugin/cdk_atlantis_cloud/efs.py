"""EFS: who may mount a file system, and with which owner a directory appears.

Follows https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html,
https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/efs-volumes.html
A directory of a file system is a Docker volume: one for each file system and root directory.
"""
import hashlib

import docker
from ministack.services import ec2
from ministack.services import efs as stock

from . import roles
from .engine import TASK_LABELS, engine
from .resources import amend
from .settings import RUN
from .task_directories import own
from .task_failure import not_initialized

FILE_SYSTEM_LABEL = "cdk-atlantis.file-system"
NOBODY = 65534


def mount(volume, definition, subnets, task_id, image):
    """(name of the Docker volume, whether it may be written to); raises when AWS would not mount it."""
    configuration = volume["efsVolumeConfiguration"]
    authorization = configuration.get("authorizationConfig") or {}
    file_system = stock._file_systems.get(configuration["fileSystemId"])
    if file_system is None:
        raise _failed(f"Failed to resolve {configuration['fileSystemId']!r}: the file system does not exist")
    _reach(file_system, subnets)
    access_point = _access_point(authorization.get("accessPointId"), file_system)
    role = definition.get("taskRoleArn") if authorization.get("iam") == "ENABLED" else None
    encrypted = configuration.get("transitEncryption") == "ENABLED"
    writable = _permit(file_system, access_point, role, encrypted, task_id)
    return _directory(file_system, access_point, configuration.get("rootDirectory") or "/", image), writable


def _failed(reason):
    return not_initialized(f"failed to invoke EFS utils commands to set up EFS volumes: {reason}")


def _reach(file_system, subnets):
    """A mount target is reached from its own Availability Zone."""
    zones = {target["AvailabilityZoneName"] for target in stock._mount_targets.values()
             if target["FileSystemId"] == file_system["FileSystemId"]}
    for subnet_id in subnets:
        zone = (ec2._subnets.get(subnet_id) or {}).get("AvailabilityZone")
        if zone not in zones:
            raise _failed(f"Failed to resolve \"{file_system['FileSystemId']}.efs.amazonaws.com\": "
                          f"the file system has no mount target in {zone}, where the subnet {subnet_id} is")


def _access_point(access_point_id, file_system):
    if not access_point_id:
        return None
    access_point = stock._access_points.get(access_point_id)
    if access_point is None or access_point["FileSystemId"] != file_system["FileSystemId"]:
        raise _failed(f"the access point {access_point_id} does not exist on {file_system['FileSystemId']}")
    return access_point


def _permit(file_system, access_point, role, encrypted, task_id):
    """Whether the client, anonymous without a role, may write.

    Without a policy of its own a file system lets every client in, whatever its role.
    """
    policy = file_system.get("FileSystemPolicy")
    if not policy:
        return True
    conditions = {"elasticfilesystem:AccessedViaMountTarget": "true"}
    if access_point:
        conditions["elasticfilesystem:AccessPointArn"] = access_point["AccessPointArn"]
    arn = file_system["FileSystemArn"]
    if not _may("elasticfilesystem:ClientMount", role, arn, policy, encrypted, task_id, conditions):
        raise _failed("mount.nfs4: access denied by server while mounting 127.0.0.1:/ "
                      f"(elasticfilesystem:ClientMount on {arn} is not allowed to {role or 'an anonymous client'})")
    return _may("elasticfilesystem:ClientWrite", role, arn, policy, encrypted, task_id, conditions)


def _may(action, role, arn, policy, encrypted, task_id, conditions):
    try:
        if role:
            roles.require(role, task_id, action, arn, policy, encrypted, **conditions)
        else:
            roles.require_anonymous(action, arn, policy, encrypted, **conditions)
    except roles.Refused:
        return False
    return True


def _directory(file_system, access_point, path, image):
    root = (access_point or {}).get("RootDirectory") or {}
    path = root.get("Path") or path
    name = f"{RUN}-{file_system['FileSystemId']}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    volumes = engine().volumes
    try:
        volumes.get(name)
        return name
    except docker.errors.NotFound:
        info = root.get("CreationInfo")
        if path != "/" and not info:
            raise _failed(f"the directory {path} does not exist, and without CreationInfo EFS does not create it") from None
        volumes.create(name, labels={**TASK_LABELS, FILE_SYSTEM_LABEL: file_system["FileSystemId"]})
        own(name, image, *_shown(info if path != "/" else None, (access_point or {}).get("PosixUser")))
        return name


def _shown(info, user):
    """(uid, gid, mode) with which a container sees the directory.

    Behind an access point EFS acts as its POSIX user, whoever the container runs as; a Docker volume acts as the container's user.
    So where the POSIX user is not the owner, the directory belongs to nobody and gives everyone the rights that the POSIX user has.
    """
    uid, gid, mode = (int(info["OwnerUid"]), int(info["OwnerGid"]), int(info["Permissions"], 8)) if info else (0, 0, 0o755)
    if not user or int(user["Uid"]) == uid:
        return uid, gid, mode
    groups = {int(user["Gid"]), *(int(group) for group in user.get("SecondaryGids") or [])}
    rights = mode >> 3 & 7 if gid in groups else mode & 7
    return NOBODY, NOBODY, rights * 0o111


def _forget(physical_id):
    for volume in engine().volumes.list(filters={"label": f"{FILE_SYSTEM_LABEL}={physical_id}"}):
        volume.remove(force=True)


amend("AWS::EFS::FileSystem", after_delete=_forget)
