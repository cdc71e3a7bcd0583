"""The roles that EC2 Image Builder takes, decided by ministack's own policy evaluator."""

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

BUILDER = "imagebuilder.amazonaws.com"
MACHINES = "ec2.amazonaws.com"


class RoleRefused(Exception):
    """A role that cannot be assumed, or may not do what the image needs."""


def role_of(name_or_arn, account=None, service=BUILDER):
    """The role, which the service must be able to assume; with an account, Image Builder's own role in that account."""
    role = iam._roles.get((name_or_arn or "").rsplit("/", 1)[-1])
    if role is None:
        raise RoleRefused(f"The role {name_or_arn} does not exist in the account {get_account_id()}.")
    here, region = get_account_id(), get_region()
    who = f"arn:aws:iam::{account}:role/aws-service-role/{BUILDER}/AWSServiceRoleForImageBuilder" if account else service
    context = iam_evaluator.EvalContext(
        principal_arn=who,
        principal_type="Role" if account else "Service",
        principal_account=account or here,
        action="sts:AssumeRole",
        resource_arn="*",
        region=region,
        secure_transport=True,
        service_context={} if account else {"aws:sourceaccount": here, "aws:sourcearn": f"arn:aws:imagebuilder:{region}:{here}:image/any"},
    )
    allowed = iam_evaluator.evaluate_resource_policy(role["AssumeRolePolicyDocument"], context, service=None if account else service)
    if allowed.decision != "Allow":
        raise RoleRefused(f"{who} is not authorized to assume the role {role['Arn']}.")
    return role


def require(role, action, resource, **conditions):
    """Raises unless the role's own policies, within its boundary, allow it."""
    account = get_account_id()
    session = f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/Ec2ImageBuilder"
    context = iam_evaluator.EvalContext(
        principal_arn=session,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={name.lower(): value for name, value in conditions.items()},
    )
    boundary = iam_evaluator._permissions_boundary(iam._roles, role["RoleName"], account)
    if iam_evaluator.evaluate(context, iam_evaluator._gather_role_policies(role["RoleName"], account), *boundary).decision != "Allow":
        raise RoleRefused(f"User: {session} is not authorized to perform: {action} on resource: {resource}")
