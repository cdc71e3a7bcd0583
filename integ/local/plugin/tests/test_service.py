"""A service as CloudFormation waits for it, and as its scheduler keeps it."""
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest

from cloud import DeployFailed, eventually
from emulator import emulator
from templates import SERVE, changed, init_container, ref, service, shared

AFTER_SETUP = [{"ContainerName": "setup", "Condition": "SUCCESS"}]
CHECK = {"Command": ["CMD-SHELL", "wget -q -O- http://127.0.0.1:8080/healthz"], "Interval": 5}


def state(stack, common):
    described = stack.service(common["Cluster"])
    return described["runningCount"], described["deployments"][0]["rolloutState"], len(described["deployments"])


def test_a_deploy_ends_when_the_service_is_steady(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-service.html"""
    stack = deploy(service(common, {"HealthCheck": CHECK}, balanced=True))
    assert state(stack, common) == (1, "COMPLETED", 1)
    task = stack.task(common["Cluster"])
    assert (task["lastStatus"], task["healthStatus"], task["containers"][0]["healthStatus"]) == ("RUNNING", "HEALTHY", "HEALTHY")


def test_a_task_that_exits_makes_the_deploy_fail_with_its_last_lines(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html: 3 failed tasks for one desired"""
    began = monotonic()
    with pytest.raises(DeployFailed) as failed:
        deploy(service(common, init_container("for i in $(seq 30); do echo line $i; done; echo the key is no PEM; exit 7"),
                       {"DependsOn": AFTER_SETUP}))
    message = str(failed.value)
    assert "ECS Deployment Circuit Breaker was triggered" in message
    assert "3 tasks failed" in message
    assert "exited with 7" in message
    assert message.count("  line ") == 19
    assert "the key is no PEM" in message
    assert monotonic() - began < 15


@pytest.mark.parametrize(("breaker", "tasks"), [
    ({"Enable": True, "Rollback": False}, 3),
    ({"Enable": True, "Rollback": False, "ThresholdConfiguration": {"Type": "COUNT", "Value": 1}}, 1)])
def test_the_circuit_breaker_counts_to_its_threshold(common, deploy, cloud, breaker, tasks):
    before = cloud.log.read_text().count("asked for")
    with pytest.raises(DeployFailed, match=f"{tasks} tasks failed"):
        deploy(service(common, {"script": "exit 1"}, DeploymentConfiguration={
            "MinimumHealthyPercent": 0, "MaximumPercent": 100, "DeploymentCircuitBreaker": breaker}))
    assert cloud.log.read_text().count("asked for") - before == tasks


def test_without_a_circuit_breaker_the_deploy_ends_when_nobody_waits_any_longer(common, deploy):
    configuration = {"MinimumHealthyPercent": 0, "MaximumPercent": 100}
    with pytest.raises(DeployFailed, match=r"not become steady within 20 seconds(.|\n)*Essential container in task exited(.|\n)*broken"):
        deploy(service(common, {"script": "echo broken; exit 1"}, DeploymentConfiguration=configuration))


def test_an_essential_container_that_ends_stops_the_task(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html (essential)"""
    with pytest.raises(DeployFailed, match="Essential container in task exited"):
        deploy(service(common, {}, {"name": "other", "ports": (), "script": "exit 0"}))


def test_a_container_that_is_not_essential_may_end(common, deploy):
    stack = deploy(service(common, {}, init_container("exit 5", name="other")))
    containers = {container["name"]: container for container in stack.task(common["Cluster"])["containers"]}
    assert (containers["other"]["exitCode"], containers["server"]["lastStatus"]) == (5, "RUNNING")


def test_a_container_that_does_not_become_healthy_makes_the_deploy_fail(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html"""
    template = service(common, {"HealthCheck": {"Command": ["CMD-SHELL", "exit 1"], "Interval": 5, "Retries": 1, "Timeout": 2}})
    breaker = template["Resources"]["Service"]["Properties"]["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    breaker["ThresholdConfiguration"] = {"Type": "COUNT", "Value": 1}
    with pytest.raises(DeployFailed, match="1 tasks failed; the last one: Task failed container health checks"):
        deploy(template)


def test_a_target_that_does_not_become_healthy_makes_the_deploy_fail(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-load-balancers.html"""
    template = service(common, balanced=True)
    template["Resources"]["TargetGroup"]["Properties"] |= {"HealthCheckPath": "/none"}
    template["Resources"]["Service"]["Properties"]["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["ThresholdConfiguration"] = {
        "Type": "COUNT", "Value": 1}
    with pytest.raises(DeployFailed, match=r"Task failed ELB health checks.*failed with these codes: \[404\]"):
        deploy(template)


def test_the_grace_period_keeps_a_task_that_is_slow(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html (healthCheckGracePeriodSeconds)"""
    template = service(common, {"script": f"sleep 6; {SERVE}"}, balanced=True)
    properties = template["Resources"]["Service"]["Properties"]
    properties["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["ThresholdConfiguration"] = {"Type": "COUNT", "Value": 1}
    with pytest.raises(DeployFailed, match="Task failed ELB health checks"):
        deploy(template)
    properties["HealthCheckGracePeriodSeconds"] = 60
    assert state(deploy(template), common) == (1, "COMPLETED", 1)


def test_an_update_stops_the_old_task_before_it_starts_the_new_one(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentConfiguration.html (0 % and 100 %)"""
    template = service(common, {"script": SERVE.replace("exit 0", "sleep 2; exit 0"), "StopTimeout": 10}, balanced=True)
    stack = deploy(template)
    old = stack.task(common["Cluster"])
    stack.update(changed(template, lambda resources: resources["TaskDefinition"]["Properties"].update(Cpu="512")))
    new = stack.task(common["Cluster"])
    old = stack.cloud.client("ecs").describe_tasks(cluster=common["Cluster"], tasks=[old["taskArn"]])["tasks"][0]
    assert (old["lastStatus"], new["taskArn"] != old["taskArn"]) == ("STOPPED", True)
    assert old["stoppedAt"] <= new["createdAt"]


def test_an_update_with_room_starts_the_new_task_first(common, deploy):
    template = service(common, balanced=True, DeploymentConfiguration={"MinimumHealthyPercent": 100, "MaximumPercent": 200})
    stack = deploy(template)
    old = stack.task(common["Cluster"])

    def slow(resources):
        resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]["Command"] = [f"sleep 3; {SERVE}"]

    stack.update(changed(template, slow))
    new = stack.task(common["Cluster"])
    old = stack.cloud.client("ecs").describe_tasks(cluster=common["Cluster"], tasks=[old["taskArn"]])["tasks"][0]
    assert (old["stoppingAt"] - new["startedAt"]).total_seconds() >= 2


@pytest.mark.parametrize("rollback", [True, False])
def test_a_failed_update_fails_and_the_old_task_definition_runs_again(common, deploy, rollback):
    """By the circuit breaker's own rollback, else by CloudFormation's."""
    template = service(common)
    template["Resources"]["Service"]["Properties"]["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Rollback"] = rollback
    stack = deploy(template)
    before = stack.task(common["Cluster"])["taskDefinitionArn"]

    def breaks(resources):
        resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]["Command"] = ["echo no longer; exit 2"]

    with pytest.raises(DeployFailed, match=r"Circuit Breaker was triggered(.|\n)*no longer"):
        stack.update(changed(template, breaks))
    assert stack.task(common["Cluster"])["taskDefinitionArn"] == before
    assert state(stack, common)[:2] == (1, "COMPLETED")
    assert any("rolling back to deployment" in event["message"] for event in stack.service(common["Cluster"])["events"]) is rollback


def test_an_update_sends_all_properties(common, deploy):
    """A count that was changed by hand is the template's again, as after an update on AWS that touches the service."""
    template = service(common)
    stack = deploy(template)
    stack.cloud.client("ecs").update_service(cluster=common["Cluster"], service=stack.physical_id("Service"), desiredCount=0)
    assert eventually(lambda: not stack.tasks(common["Cluster"]))
    stack.update(changed(template, lambda resources: resources["Service"]["Properties"].update(HealthCheckGracePeriodSeconds=5)))
    assert state(stack, common)[0] == 1


def test_deployment_alarms_may_be_switched_off(common, deploy):
    """What the CDK writes for a service without alarms."""
    template = service(common)
    template["Resources"]["Service"]["Properties"]["DeploymentConfiguration"]["Alarms"] = {
        "AlarmNames": [], "Enable": False, "Rollback": False}
    assert state(deploy(template), common)[0] == 1


def test_a_task_that_ends_later_is_replaced(common, deploy):
    stack = deploy(service(common))
    old = stack.task(common["Cluster"])["taskArn"]
    stack.container(common["Cluster"]).kill()
    assert eventually(lambda: [task for task in stack.tasks(common["Cluster"])
                               if task["taskArn"] != old and task["lastStatus"] == "RUNNING"])


def test_a_task_whose_container_somebody_removes_is_replaced(common, deploy):
    stack = deploy(service(common))
    old = stack.task(common["Cluster"])["taskArn"]
    stack.container(common["Cluster"]).remove(force=True)
    assert eventually(lambda: [task for task in stack.tasks(common["Cluster"])
                               if task["taskArn"] != old and task["lastStatus"] == "RUNNING"])
    old = stack.cloud.client("ecs").describe_tasks(cluster=common["Cluster"], tasks=[old])["tasks"][0]
    assert (old["stopCode"], old["containers"][0]["exitCode"]) == ("EssentialContainerExited", 137)


def test_a_task_that_stops_first_answers_its_requests(common, deploy):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html (deregistration delay)"""
    lines = " ".join(f"'{line}'" for line in ("#!/bin/sh", "sleep 3", "echo Content-Type: text/plain", "echo", "echo answered"))
    slow = f"mkdir -p /tmp/www/cgi-bin; printf '%s\\n' {lines} > /tmp/www/cgi-bin/slow"
    template = service(common, {"script": f"{slow}; chmod 755 /tmp/www/cgi-bin/slow; {SERVE}"}, balanced=True)
    template["Resources"]["TargetGroup"]["Properties"]["TargetGroupAttributes"][0]["Value"] = "10"
    stack = deploy(template)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(stack.cloud.request, common["Host"], path="/cgi-bin/slow")
        sleep(0.5)
        stack.cloud.client("ecs").stop_task(cluster=common["Cluster"], task=stack.task(common["Cluster"])["taskArn"])
        assert answer.result() == (200, "answered\n")


def test_two_tasks_are_kept_when_two_are_asked_for(common, deploy):
    stack = deploy(service(common, DesiredCount=2))
    assert len(stack.tasks(common["Cluster"])) == 2
    assert state(stack, common)[0] == 2


def test_a_delete_leaves_no_container(common, deploy, cloud):
    stack = deploy(service(common, {}, init_container("echo done")))
    task = stack.task(common["Cluster"])["taskArn"].rsplit("/", 1)[-1]
    assert [container.name for container in cloud.containers() if task in container.name]
    stack.delete()
    assert not [container.name for container in cloud.containers() if task in container.name]


@pytest.mark.parametrize(("properties", "problem"), [
    ({"LoadBalancers": [{"ContainerName": "server", "ContainerPort": 9, "TargetGroupArn": ref("TargetGroup")}]},
     "does not have a container port"),
    ({"ServiceRegistries": [{"RegistryArn": "x"}]}, "does not emulate ServiceRegistries"),
    ({"DeploymentController": {"Type": "EXTERNAL"}}, "only emulates the deployment controller"),
    ({"SchedulingStrategy": "DAEMON"}, "only emulates the scheduling strategy"),
    ({"NetworkConfiguration": {}}, "Network Configuration must be provided"),
    ({"AvailabilityZoneRebalancing": "ENABLED"}, "does not support maximumPercent"),
    ({"DeploymentConfiguration": {"MinimumHealthyPercent": 100, "MaximumPercent": 100}}, "cannot be 100"),
    ({"DeploymentConfiguration": {"Alarms": {"AlarmNames": ["a"], "Enable": True, "Rollback": True}}}, "emulate deployment alarms"),
    ({"DeploymentConfiguration": {"Strategy": "CANARY"}}, "does not emulate Strategy")])
def test_a_service_that_ecs_does_not_take_is_refused(common, deploy, properties, problem):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html"""
    template = service(common, balanced=True)
    template["Resources"]["Service"]["Properties"] |= properties
    with pytest.raises(DeployFailed, match=problem):
        deploy(template)


def test_a_service_behind_a_target_group_that_no_listener_uses_is_refused(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html"""
    template = service(common, balanced=True)
    template["Resources"]["Listener"]["Properties"]["DefaultActions"] = [
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]
    with pytest.raises(DeployFailed, match="does not have an associated load balancer"):
        deploy(template)


def test_other_subnets_mean_new_tasks(common, deploy):
    template = service(common)
    stack = deploy(template)
    before = stack.task(common["Cluster"])["taskArn"]
    stack.update(changed(template, lambda resources: resources["Service"]["Properties"].update(
        NetworkConfiguration={"AwsvpcConfiguration": {"Subnets": [common["SubnetB"]]}})))
    task = stack.task(common["Cluster"])
    assert task["taskArn"] != before
    assert {"name": "subnetId", "value": common["SubnetB"]} in task["attachments"][0]["details"]


def test_other_tags_leave_the_tasks_alone(common, deploy):
    template = service(common)
    stack = deploy(template)
    before = stack.task(common["Cluster"])["taskArn"]

    def tag(resources):
        for name in ("Service", "TaskDefinition"):
            resources[name]["Properties"]["Tags"] = [{"Key": "team", "Value": "infrastructure"}]

    stack.update(changed(template, tag))
    assert stack.task(common["Cluster"])["taskArn"] == before
    tags = stack.cloud.client("ecs").list_tags_for_resource(resourceArn=stack.physical_id("Service"))["tags"]
    assert {"key": "team", "value": "infrastructure"} in tags


def test_an_emulator_that_ends_leaves_nothing(engine, image, network, tmp_path):
    mounts = [{"SourceVolume": "shared", "ContainerPath": "/shared"}]
    with emulator(tmp_path, f"{network}-ends", network, engine) as cloud:
        outputs = cloud.deploy(shared()).outputs
        cloud.deploy(service(outputs, {"MountPoints": mounts}, task={"Volumes": [{"Name": "shared"}]}))
        assert len(cloud.left()) == 2
    assert cloud.left() == []
