"""What a task's role may do, decided by ministack's own policy evaluator."""
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

TASKS = "ecs-tasks.amazonaws.com"


class Refused(Exception):
    """A role may not do what the task needs; the message is AWS's own wording."""


def require(role_arn, session, action, resource, resource_policy=None, encrypted=True, **conditions):
    """Raises Refused unless the role, assumed by a task, may do the action on the resource."""
    role_name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(role_name)
    if role is None or not _assumable(role):
        raise Refused(f"ECS was unable to assume the role '{role_arn}' that was provided for this task.")
    caller = f"arn:aws:sts::{get_account_id()}:assumed-role/{role_name}/{session}"
    context = iam_evaluator.EvalContext(
        principal_arn=caller, principal_type="AssumedRole", principal_account=get_account_id(), action=action,
        resource_arn=resource, region=get_region(), source_ip="10.0.0.1", secure_transport=encrypted,
        service_context={name.lower(): value for name, value in conditions.items()})
    boundary = iam_evaluator._permissions_boundary(iam._roles, role_name, get_account_id())
    policies = iam_evaluator._gather_role_policies(role_name, get_account_id())
    result = iam_evaluator.evaluate(context, policies, *boundary)
    if resource_policy:
        result = iam_evaluator.combine_resource_policy(result, context, resource_policy, get_account_id(), limits=tuple(boundary))
    if result.decision == "Allow":
        return
    why = "with an explicit deny" if result.decision == "Deny" else f"because no identity-based policy allows the {action} action"
    raise Refused(f"AccessDeniedException: User: {caller} is not authorized to perform: {action} on resource: {resource} {why}")


def require_anonymous(action, resource, resource_policy, encrypted, **conditions):
    """Raises Refused unless the resource's policy lets everyone do the action."""
    context = iam_evaluator.EvalContext(
        principal_arn="*", principal_type="Anonymous", principal_account="anonymous", action=action, resource_arn=resource,
        region=get_region(), source_ip="10.0.0.1", secure_transport=encrypted,
        service_context={name.lower(): value for name, value in conditions.items()})
    if iam_evaluator.evaluate_resource_policy(resource_policy, context).decision != "Allow":
        raise Refused(f"an anonymous client may not do {action} on {resource}")


def _assumable(role):
    """Whether the role's trust policy lets tasks assume it."""
    account, region = get_account_id(), get_region()
    context = iam_evaluator.EvalContext(
        principal_arn=TASKS, principal_type="Service", principal_account=account, action="sts:AssumeRole", resource_arn="*",
        region=region, service_context={"aws:sourceaccount": account, "aws:sourcearn": f"arn:aws:ecs:{region}:{account}:*"})
    return iam_evaluator.evaluate_resource_policy(role["AssumeRolePolicyDocument"], context, service=TASKS).decision == "Allow"
