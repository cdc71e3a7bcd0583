"""What temporary credentials of a user may not do."""
import ministack.app as app
from ministack.core import iam_evaluator
from ministack.services import sts

_OF_A_USER_SESSION = {"sts:AssumeRole", "sts:GetCallerIdentity"}

_enforce = iam_evaluator.enforce


def _denied(arn, reason):
    return iam_evaluator.EvalResult("Deny", arn, "", reason)


def _refused_to_session(session, action):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html: no IAM without MFA, of STS two calls alone."""
    if session.get("PrincipalType") != "User":
        return False
    if action.startswith("iam:"):
        return "MfaAt" not in session
    return action.startswith("sts:") and action not in _OF_A_USER_SESSION


def _enforce_with_limits(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    refused = _enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)
    if refused:
        return refused
    session = sts._sessions.get(access_key_id or "") or {}
    if _refused_to_session(session, iam_action):
        return _denied(session.get("Arn", ""), "Session credentials")
    return None


if app.AUTH:
    iam_evaluator.enforce = _enforce_with_limits
