"""What the tests do with the emulator: the calls that a user's tools would make."""
import json
import time
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.config import Config


class DeployFailed(Exception):
    """The reason of the first resource that failed."""


class Cloud:
    def __init__(self, port, log, run, engine):
        self.port, self.log, self.run, self.engine = port, log, run, engine
        self.endpoint = f"http://127.0.0.1:{port}"
        self._clients = {}

    def client(self, service):
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test",
                config=Config(retries={"max_attempts": 1}, read_timeout=120))
        return self._clients[service]

    def deploy(self, template, name=None):
        stack = Stack(self, name or f"s{uuid.uuid4().hex[:8]}")
        stack.create(template)
        return stack

    def request(self, host, method="GET", path="/", port=80, client=None, headers=None):
        """(status, body) of a request to a load balancer, as the TLS front sends it."""
        sent = {"Host": f"{host}:{port}", **({"x-cdk-atlantis-client-ip": client} if client else {}), **(headers or {})}
        request = urllib.request.Request(f"{self.endpoint}{path}", method=method, headers=sent, data=b"" if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def containers(self, all=True):
        return self.engine.containers.list(all=all, filters={"label": f"cdk-atlantis.run={self.run}"})

    def left(self):
        """What the run has made on the engine and is still there."""
        label = {"label": f"cdk-atlantis.run={self.run}"}
        return self.containers() + self.engine.volumes.list(filters=label)


class Stack:
    def __init__(self, cloud, name):
        self.cloud, self.name = cloud, name
        self.formation = cloud.client("cloudformation")

    def create(self, template):
        self.formation.create_stack(StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
        try:
            self._settle("CREATE_COMPLETE")
        except DeployFailed:
            self.delete()
            raise

    def update(self, template):
        self.formation.update_stack(StackName=self.name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
        self._settle("UPDATE_COMPLETE")

    def delete(self):
        self.formation.delete_stack(StackName=self.name)
        self._settle("DELETE_COMPLETE")

    def _status(self):
        try:
            return self.formation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]
        except self.formation.exceptions.ClientError:
            return "DELETE_COMPLETE"

    def _settle(self, wanted):
        while (status := self._status()).endswith("IN_PROGRESS"):
            time.sleep(0.1)
        if status != wanted:
            raise DeployFailed(self.reason() or status)

    def reason(self):
        events = self.formation.describe_stack_events(StackName=self.name)["StackEvents"]
        reasons = [event.get("ResourceStatusReason", "") for event in reversed(events)
                   if event["ResourceStatus"].endswith("_FAILED") and event["ResourceType"] != "AWS::CloudFormation::Stack"]
        return reasons[-1] if reasons else None

    @property
    def outputs(self):
        stack = self.formation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def physical_id(self, logical_id):
        return self.formation.describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id)["StackResourceDetail"]["PhysicalResourceId"]

    def service(self, cluster):
        return self.cloud.client("ecs").describe_services(cluster=cluster, services=[self.physical_id("Service")])["services"][0]

    def tasks(self, cluster, status="RUNNING"):
        ecs = self.cloud.client("ecs")
        arns = ecs.list_tasks(cluster=cluster, serviceName=self.physical_id("Service").rsplit("/", 1)[-1], desiredStatus=status)["taskArns"]
        return ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []

    def task(self, cluster):
        tasks = self.tasks(cluster)
        assert len(tasks) == 1, tasks
        return tasks[0]

    def container(self, cluster, name="server"):
        """The running Docker container of the only task."""
        task = self.task(cluster)["taskArn"].rsplit("/", 1)[-1]
        return self.cloud.engine.containers.get(f"{task}-{name}")

    def log_lines(self, cluster, name="server", task=None):
        task = task or self.task(cluster)["taskArn"].rsplit("/", 1)[-1]
        events = self.cloud.client("logs").get_log_events(
            logGroupName=self.physical_id("Logs"), logStreamName=f"test/{name}/{task}", startFromHead=True)["events"]
        return [event["message"] for event in events]


def eventually(check, seconds=15):
    ends = time.monotonic() + seconds
    while not (value := check()) and time.monotonic() < ends:
        time.sleep(0.1)
    return value
