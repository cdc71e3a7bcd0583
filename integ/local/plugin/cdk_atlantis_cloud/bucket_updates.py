"""CloudFormation meets the policy of a bucket that it changes: as the role that the stack was given, or for the caller who gave it none.

The root user's stacks without a role are not checked, as nothing of the root user's is.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
"""
import contextvars
from urllib.parse import parse_qs

import ministack.app as app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import iam, s3
from ministack.services.cloudformation import provisioners

from . import buckets

_roles = {}
"""By the name of the stack, the role that it was given last, which it keeps."""
_callers = {}
"""By the name of the stack, who called last."""
_stack = contextvars.ContextVar("cdk_atlantis_stack_of_bucket", default=None)
_ACTIONS = {
    "PutBucketEncryption": "PutEncryptionConfiguration", "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration", "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketReplication": "PutReplicationConfiguration", "DeleteBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration", "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketTagging": "PutBucketTagging",
}

_handler = app.SERVICE_HANDLERS["cloudformation"]


async def _handle(method, path, headers, body, query):
    form = {**(query or {}), **parse_qs((body or b"").decode("utf-8", "replace"))}
    action, name, role = ((form.get(key) or [""])[0] for key in ("Action", "StackName", "RoleARN"))
    stack = name.rpartition("stack/")[2].split("/")[0]
    if role:
        _roles[stack] = role
    if not action.startswith(("Describe", "Get", "List")):
        _callers[stack] = iam_evaluator.resolve_caller_identity(extract_access_key_id(headers, query) or "") or {}
    return await _handler(method, path, headers, body, query)


def _context(stack, **request):
    """The request as it comes for a stack; None where nobody is to be checked."""
    account = get_account_id()
    role, caller = iam._roles.get(_roles.get(stack, "").rsplit("/", 1)[-1]), _callers.get(stack) or {}
    if role:
        principal = f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/AWSCloudFormation"
        user_id = f"{role['RoleId']}:AWSCloudFormation"
    else:
        principal, user_id = caller.get("userArn", ""), caller.get("userId", "")
    if not principal or principal.endswith(":root"):
        return None
    return iam_evaluator.EvalContext(
        principal_arn=principal, principal_type="AssumedRole" if ":assumed-role/" in principal else "User", principal_account=account,
        region=get_region(), secure_transport=True, principal_keys={"aws:userid": user_id},
        # sessions of a stack's role carry none
        service_context={} if role else {"aws:calledvia": ["cloudformation.amazonaws.com"]}, **request)


def _require(bucket, action):
    policy, arn = s3._bucket_policies.get(bucket), f"arn:aws:s3:::{bucket}"
    context = _context(_stack.get(), action=f"s3:{action}", resource_arn=arn) if policy and _stack.get() else None
    if context and iam_evaluator.evaluate_resource_policy(policy, context).decision == "Deny":
        raise ValueError(f"User: {context.principal_arn} is not authorized to perform: s3:{action} on resource: \"{arn}\" with an "
                         "explicit deny in a resource-based policy (Service: S3, Status Code: 403)")


_call = buckets.call


def _call_for_stack(service, operation, /, **parameters):
    if service == "s3":
        _require(parameters["Bucket"], _ACTIONS.get(operation, operation))
    return _call(service, operation, **parameters)


def _update(resource_type, changes):
    """Says for which stack an update is, and asks for what `changes(physical_id, old, new)` names, as (bucket, action)."""
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    stock = handlers["update"]

    def update(physical_id, old, new, stack_name, *rest):
        token = _stack.set(stack_name)
        try:
            for bucket, action in changes(physical_id, old, new):
                _require(bucket, action)
            return stock(physical_id, old, new, stack_name, *rest)
        finally:
            _stack.reset(token)

    provisioners._RESOURCE_HANDLERS[resource_type] = {**handlers, "update": update}


def _blocks(bucket, old, new):
    name = "PublicAccessBlockConfiguration"
    return [(bucket, "PutBucketPublicAccessBlock")] if old.get(name) != new.get(name) else []


if app.AUTH:
    app.SERVICE_HANDLERS["cloudformation"] = _handle
    buckets.call = _call_for_stack
    _update(buckets.TYPE, _blocks)
    _update("AWS::S3::BucketPolicy", lambda physical_id, old, new: [(old["Bucket"], "PutBucketPolicy")])
