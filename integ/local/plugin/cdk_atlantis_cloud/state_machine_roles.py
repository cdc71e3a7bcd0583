"""State machines act as their execution role: an AWS SDK call that the role may not make fails, as does a role that they cannot assume.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-service-integrations.html, .../service-integration-iam-templates.html
"""
import contextvars

import ministack.app as app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, stepfunctions

from .iam_calls import conditions_of, resource_of

STATES = "states.amazonaws.com"

_role = contextvars.ContextVar("cdk_atlantis_execution_role", default=None)
CALLS = {"iam": (resource_of, conditions_of)}
"""By service: what a call is about, and its condition keys. Calls of other services are about everything."""
_EVERYTHING = (lambda action, parameters: "*", lambda action, parameters: {})
_NAMESPACES = {"sfn": "states", "cloudwatchlogs": "logs", "eventbridge": "events"}


def _execution_role(execution_arn):
    machine = (stepfunctions._executions.get(execution_arn) or {}).get("stateMachineArn", "")
    return (stepfunctions._state_machines.get(machine) or {}).get("roleArn")


_run_execution = stepfunctions._run_execution


def _run_as_role(execution_arn):
    token = _role.set(_execution_role(execution_arn))
    try:
        return _run_execution(execution_arn)
    finally:
        _role.reset(token)


def _assumable(role, context):
    return iam_evaluator.evaluate_resource_policy(role["AssumeRolePolicyDocument"], context, service=STATES).decision == "Allow"


def _require(role_arn, service, action, parameters):
    account, region = get_account_id(), get_region()
    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(name)
    called = action[:1].upper() + action[1:]
    session = f"arn:aws:sts::{account}:assumed-role/{name}/execution"

    def context(principal, kind, what, resource, keys):
        return iam_evaluator.EvalContext(
            principal_arn=principal, principal_type=kind, principal_account=account, action=what, resource_arn=resource, region=region,
            secure_transport=True, service_context={key.lower(): value for key, value in keys.items()})

    source = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:states:{region}:{account}:stateMachine:any"}
    if role is None or not _assumable(role, context(STATES, "Service", "sts:AssumeRole", "*", source)):
        raise stepfunctions._ExecutionError("States.TaskFailed", f"Neither the global service principal {STATES}, nor the regional one is "
                                                                 f"authorized to assume the provided role: {role_arn}.")
    about, keys = CALLS.get(service, _EVERYTHING)
    resource = about(called, parameters)
    asked = context(session, "AssumedRole", f"{_NAMESPACES.get(service, service)}:{called}", resource,
                    keys(called, parameters))
    limits = iam_evaluator._permissions_boundary(iam._roles, name, account)
    if iam_evaluator.evaluate(asked, iam_evaluator._gather_role_policies(name, account), *limits).decision != "Allow":
        raise stepfunctions._ExecutionError(
            f"{service.capitalize()}.{service.capitalize()}Exception",
            f"User: {session} is not authorized to perform: {asked.action} on resource: {resource} (Service: {service.capitalize()}, "
            "Status Code: 403)")


_invoke = stepfunctions._invoke_aws_sdk_integration


def _invoke_as_role(resource, parameters):
    service, action = resource.split(":aws-sdk:")[1].split(".")[0].split(":")[:2]
    if _role.get():
        _require(_role.get(), service.lower(), action, parameters or {})
    return _invoke(resource, parameters)


if app.AUTH:
    stepfunctions._run_execution = _run_as_role
    stepfunctions._invoke_aws_sdk_integration = _invoke_as_role
