"""Condition keys of the caller: the ARN of a session is its role's, with the path."""
from ministack.core import iam_evaluator
from ministack.services import iam

_resolve_condition_key = iam_evaluator._resolve_condition_key


def role_arn_of(session_arn):
    """The role's own ARN, which alone has its path, or the session's where the role is gone."""
    _, _, _, _, account, resource = session_arn.split(":", 5)
    role = iam._roles.get_scoped(account, None, resource.split("/")[1])
    return role["Arn"] if role else session_arn


def _resolve_as_aws(key, context):
    name = key.lower()
    if name == "aws:principalarn" and ":assumed-role/" in context.principal_arn:
        return role_arn_of(context.principal_arn)
    if name == "aws:principaltype" and context.principal_type == "Root":
        return "Account"
    if name == "aws:principalisawsservice":
        return "false"
    if name == "aws:viaawsservice":
        return context.service_context.get(name, "false")
    return _resolve_condition_key(key, context)


iam_evaluator._resolve_condition_key = _resolve_as_aws
