"""Containers as the task definition says."""
import re
from datetime import datetime
from time import monotonic

import pytest

from cloud import DeployFailed, eventually
from templates import SERVE, init_container, service

AFTER_SETUP = [{"ContainerName": "setup", "Condition": "SUCCESS"}]


def test_runs_the_command_as_the_user_in_the_directory_with_the_environment(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html"""
    stack = deploy(service(common, {
        "script": f'echo "$(id -u):$(id -g) $(pwd) $GREETING"; {SERVE}', "User": "100:1000", "WorkingDirectory": "/tmp",
        "Environment": [{"Name": "GREETING", "Value": "hello"}]}))
    assert "100:1000 /tmp hello" in stack.log_lines(common["Cluster"])


def test_a_root_file_system_is_read_only_only_where_it_is_said(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (readonlyRootFilesystem)"""
    script = "touch /data/file && echo written || echo refused; sleep 60"
    stack = deploy(service(common, {"script": script}, {"name": "closed", "script": script, "ports": (), "ReadonlyRootFilesystem": True}))
    assert eventually(lambda: stack.log_lines(common["Cluster"])) == ["written"]
    assert "refused" in eventually(lambda: stack.log_lines(common["Cluster"], "closed"))


def test_the_limits_that_are_said_hold(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (memory, ulimits, linuxParameters)"""
    stack = deploy(service(common, {
        "script": f"ulimit -n; cat /proc/1/comm; touch /scratch/file && echo scratch; {SERVE}", "Memory": 64,
        "Ulimits": [{"Name": "nofile", "SoftLimit": 111, "HardLimit": 222}],
        "LinuxParameters": {"InitProcessEnabled": True, "Tmpfs": [{"ContainerPath": "/scratch", "Size": 8}]}}))
    lines = stack.log_lines(common["Cluster"])
    assert (lines[0], lines[2]) == ("111", "scratch")
    assert re.search("init|tini", lines[1])
    host = stack.container(common["Cluster"]).attrs["HostConfig"]
    assert host["Memory"] == 64 * 1024 * 1024
    assert "size=8m" in host["Tmpfs"]["/scratch"]


def test_without_its_own_limit_a_container_has_the_task_s(common, deploy):
    stack = deploy(service(common))
    host = stack.container(common["Cluster"]).attrs["HostConfig"]
    assert (host["Memory"], host.get("Tmpfs"), host["Init"]) == (512 * 1024 * 1024, None, False)


def test_ports_are_published_on_loopback_alone(common, deploy):
    stack = deploy(service(common))
    bindings = stack.container(common["Cluster"]).attrs["NetworkSettings"]["Ports"]["8080/tcp"]
    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]


def test_says_which_architecture_was_asked_for_and_which_runs(common, deploy, cloud):
    stack = deploy(service(common))
    task = stack.task(common["Cluster"])["taskArn"].rsplit("/", 1)[-1]
    assert re.search(rf"^task {task}: asked for ARM64, runs (X86_64|ARM64)$", cloud.log.read_text(), re.MULTILINE)


def test_a_shared_volume_is_empty_and_root_s(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html: owned by root unless the image says otherwise"""
    mounts = [{"SourceVolume": "shared", "ContainerPath": "/seeded"}]
    stack = deploy(service(
        common, {"script": f"ls /seeded | wc -l; touch /seeded/mine 2>/dev/null || echo refused; {SERVE}", "User": "100:1000",
                 "MountPoints": mounts},
        task={"Volumes": [{"Name": "shared"}]}))
    assert stack.log_lines(common["Cluster"])[:2] == ["0", "refused"]


def test_an_init_container_prepares_a_volume_for_the_next(common, deploy):
    mounts = [{"SourceVolume": "shared", "ContainerPath": "/shared"}]
    stack = deploy(service(
        common, init_container("echo prepared > /shared/file; chown 100:1000 /shared", MountPoints=mounts),
        {"script": f"cat /shared/file; touch /shared/mine && echo written; {SERVE}", "User": "100:1000", "DependsOn": AFTER_SETUP,
         "MountPoints": mounts},
        task={"Volumes": [{"Name": "shared", "Host": {}}]}))
    assert stack.log_lines(common["Cluster"])[:2] == ["prepared", "written"]


def test_volumes_go_with_their_task(common, deploy, cloud):
    mounts = [{"SourceVolume": "shared", "ContainerPath": "/shared"}]
    stack = deploy(service(common, {"MountPoints": mounts}, task={"Volumes": [{"Name": "shared"}]}))
    task = stack.task(common["Cluster"])["taskArn"].rsplit("/", 1)[-1]
    assert [volume.name for volume in cloud.engine.volumes.list(filters={"name": task})] == [f"{task}-shared"]
    stack.delete()
    assert cloud.engine.volumes.list(filters={"name": task}) == []


@pytest.mark.parametrize(("condition", "script", "order"), [
    ("COMPLETE", "sleep 1; echo setup; exit 3", True), ("SUCCESS", "sleep 1; echo setup", True), ("START", "sleep 3; echo setup", False)])
def test_a_container_waits_for_the_one_it_depends_on(common, deploy, condition, script, order):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html"""
    stack = deploy(service(common, init_container(script), {"DependsOn": [{"ContainerName": "setup", "Condition": condition}]}))
    containers = {name: stack.container(common["Cluster"], name).attrs["State"] for name in ("setup", "server")}
    ended = containers["setup"]["FinishedAt"]
    assert (ended > "0001-01-02" and ended <= containers["server"]["StartedAt"]) is order


def test_a_container_waits_until_another_is_healthy(common, deploy):
    check = {"Command": ["CMD-SHELL", "test -e /tmp/ready"], "Interval": 5, "Retries": 2}
    stack = deploy(service(
        common, {"name": "database", "ports": (), "script": "sleep 2; touch /tmp/ready; sleep 60", "HealthCheck": check},
        {"DependsOn": [{"ContainerName": "database", "Condition": "HEALTHY"}]}))
    database, server = (datetime.fromisoformat(stack.container(common["Cluster"], name).attrs["State"]["StartedAt"][:23])
                        for name in ("database", "server"))
    assert (server - database).total_seconds() > 2


def test_a_container_that_waits_in_vain_makes_the_task_fail(common, deploy):
    with pytest.raises(DeployFailed, match="setup to be SUCCESS, but setup exited with 3"):
        deploy(service(common, init_container("exit 3"), {"DependsOn": AFTER_SETUP}))


@pytest.mark.parametrize(("containers", "problem"), [
    ([{"DependsOn": [{"ContainerName": "other", "Condition": "START"}]}], "which the task definition does not have"),
    ([{"DependsOn": [{"ContainerName": "other", "Condition": "HEALTHY"}]}, {"name": "other", "ports": ()}], "has no health check"),
    ([{"DependsOn": [{"ContainerName": "other", "Condition": "SUCCESS"}]}, {"name": "other", "ports": ()}], "but other is essential"),
    ([{"DependsOn": [{"ContainerName": "other", "Condition": "START"}]},
      {"name": "other", "ports": (), "DependsOn": [{"ContainerName": "server", "Condition": "START"}]}], "in a circle"),
    ([{"StopTimeout": 121}], "at most 120 seconds"),
    ([{"Essential": False}], "at least one essential container"),
    ([{"MountPoints": [{"SourceVolume": "none", "ContainerPath": "/x"}]}], "unknown volume 'none'"),
    ([{"HealthCheck": {"Command": ["curl", "x"]}}], "begins with CMD"),
    ([{"VolumesFrom": [{"SourceContainer": "x"}]}], "volumesFrom is not emulated"),
    ([{"Secrets": [{"Name": "A", "ValueFrom": "x"}], "Environment": [{"Name": "A", "Value": "x"}]}], "must be unique"),
])
def test_a_wrong_task_definition_is_refused(common, deploy, containers, problem):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html"""
    with pytest.raises(DeployFailed, match=problem):
        deploy(service(common, *containers))


@pytest.mark.parametrize(("task", "problem"), [
    ({"NetworkMode": "bridge"}, "only supports network mode 'awsvpc'"), ({"Cpu": ""}, "requires that 'cpu' and 'memory'"),
    ({"ExecutionRoleArn": ""}, "execution role ARN to support log driver awslogs"), ({"PidMode": "task"}, "pidMode is not emulated"),
    ({"Volumes": [{"Name": "v", "Host": {"SourcePath": "/etc"}}]}, "not supported on Fargate"),
    ({"Colour": "red"}, "no member for the property Colour")])
def test_a_task_definition_that_fargate_does_not_take_is_refused(common, deploy, task, problem):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html"""
    with pytest.raises(DeployFailed, match=problem):
        deploy(service(common, task=task))


def test_an_image_that_cannot_be_pulled_stops_the_task(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_cannot_pull_image.html"""
    with pytest.raises(DeployFailed, match="CannotPullContainerError"):
        deploy(service(common, {"Image": "127.0.0.1:9/none:none"}))


def test_a_command_that_does_not_exist_stops_the_task(common, deploy):
    with pytest.raises(DeployFailed, match="CannotStartContainerError"):
        deploy(service(common, {"EntryPoint": ["/none"]}))


def test_stopping_waits_as_long_as_the_container_may_take(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (stopTimeout)"""
    script = "trap 'sleep 2; echo saved; exit 0' TERM; echo started; while true; do sleep 0.1; done"
    stack = deploy(service(common, {"script": script, "StopTimeout": 20}))
    task = stack.task(common["Cluster"])["taskArn"]
    began = monotonic()
    stack.cloud.client("ecs").stop_task(cluster=common["Cluster"], task=task)
    assert eventually(lambda: stopped(stack, common, task))["containers"][0]["exitCode"] == 0
    assert 2 < monotonic() - began < 10
    assert stack.log_lines(common["Cluster"], task=task.rsplit("/", 1)[-1])[-1] == "saved"


def test_a_container_that_takes_longer_is_killed(common, deploy):
    stack = deploy(service(common, {"script": "trap '' TERM; echo started; while true; do sleep 0.1; done", "StopTimeout": 2}))
    task = stack.task(common["Cluster"])["taskArn"]
    stack.cloud.client("ecs").stop_task(cluster=common["Cluster"], task=task)
    assert eventually(lambda: stopped(stack, common, task))["containers"][0]["exitCode"] == 137


def stopped(stack, common, task):
    described = stack.cloud.client("ecs").describe_tasks(cluster=common["Cluster"], tasks=[task])["tasks"][0]
    return described if described["lastStatus"] == "STOPPED" else None
