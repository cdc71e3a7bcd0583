"""Who gives a role to a service needs iam:PassRole on it, for that service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
Checked for Lambda, Step Functions, ECS, Image Builder and CloudFormation.
"""
import json
from urllib.parse import parse_qs

import ministack.app as app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

_PASSED_TO = {
    "lambda": ("lambda.amazonaws.com", ("Role",)),
    "states": ("states.amazonaws.com", ("roleArn",)),
    "ecs": ("ecs-tasks.amazonaws.com", ("taskRoleArn", "executionRoleArn")),
    "imagebuilder": ("imagebuilder.amazonaws.com", ("executionRole",)),
    "cloudformation": ("cloudformation.amazonaws.com", ("RoleARN",)),
}
"""For each service: who gets the role, and what the call names it."""


def _roles(body, query, names):
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    given = {name: request[name] for name in names if isinstance(request, dict) and request.get(name)}
    given.update({name: query[name][0] for name in names if isinstance((query or {}).get(name), list)})
    return [role for role in given.values() if isinstance(role, str) and ":role/" in role]


def _checked(service, handler):
    passed_to, names = _PASSED_TO[service]

    async def handle(method, path, headers, body, query):
        access_key = extract_access_key_id(headers, query) or ""
        for role in _roles(body, query, names):
            refused = iam_evaluator.enforce(access_key, "iam:PassRole", "iam", get_region(), resource_arn=role,
                                            service_context={"iam:PassedToService": passed_to})
            if refused:
                return iam_actions.access_denied_response(
                    service, "iam:PassRole", getattr(refused, "principal_arn", ""), "", headers=headers, resource_arn=role,
                    explicit_deny=getattr(refused, "decision", "") == "Deny")
        return await handler(method, path, headers, body, query)

    return handle


if app.AUTH:
    for _service in _PASSED_TO:
        app.SERVICE_HANDLERS[_service] = _checked(_service, app.SERVICE_HANDLERS[_service])
