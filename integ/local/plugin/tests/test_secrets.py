"""Secrets, and what the execution role must be allowed."""
import json

import pytest

from cloud import DeployFailed
from templates import SERVE, allow, ref, service

SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": json.dumps({"token": "s3cret", "user": "atlantis"})}}
READ = allow("secretsmanager:GetSecretValue", ref("Secret"))


def with_secret(common, *execution, value_from=None, secret=SECRET, script='echo "got $VALUE"'):
    template = service(common, {"script": f"{script}; {SERVE}", "Secrets": [{"Name": "VALUE", "ValueFrom": value_from or ref("Secret")}]},
                       execution=execution)
    template["Resources"]["Secret"] = secret
    return template


def key(suffix):
    return {"Fn::Join": ["", [ref("Secret"), suffix]]}


@pytest.mark.parametrize(("value_from", "line"), [
    (None, 'got {"token": "s3cret", "user": "atlantis"}'), (key(":token::"), "got s3cret"), (key(":user:AWSCURRENT:"), "got atlantis")])
def test_a_container_gets_a_secret_that_the_execution_role_may_read(common, deploy, value_from, line):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html"""
    stack = deploy(with_secret(common, READ, value_from=value_from))
    assert line in stack.log_lines(common["Cluster"])


def test_a_reference_without_the_suffix_of_the_arn_is_the_same_secret(common, deploy):
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen: the policy needs the whole ARN"""
    partial = {"Fn::Join": ["", ["arn:aws:secretsmanager:us-east-1:123456789012:secret:", "partial-name"]]}
    named = {**SECRET, "Properties": {**SECRET["Properties"], "Name": "partial-name"}}
    may = allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:partial-name-??????")
    template = with_secret(common, may, value_from=partial, secret=named)
    template["Resources"]["Service"]["DependsOn"] = ["Secret"]
    stack = deploy(template)
    assert any("s3cret" in line for line in stack.log_lines(common["Cluster"]))


@pytest.mark.parametrize("execution", [
    [], [allow("secretsmanager:DescribeSecret", ref("Secret"))],
    [allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:other*")],
    [READ, {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}]])
def test_a_task_whose_execution_role_may_not_read_the_secret_does_not_start(common, deploy, execution):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html"""
    with pytest.raises(DeployFailed, match=r"ResourceInitializationError.*AccessDeniedException.*secretsmanager:GetSecretValue"):
        deploy(with_secret(common, *execution))


def test_an_execution_role_that_tasks_cannot_assume_is_refused(common, deploy):
    template = with_secret(common, READ)
    template["Resources"]["ExecutionRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {
        "Service": "ec2.amazonaws.com"}
    with pytest.raises(DeployFailed, match="ECS was unable to assume the role"):
        deploy(template)


@pytest.mark.parametrize(("value_from", "secret", "problem"), [
    (key(":none::"), SECRET, "did not contain json key none"),
    (None, {"Type": "AWS::SecretsManager::Secret", "Properties": {}}, "can't find the specified secret value"),
])
def test_a_secret_without_the_value_stops_the_task(common, deploy, value_from, secret, problem):
    with pytest.raises(DeployFailed, match=problem):
        deploy(with_secret(common, READ, value_from=value_from, secret=secret))


def test_a_generated_secret_follows_what_was_asked_for(common, deploy):
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html"""
    generated = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {
        "SecretStringTemplate": "{}", "GenerateStringKey": "webhook_secret", "PasswordLength": 40, "ExcludePunctuation": True}}}
    stack = deploy({"Resources": {"Secret": generated}, "Outputs": {"Ref": {"Value": ref("Secret")}}})
    secret = stack.cloud.client("secretsmanager").get_secret_value(SecretId=stack.outputs["Ref"])
    value = json.loads(secret["SecretString"])["webhook_secret"]
    assert len(value) == 40
    assert value.isalnum()


def test_ref_of_a_secret_is_its_arn(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html (return values)"""
    stack = deploy({"Resources": {"Secret": SECRET}, "Outputs": {"Ref": {"Value": ref("Secret")}}})
    assert stack.outputs["Ref"].startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:")
    changed = {**SECRET, "Properties": {"SecretString": "new"}}
    stack.update({"Resources": {"Secret": changed}, "Outputs": {"Ref": {"Value": ref("Secret")}}})
    secrets = stack.cloud.client("secretsmanager")
    assert secrets.get_secret_value(SecretId=stack.outputs["Ref"])["SecretString"] == "new"


def test_a_task_whose_execution_role_may_not_write_its_log_does_not_start(common, deploy):
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html"""
    template = service(common)
    template["Resources"]["ExecutionRole"]["Properties"]["Policies"] = []
    with pytest.raises(DeployFailed, match=r"failed to validate logger args.*logs:CreateLogStream"):
        deploy(template)


def test_a_log_group_that_does_not_exist_stops_the_task(common, deploy):
    template = service(common, execution=[allow("logs:*", "*")])
    options = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]["LogConfiguration"]["Options"]
    options["awslogs-group"] = "none"
    with pytest.raises(DeployFailed, match="The specified log group does not exist"):
        deploy(template)
