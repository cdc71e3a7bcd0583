"""STS with MFA: codes are checked, and what is known of them reaches the policies that ask for it.

AssumeRole with a code answers the role's trust policy alone: its session knows nothing of it, as on AWS. A session of GetSessionToken
with a code carries its MFA, and its age, to every call and to the trust policies of the roles that it assumes.
"""
import contextvars
import json
import time
from urllib.parse import parse_qs

import ministack.app as app
from ministack.core import iam_evaluator
from ministack.core.router import extract_access_key_id
from ministack.services import iam, sts

from .mfa_devices import take_code

CHAINED_SECONDS = 3600
"""The longest session of a role that another role has assumed."""
SHORTEST_SECONDS = 900

_code_was_right = contextvars.ContextVar("cdk_atlantis_mfa", default=False)

_principal_keys = iam_evaluator._principal_keys


def _principal_keys_with_mfa(credential):
    keys = _principal_keys(credential)
    session = sts._sessions.get(credential.access_key_id) or {}
    since = time.time() if _code_was_right.get() else session.get("MfaAt")
    if since is not None and credential.principal_type == "User":
        keys["aws:multifactorauthpresent"] = "true"
        keys["aws:multifactorauthage"] = str(int(time.time() - since))
    return keys


iam_evaluator._principal_keys = sts._principal_keys = _principal_keys_with_mfa

_register_session = sts.register_session


def _register_session_with_mfa(access_key, session):
    if _code_was_right.get() and session.get("PrincipalType") == "User":
        session["MfaAt"] = time.time()
    return _register_session(access_key, session)


sts.register_session = _register_session_with_mfa


def _parameters(headers, body, query):
    parameters = {name: value if isinstance(value, list) else [value] for name, value in (query or {}).items()}
    if "amz-json" in headers.get("content-type", ""):
        parameters["Action"] = [headers.get("x-amz-target", "").rpartition(".")[2]]
        parameters.update({name: [str(value)] for name, value in json.loads(body or b"{}").items()})
    else:
        parameters.update(parse_qs((body or b"").decode("utf-8", "replace")))
    return {name: values[0] for name, values in parameters.items() if values}


def _refused(code, message, status=403):
    return sts._error(status, code, message, ns="sts")


def _duration_problem(asked, role_arn, caller):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)"""
    if not asked:
        return None
    seconds = int(asked)
    role = iam._roles.get_scoped(role_arn.split(":")[4], None, role_arn.rsplit("/", 1)[-1]) if role_arn.count(":") >= 5 else None
    if seconds < SHORTEST_SECONDS:
        return (f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: "
                f"Member must have value greater than or equal to {SHORTEST_SECONDS}")
    if role is not None and seconds > int(role.get("MaxSessionDuration") or 3600):
        return "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    if ":assumed-role/" in caller.get("userArn", "") and seconds > CHAINED_SECONDS:
        return "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    return None


def _user_of(caller):
    arn = caller.get("userArn", "")
    return arn.rsplit("/", 1)[-1] if ":user/" in arn else ""


_handler = app.SERVICE_HANDLERS["sts"]


async def _handle(method, path, headers, body, query):
    parameters = _parameters(headers, body, query)
    action = parameters.get("Action")
    if action not in ("AssumeRole", "GetSessionToken"):
        return await _handler(method, path, headers, body, query)
    caller = iam_evaluator.resolve_caller_identity(extract_access_key_id(headers, query) or "") or {}
    if action == "AssumeRole" and (problem := _duration_problem(parameters.get("DurationSeconds"), parameters.get("RoleArn", ""), caller)):
        return _refused("ValidationError", problem, 400)
    serial, code = parameters.get("SerialNumber"), parameters.get("TokenCode")
    if not serial and not code:
        return await _handler(method, path, headers, body, query)
    right = take_code(serial, code, _user_of(caller))
    if right is None:
        return _refused("AccessDenied", "MultiFactorAuthentication failed, unable to validate MFA code.  "
                                        "Please verify your MFA serial number is valid and associated with this user.")
    if not right:
        return _refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ")
    token = _code_was_right.set(True)
    try:
        return await _handler(method, path, headers, body, query)
    finally:
        _code_was_right.reset(token)


if app.AUTH:
    app.SERVICE_HANDLERS["sts"] = _handle
