"""What a container is given as environment: plain values, and secrets that the execution role may read.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
and https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
"""
import json

from ministack.core.responses import get_region
from ministack.services import secretsmanager, ssm

from . import roles
from .settings import RELAY
from .task_failure import not_initialized

_PREFIX = "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from"


def environment(container, task_id, definition, overrides):
    values = {"AWS_REGION": get_region(), "AWS_DEFAULT_REGION": get_region(), "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}
    if RELAY:
        values["AWS_ENDPOINT_URL"] = f"http://{RELAY}:4566"
    values |= {entry["name"]: entry["value"] for entry in container.get("environment", [])}
    values |= {entry["name"]: _secret(entry["valueFrom"], task_id, definition) for entry in container.get("secrets", [])}
    values |= {entry["name"]: entry["value"] for entry in overrides.get("environment", [])}
    return values


def _secret(reference, task_id, definition):
    role = definition.get("executionRoleArn")
    if not role:
        raise not_initialized(f"{_PREFIX} {reference}: the task definition has no execution role")
    if ":secretsmanager:" in reference:
        return _from_secrets_manager(reference, role, task_id)
    return _from_parameter_store(reference, role, task_id)


def _from_secrets_manager(reference, role, task_id):
    parts = reference.split(":") + ["", "", ""]
    arn, key, stage, version = ":".join(parts[:7]), *parts[7:10]
    where = f"{_PREFIX} asm: failed to fetch secret {arn} from secrets manager"
    try:
        policy = secretsmanager.secret_policy_for_arn(arn)
        roles.require(role, task_id, "secretsmanager:GetSecretValue", _complete_arn(arn), policy[0] if policy else None)
    except roles.Refused as refused:
        raise not_initialized(f"{where}: {refused}") from None
    value = secretsmanager.resolve_secret_string(arn, stage or "AWSCURRENT", version or None)
    if value is None:
        label = version or stage or "AWSCURRENT"
        raise not_initialized(f"{where}: ResourceNotFoundException: Secrets Manager can't find the specified secret value "
                              f"for staging label: {label}")
    if not key:
        return value
    try:
        return str(json.loads(value)[key])
    except (ValueError, KeyError, TypeError):
        raise not_initialized(f"unable to pull secrets or registry auth: execution resource retrieval failed: retrieved secret "
                              f"from Secrets Manager did not contain json key {key}") from None


def _complete_arn(arn):
    """Policies are about the secret that a partial ARN leads to, which is why those for a name end in `-??????`.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html
    """
    secret = secretsmanager._secrets.get(arn.split(":secret:", 1)[-1])
    return secret["ARN"] if secret else arn


def _from_parameter_store(reference, role, task_id):
    arn = reference if reference.startswith("arn:") else f"arn:aws:ssm:{get_region()}:*:parameter/{reference.lstrip('/')}"
    try:
        roles.require(role, task_id, "ssm:GetParameters", arn)
    except roles.Refused as refused:
        raise not_initialized(f"{_PREFIX} ssm: {refused}") from None
    value = ssm.resolve_parameter_value(reference)
    if value is None:
        raise not_initialized(f"{_PREFIX} ssm: invalid ssm parameters: {reference}")
    return value
