"""The wire of EC2 Image Builder: routes, parameters and answers as botocore's model has them; a module adds an operation by `operation`."""

import json
import re
import uuid
from urllib.parse import unquote

import ministack.app as app
from ministack.core import iam_actions

from .api import model

SERVICE = "imagebuilder"

_operations = {}
_hooks = {}


class Refused(Exception):
    """An error of the service, by its code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def operation(name):
    """Registers a handler: request -> answer, both in the words of the wire."""

    def register(function):
        _operations[name] = function
        return function

    return register


def test_hook(path):
    """Registers what AWS does not have, and only tests call: PUT of JSON on a path that begins with /_cdk-atlantis/."""

    def register(function):
        _hooks[path] = function
        return function

    return register


def invalid(message):
    return Refused("InvalidParameterValueException", message)


def _problems(shape, value, name):
    """What of a value the model does not allow: types, lengths, ranges, patterns, names."""
    kind, limits = shape.type_name, shape.metadata
    expected = {"structure": dict, "map": dict, "list": list, "string": str, "integer": int, "boolean": bool}.get(kind)
    if expected and not isinstance(value, expected):
        yield f"{name} must be a {kind}"
        return
    size = value if kind == "integer" else len(value) if kind in ("string", "list", "map") else None
    if size is not None and not limits.get("min", size) <= size <= limits.get("max", size):
        what = "value" if kind == "integer" else "length"
        yield f"{name} must have a {what} from {limits.get('min', 0)} to {limits.get('max')}, got {size}"
    if kind == "string" and shape.enum and value not in shape.enum:
        yield f"{name} must be one of {', '.join(shape.enum)}, got {value}"
    if kind == "string" and limits.get("pattern") and not re.search(limits["pattern"], value):
        yield f"{name} does not match {limits['pattern']}: {value[:100]}"
    if kind == "structure":
        for missing in (member for member in shape.required_members if value.get(member) is None):
            yield f"{name}.{missing} is required".lstrip(".")
        for member, content in value.items():
            if member not in shape.members:
                yield f"{name}.{member} is unknown".lstrip(".")
            elif content is not None:
                yield from _problems(shape.members[member], content, f"{name}.{member}".lstrip("."))
    for index, content in enumerate(value if kind == "list" else ()):
        yield from _problems(shape.member, content, f"{name}[{index}]")
    for key, content in value.items() if kind == "map" else ():
        yield from _problems(shape.key, key, name)
        yield from _problems(shape.value, content, f"{name}.{key}")


def _routed(method, path):
    """(operation, parameters in the path)."""
    for name in model(SERVICE).operation_names:
        found = model(SERVICE).operation_model(name)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>.+)", found.http["requestUri"])
        matched = found.http["method"] == method and re.fullmatch(pattern, path)
        if matched:
            return found, {key: unquote(value) for key, value in matched.groupdict().items()}
    return None, {}


def _request(found, in_path, body, query):
    given = json.loads(body or b"{}")
    for member, shape in found.input_shape.members.items():
        values = (
            (query or {}).get(shape.serialization.get("name", member)) if shape.serialization.get("location") == "querystring" else None
        )
        if values is not None:
            values = values if isinstance(values, list) else [values]
            given[member] = values if shape.type_name == "list" else values[0]
    return {**given, **in_path}


def shaped(shape, value):
    """Of a stored value what the shape has, since an answer holds nothing else."""
    if shape.type_name == "structure":
        return {name: shaped(member, value[name]) for name, member in shape.members.items() if value.get(name) is not None}
    if shape.type_name == "list":
        return [shaped(shape.member, item) for item in value]
    return value


def _answer(status, content, **headers):
    return status, {"Content-Type": "application/json", **headers}, json.dumps(content).encode()


def _error(refused):
    return _answer(
        404 if refused.code == "ResourceNotFoundException" else 400, {"message": str(refused)}, **{"x-amzn-ErrorType": refused.code}
    )


async def handle(method, path, headers, body, query):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/Welcome.html"""
    try:
        if method == "PUT" and path in _hooks:
            return _answer(200, _hooks[path](json.loads(body or b"{}")) or {})
        found, in_path = _routed(method, path)
        if found is None or found.name not in _operations:
            raise Refused(
                "InvalidRequestException",
                f"The local cloud does not emulate {found.name if found else f'{method} {path}'} of Image Builder.",
            )
        request = _request(found, in_path, body, query)
        if "clientToken" in found.input_shape.members:
            request.setdefault("clientToken", str(uuid.uuid4()))
        problems = list(_problems(found.input_shape, request, ""))
        if problems:
            raise Refused("InvalidParameterException", f"{found.name}: {'; '.join(problems)}")
        answer = {"requestId": str(uuid.uuid4()), "clientToken": request.get("clientToken"), **(_operations[found.name](request) or {})}
        return _answer(200, shaped(found.output_shape, answer))
    except Refused as refused:
        return _error(refused)


app.SERVICE_HANDLERS[SERVICE] = handle
iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
iam_actions._BOTOCORE_SERVICE_MAP[SERVICE] = [SERVICE]
