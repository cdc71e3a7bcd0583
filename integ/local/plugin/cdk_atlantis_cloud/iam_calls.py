"""What IAM's own calls are about: who is meant where no user is named, the ARN with its path, and IAM's condition keys."""
import json
import urllib.parse

import ministack.app as app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import iam

_OWN = {
    "ChangePassword", "CreateAccessKey", "CreateLoginProfile", "DeactivateMFADevice", "DeleteAccessKey", "DeleteLoginProfile",
    "DeleteSigningCertificate", "GetLoginProfile", "GetMFADevice", "GetUser", "ListAccessKeys", "ListMFADevices",
    "ListSigningCertificates", "ListSSHPublicKeys", "UpdateAccessKey", "UploadSigningCertificate",
}
"""The calls that mean their caller where they name no user."""
_OF_A_GROUP = {"AddUserToGroup", "RemoveUserFromGroup"}
_OF_A_DEVICE = {"CreateVirtualMFADevice", "DeleteVirtualMFADevice", "TagMFADevice", "UntagMFADevice", "ListMFADeviceTags"}
_OF_EVERYTHING = {"ListVirtualMFADevices"}
_BOUNDED = {
    "AttachRolePolicy", "AttachUserPolicy", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DeleteUserPermissionsBoundary",
    "DeleteUserPolicy", "DetachRolePolicy", "DetachUserPolicy", "PutRolePolicy", "PutUserPolicy",
}
"""The calls whose iam:PermissionsBoundary is the boundary that the user or role has."""
_BOUNDING = {"CreateRole", "CreateUser", "PutRolePermissionsBoundary", "PutUserPermissionsBoundary"}
"""The calls whose iam:PermissionsBoundary is the one that they set."""


def _first(parameters, name):
    value = parameters.get(name) or ""
    return value[0] if isinstance(value, list) else value


def _caller_name():
    arn = iam_evaluator.caller_arn()
    return arn.rsplit("/", 1)[-1] if ":user/" in arn else ""


def _named_user(action, parameters):
    return _first(parameters, "UserName") or (_caller_name() if action in _OWN else "")


def _arn(kind, name, parameters, store):
    known = store.get(name)
    if known and known.get("Arn"):
        return known["Arn"]
    return f"arn:aws:iam::{get_account_id()}:{kind}{_first(parameters, 'Path') or '/'}{name}"


def resource_of(action, parameters):
    """The ARN that the call is authorised on, as the Service Authorization Reference has it (list_awsidentityandaccessmanagementiam)."""
    def given(name):
        return _first(parameters, name)

    if action in _OF_EVERYTHING:
        return "*"
    if action in _OF_A_DEVICE:
        return given("SerialNumber") or _arn("mfa", given("VirtualMFADeviceName"), parameters, {})
    if given("InstanceProfileName"):
        return _arn("instance-profile", given("InstanceProfileName"), parameters, iam._instance_profiles)
    if given("RoleName"):
        return _arn("role", given("RoleName"), parameters, iam._roles)
    if given("GroupName") and (action in _OF_A_GROUP or not given("UserName")):
        return _arn("group", given("GroupName"), parameters, iam._groups)
    if action == "GetAccessKeyLastUsed":
        owner = (iam._access_keys.get(given("AccessKeyId")) or {}).get("UserName", "")
        return _arn("user", owner, parameters, iam._users) if owner else "*"
    if user := _named_user(action, parameters):
        return _arn("user", user, parameters, iam._users)
    for name in ("PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "PolicySourceArn"):
        if given(name):
            return given(name)
    if action == "CreatePolicy":
        return _arn("policy", given("PolicyName"), parameters, {})
    if action == "CreateOpenIDConnectProvider":
        return f"arn:aws:iam::{get_account_id()}:oidc-provider/{given('Url').split('://')[-1].rstrip('/')}"
    if action == "CreateSAMLProvider":
        return f"arn:aws:iam::{get_account_id()}:saml-provider/{given('Name')}"
    return "*"


def conditions_of(action, parameters):
    """IAM's condition keys of a call, and the tags of the user or role that it is about."""
    context = {}
    entity = iam._roles.get(_first(parameters, "RoleName")) or iam._users.get(_named_user(action, parameters)) or {}
    for tag in entity.get("Tags") or []:
        context[f"iam:ResourceTag/{tag['Key']}"] = context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
    if action in _BOUNDED and entity.get("PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = entity["PermissionsBoundary"]
    if action in _BOUNDING and _first(parameters, "PermissionsBoundary"):
        context["iam:PermissionsBoundary"] = _first(parameters, "PermissionsBoundary")
    if action.startswith(("Attach", "Detach")):
        context["iam:PolicyARN"] = _first(parameters, "PolicyArn")
    if action == "CreateServiceLinkedRole":
        context["iam:AWSServiceName"] = _first(parameters, "AWSServiceName")
    return context


def _parameters(body, parameters):
    return json.loads(body) if body[:1] == b"{" else parameters


_extract_resource_arn = iam_actions.extract_resource_arn


def _extract_with_paths(service, method, path, headers, body, query, region, account):
    if service != "iam":
        return _extract_resource_arn(service, method, path, headers, body, query, region, account)
    action = iam_actions.extract_iam_action(service, method, path, headers, body, query) or ""
    return resource_of(action.rpartition(":")[2], _parameters(body, query))


_request_tag_context = iam_actions.request_tag_context


def _request_context(service, iam_action, body, parameters):
    context = _request_tag_context(service, iam_action, body, parameters)
    if service == "iam":
        context = {**conditions_of(iam_action.rpartition(":")[2], _parameters(body, parameters)), **context}
    return context


iam_actions.extract_resource_arn = _extract_with_paths
iam_actions.request_tag_context = _request_context

_handler = app.SERVICE_HANDLERS["iam"]


async def _handle(method, path, headers, body, query):
    """Names the caller where the call leaves its user out."""
    form = urllib.parse.parse_qs((body or b"").decode("utf-8", "replace"))
    action = _first({**(query or {}), **form}, "Action")
    user = iam_evaluator.resolve_caller_identity(extract_access_key_id(headers, query) or "") or {}
    arn = user.get("userArn", "")
    if action in _OWN and ":user/" in arn and "UserName" not in form:
        query = {**(query or {}), "UserName": [arn.rsplit("/", 1)[-1]]}
    return await _handler(method, path, headers, body, query)


app.SERVICE_HANDLERS["iam"] = _handle
