"""EFS: owners, who may mount, and from where."""
import pytest

from cloud import DeployFailed
from templates import SERVE, allow, att, ref, role, service

MAY_MOUNT = allow(["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"], att("FileSystem", "Arn"), Condition={
    "StringEquals": {"elasticfilesystem:AccessPointArn": att("AccessPoint", "Arn")}})
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["elasticfilesystem:ClientRootAccess"], "Resource": "*",
     "Condition": {"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}}}]}
WRITE = f"touch /efs/file && echo written || echo refused; {SERVE}"


def owner(uid="100", gid="1000", permissions="750"):
    return {"OwnerUid": uid, "OwnerGid": gid, "Permissions": permissions}


def on_efs(common, script=WRITE, statements=(MAY_MOUNT,), policy=POLICY, info=None, posix=None, zones="AB", volume=None):
    template = service(
        common, {"script": script, "User": "100:1000", "MountPoints": [{"SourceVolume": "efs", "ContainerPath": "/efs"}]},
        task={"Volumes": [{"Name": "efs", "EFSVolumeConfiguration": {
            "FilesystemId": ref("FileSystem"), "TransitEncryption": "ENABLED",
            "AuthorizationConfig": {"AccessPointId": ref("AccessPoint"), "IAM": "ENABLED"}, **(volume or {})}}]})
    targets = {f"Target{zone}": {"Type": "AWS::EFS::MountTarget", "Properties": {
        "FileSystemId": ref("FileSystem"), "SubnetId": common[f"Subnet{zone}"], "SecurityGroups": [common["GroupId"]]}} for zone in zones}
    template["Resources"] |= {
        "FileSystem": {"Type": "AWS::EFS::FileSystem", "Properties": {
            "Encrypted": True, **({"FileSystemPolicy": policy} if policy else {})}},
        "AccessPoint": {"Type": "AWS::EFS::AccessPoint", "Properties": {
            "FileSystemId": ref("FileSystem"), "PosixUser": posix or {"Uid": "100", "Gid": "1000"},
            "RootDirectory": {"Path": "/atlantis", **({} if info == {} else {"CreationInfo": info or owner()})}}},
        "TaskRole": role(*statements), **targets}
    template["Resources"]["Service"]["DependsOn"] = list(targets)
    return template


def test_the_directory_has_the_owner_of_the_access_point(common, deploy):
    """https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html"""
    stack = deploy(on_efs(common, f"stat -c '%u:%g %a' /efs; {WRITE}"))
    assert stack.log_lines(common["Cluster"])[:2] == ["100:1000 750", "written"]


@pytest.mark.parametrize(("info", "posix"), [
    (owner(uid="101", permissions="755"), {"Uid": "101", "Gid": "1000"}),
    (owner(uid="0", gid="0", permissions="755"), {"Uid": "0", "Gid": "0"}),
    (owner(permissions="755"), {"Uid": "101", "Gid": "1001"}), (owner(permissions="555"), None)])
def test_another_owner_cannot_write(common, deploy, info, posix):
    stack = deploy(on_efs(common, info=info, posix=posix))
    lines = stack.log_lines(common["Cluster"])
    assert ("refused" in lines, "written" in lines) == (True, False)


def test_files_outlive_the_task_and_go_with_the_file_system(common, deploy, cloud):
    template = on_efs(common, f"cat /efs/file; echo first > /efs/file; {SERVE}")
    stack = deploy(template)
    template["Resources"]["TaskDefinition"]["Properties"]["Cpu"] = "512"
    stack.update(template)
    assert "first" in stack.log_lines(common["Cluster"])
    file_system = stack.physical_id("FileSystem")
    assert len(cloud.engine.volumes.list(filters={"name": file_system})) == 1
    stack.delete()
    assert cloud.engine.volumes.list(filters={"name": file_system}) == []


@pytest.mark.parametrize("statements", [
    (), (allow("elasticfilesystem:ClientWrite", att("FileSystem", "Arn")),),
    (allow("elasticfilesystem:*", att("FileSystem", "Arn"), Condition={"StringEquals": {"elasticfilesystem:AccessPointArn": "other"}}),),
    (allow("elasticfilesystem:*", "arn:aws:elasticfilesystem:us-east-1:123456789012:file-system/fs-other"),)])
def test_a_task_role_that_may_not_mount_stops_the_task(common, deploy, statements):
    """https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html"""
    with pytest.raises(DeployFailed, match=r"ResourceInitializationError.*access denied by server.*ClientMount"):
        deploy(on_efs(common, statements=statements))


def test_a_task_that_does_not_use_iam_is_an_anonymous_client(common, deploy):
    with pytest.raises(DeployFailed, match="not allowed to an anonymous client"):
        deploy(on_efs(common, volume={"AuthorizationConfig": {"AccessPointId": ref("AccessPoint")}}))


def test_without_a_policy_of_its_own_a_file_system_lets_everyone_mount(common, deploy):
    """https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html (default file system policy)"""
    stack = deploy(on_efs(common, statements=(), policy=None))
    assert "written" in stack.log_lines(common["Cluster"])


def test_without_client_write_the_mount_is_read_only(common, deploy):
    stack = deploy(on_efs(common, statements=(allow("elasticfilesystem:ClientMount", att("FileSystem", "Arn")),)))
    assert "refused" in stack.log_lines(common["Cluster"])


def test_a_policy_that_denies_unencrypted_clients_refuses_them(common, deploy):
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    anyone = allow("elasticfilesystem:*", "*", Principal={"AWS": "*"})
    policy = {"Version": "2012-10-17", "Statement": [anyone, deny]}
    assert deploy(on_efs(common, policy=policy)).task(common["Cluster"])["lastStatus"] == "RUNNING"
    with pytest.raises(DeployFailed, match="access denied by server"):
        deploy(on_efs(common, policy=policy, volume={"TransitEncryption": "DISABLED", "AuthorizationConfig": {}}))


@pytest.mark.parametrize("zones", ["", "A"])
def test_a_zone_without_a_mount_target_stops_the_task(common, deploy, zones):
    """https://docs.aws.amazon.com/efs/latest/ug/accessing-fs.html: a mount target in each zone that clients are in"""
    with pytest.raises(DeployFailed, match="has no mount target in us-east-1"):
        deploy(on_efs(common, zones=zones))


def test_a_directory_without_creation_info_must_exist(common, deploy):
    """https://docs.aws.amazon.com/efs/latest/ug/enforce-root-directory-access-point.html"""
    with pytest.raises(DeployFailed, match="without CreationInfo EFS does not create it"):
        deploy(on_efs(common, info={}))


@pytest.mark.parametrize(("volume", "problem"), [
    ({"TransitEncryption": "DISABLED"}, "transit encryption must be ENABLED"), ({"RootDirectory": "/other"}, "must be omitted or /")])
def test_a_volume_that_ecs_does_not_take_is_refused(common, deploy, volume, problem):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-efs-config.html"""
    with pytest.raises(DeployFailed, match=problem):
        deploy(on_efs(common, volume=volume))
