"""Calls to ministack's own services, in process, through botocore's serializer: the real wire model checks each parameter."""
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode

import botocore.session
import ministack.app as app
from botocore import parsers, serialize
from ministack.core.responses import get_region

_session = botocore.session.Session()
_models = {}

HANDLER_NAMES = {"stepfunctions": "states", "elbv2": "elasticloadbalancing", "cloudwatch": "monitoring", "efs": "elasticfilesystem"}


class ApiError(ValueError):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = str(code)


def model(service):
    if service not in _models:
        _models[service] = _session.get_service_model(service)
    return _models[service]


def call(service, operation, /, **parameters):
    """The parsed answer of an operation; ApiError if the service refuses."""
    service_model = model(service)
    operation_model = service_model.operation_model(operation)
    protocols = service_model.metadata.get("protocols", [service_model.metadata["protocol"]])
    protocol = next(name for name in protocols if "cbor" not in name)
    request = serialize.create_serializer(protocol, True).serialize_to_request(parameters, operation_model)
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    if isinstance(body, str):
        body = body.encode()
    headers = {name.lower(): value for name, value in request["headers"].items()}
    headers.setdefault("content-type", "application/x-www-form-urlencoded")
    headers["host"] = "localhost"
    # S3 takes a call without credentials for an anonymous one.
    scope = f"test/20200101/{get_region()}/{service}/aws4_request"
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    handler = app.SERVICE_HANDLERS[HANDLER_NAMES.get(service, service)]
    path, _, fixed_query = request["url_path"].partition("?")
    query = {**parse_qs(fixed_query, keep_blank_values=True), **(request.get("query_string") or {})}
    status, answer_headers, answer = app.call_service_handler_sync(handler, request["method"], path, headers, body or b"", query)
    if isinstance(answer, str):
        answer = answer.encode()
    parsed = parsers.create_parser(protocol).parse(
        {"status_code": status, "headers": {name.lower(): value for name, value in answer_headers.items()}, "body": answer},
        operation_model.output_shape)
    error = parsed.get("Error") or {}
    if status >= 300 or error.get("Code"):
        raise ApiError(error.get("Code", status), error.get("Message", answer[:200]))
    return parsed


@contextmanager
def forgiving(*codes):
    """Passes over refusals whose code holds one of `codes`: what is to be deleted may be gone already."""
    try:
        yield
    except ApiError as error:
        if not any(code in error.code for code in codes):
            raise
