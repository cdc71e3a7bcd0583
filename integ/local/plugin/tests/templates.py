"""CloudFormation templates of the tests."""
import copy
import os

IMAGE = f"example.com/busybox:test-{os.getpid()}"
SERVE = "mkdir -p /tmp/www; echo ok > /tmp/www/healthz; echo started; httpd -f -p 8080 -h /tmp/www & trap 'exit 0' TERM; wait"
"""A shell command that serves /healthz on 8080 until it is told to stop."""


def trust(service="ecs-tasks.amazonaws.com"):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def att(logical_id, attribute):
    return {"Fn::GetAtt": [logical_id, attribute]}


def ref(logical_id):
    return {"Ref": logical_id}


def role(*statements, service="ecs-tasks.amazonaws.com"):
    policies = [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}] if statements else []
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(service), "Policies": policies}}


def shared():
    def subnet(number, zone):
        return {"Type": "AWS::EC2::Subnet", "Properties": {
            "VpcId": ref("Vpc"), "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": f"us-east-1{zone}"}}
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "SubnetA": subnet(1, "a"),
        "SubnetB": subnet(2, "b"),
        "Group": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "all", "VpcId": ref("Vpc")}},
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Balancer": {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer", "Properties": {
            "Scheme": "internet-facing", "Subnets": [ref("SubnetA"), ref("SubnetB")], "SecurityGroups": [ref("Group")]}},
    }
    return {"Resources": resources, "Outputs": {
        **{name: {"Value": ref(name)} for name in ("Vpc", "SubnetA", "SubnetB", "Group", "Cluster", "Balancer")},
        "GroupId": {"Value": att("Group", "GroupId")}, "CidrBlock": {"Value": att("Vpc", "CidrBlock")},
        "Host": {"Value": att("Balancer", "DNSName")}}}


def service(common, *containers, task=None, balanced=False, execution=(), **properties):
    """A service of one task; the first container is called `server` where it has no name."""
    definitions = [container_definition(**container) for container in containers or ({},)]
    resources = {
        "Logs": {"Type": "AWS::Logs::LogGroup"},
        "ExecutionRole": role(allow(["logs:CreateLogStream", "logs:PutLogEvents"], att("Logs", "Arn")), *execution),
        "TaskRole": role(),
        "TaskDefinition": {"Type": "AWS::ECS::TaskDefinition", "Properties": {
            "RequiresCompatibilities": ["FARGATE"], "NetworkMode": "awsvpc", "Cpu": "256", "Memory": "512",
            "ExecutionRoleArn": att("ExecutionRole", "Arn"), "TaskRoleArn": att("TaskRole", "Arn"),
            "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
            "ContainerDefinitions": definitions, **(task or {})}},
        "Service": {"Type": "AWS::ECS::Service", "Properties": {
            "Cluster": common["Cluster"], "TaskDefinition": ref("TaskDefinition"), "LaunchType": "FARGATE", "DesiredCount": 1,
            "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [common["SubnetA"], common["SubnetB"]]}},
            "DeploymentConfiguration": {"MinimumHealthyPercent": 0, "MaximumPercent": 100,
                                        "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True}}, **properties}},
    }
    template = {"Resources": resources}
    return with_balancer(template, common) if balanced else template


def with_balancer(template, common, port=80, conditions=None, **group):
    resources = template["Resources"]
    resources["TargetGroup"] = {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": {
        "VpcId": common["Vpc"], "TargetType": "ip", "Port": 8080, "Protocol": "HTTP", "HealthCheckPath": "/healthz",
        "HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 2, "UnhealthyThresholdCount": 2, "HealthyThresholdCount": 2,
        "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "3"}], **group}}
    resources["Listener"] = {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {
        "LoadBalancerArn": common["Balancer"], "Port": port, "Protocol": "HTTP",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": ref("TargetGroup")}]}}
    balanced = resources.get("Service")
    if balanced:
        balanced["DependsOn"] = ["Listener"]
        balanced["Properties"]["LoadBalancers"] = [
            {"ContainerName": "server", "ContainerPort": 8080, "TargetGroupArn": ref("TargetGroup")}]
    return template


def container_definition(name="server", script=SERVE, ports=(8080,), **more):
    return {"Name": name, "Image": IMAGE, "EntryPoint": ["/bin/sh", "-c"], "Command": [script], "StopTimeout": 1,
            "PortMappings": [{"ContainerPort": port} for port in ports],
            "LogConfiguration": {"LogDriver": "awslogs", "Options": {
                "awslogs-group": ref("Logs"), "awslogs-region": "us-east-1", "awslogs-stream-prefix": "test"}}, **more}


def init_container(script, name="setup", **more):
    return {"name": name, "script": script, "ports": (), "Essential": False, **more}


def changed(template, change):
    """A copy of the template after `change(resources)`."""
    other = copy.deepcopy(template)
    change(other["Resources"])
    return other
