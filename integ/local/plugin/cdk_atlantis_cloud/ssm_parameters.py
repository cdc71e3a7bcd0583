"""Parameter Store: calls about several parameters or a path are authorised on each, and a SecureString needs its key.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
A key that the account does not have, as the one that AWS manages for Systems Manager, is not checked. Values are not really encrypted.
"""
import json

import ministack.app as app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import kms, ssm

_READS = {"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"}


def _request(body):
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _arns(request):
    names = [request["Path"].rstrip("/")] if request.get("Path") else request.get("Names") or []
    return [name if name.startswith("arn:") else ssm._param_arn(name) for name in names if name]


_extract_resource_arn = iam_actions.extract_resource_arn


def _extract_with_names(service, method, path, headers, body, query, region, account):
    arns = _arns(_request(body)) if service == "ssm" else []
    return arns[0] if arns else _extract_resource_arn(service, method, path, headers, body, query, region, account)


iam_actions.extract_resource_arn = _extract_with_names


def _keys_of_answer(answer):
    """(parameter's ARN, key) of each SecureString in an answer."""
    found = json.loads(answer or b"{}")
    for parameter in [found.get("Parameter"), *(found.get("Parameters") or [])]:
        if parameter and parameter.get("Type") == "SecureString":
            stored = ssm._parameters.get(parameter["Name"].split(":")[0]) or {}
            yield ssm._param_arn(parameter["Name"].split(":")[0]), stored.get("KeyId")


def _refusal(access_key, action, parameter_arn, key_id):
    key = kms._resolve_key(key_id)
    if key is None:
        return None
    return iam_evaluator.enforce(access_key, action, "kms", get_region(), resource_arn=key["Arn"], service_context={
        "kms:ViaService": f"ssm.{get_region()}.amazonaws.com", "kms:CallerAccount": get_account_id(), "aws:ViaAWSService": "true",
        "kms:EncryptionContext:PARAMETER_ARN": parameter_arn, "kms:EncryptionContextKeys": ["PARAMETER_ARN"]})


def _error(code, message):
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"__type": code, "message": message}).encode()


def _refused(result, what):
    return _error("AccessDeniedException", f"User: {getattr(result, 'principal_arn', '')} is not authorized to perform: {what}")


_handler = app.SERVICE_HANDLERS["ssm"]


async def _handle(method, path, headers, body, query):
    access_key, request = extract_access_key_id(headers, query) or "", _request(body)
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    for arn in _arns(request)[1:]:
        if refused := iam_evaluator.enforce(access_key, f"ssm:{action}", "ssm", get_region(), resource_arn=arn):
            return _refused(refused, f"ssm:{action} on resource: {arn}")
    if action == "PutParameter" and request.get("Type") == "SecureString":
        if request.get("KeyId") and not request["KeyId"].endswith("alias/aws/ssm") and kms._resolve_key(request["KeyId"]) is None:
            return _error("InvalidKeyId", f"Invalid keyId {request['KeyId']}")
        writes = "kms:GenerateDataKey" if request.get("Tier") == "Advanced" else "kms:Encrypt"
        if refused := _refusal(access_key, writes, ssm._param_arn(request["Name"]), request.get("KeyId")):
            return _refused(refused, writes)
    answer = await _handler(method, path, headers, body, query)
    if action in _READS and request.get("WithDecryption") and answer[0] < 300:
        for arn, key_id in _keys_of_answer(answer[2]):
            if _refusal(access_key, "kms:Decrypt", arn, key_id):
                return _error("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist "
                                                       "in this region, or you are not allowed to access.")
    return answer


if app.AUTH:
    app.SERVICE_HANDLERS["ssm"] = _handle
