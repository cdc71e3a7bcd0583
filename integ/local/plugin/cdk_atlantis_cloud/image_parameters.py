"""Parameters that hold the id of an image, and what Systems Manager tells EventBridge of all parameters.

https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-ec2-aliases.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-data-types.html,
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-cwe.html
"""

import json
import re

import ministack.app as app
from ministack.core.responses import get_account_id, get_region
from ministack.services import ec2, ssm

from .image_events import tell

IMAGE = "aws:ec2:image"

_handler = app.SERVICE_HANDLERS["ssm"]


def _error(message):
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"__type": "ValidationException", "message": message}).encode()


def _visible(image_id):
    return any(
        key == image_id
        and region == get_region()
        and (
            account == get_account_id()
            or any(each.get("Group") == "all" or each.get("UserId") == get_account_id() for each in image.get("LaunchPermissions") or [])
        )
        for (account, region, key), image in ec2._images.all_items()
    )


def _tell(name, kind, operation, **more):
    tell("aws.ssm", "Parameter Store Change", ssm._param_arn(name), {"operation": operation, "name": name, "type": kind, **more})


async def _put(request, go_on):
    name, former = request.get("Name", ""), ssm._parameters.get(request.get("Name", ""))
    asked = request.get("DataType") or (former or {}).get("DataType") or "text"
    if former and IMAGE in (asked, former["DataType"]) and asked != former["DataType"]:
        return _error(f"The data type of the parameter {name} cannot be changed from {former['DataType']} to {asked}.")
    if asked == IMAGE:
        value = request.get("Value", "")
        if request.get("Type", "String") != "String" or not re.fullmatch(r"ami-[0-9a-f]{8,17}", value):
            return _error(f"A parameter of the data type {IMAGE} is a String with the id of an image, got {value}.")
        if not _visible(value):
            # The call succeeds, the parameter stays what it was.
            _tell(name, "String", "Update" if former else "Create", dataType=IMAGE, exception="Unable to Describe Resource")
            return (
                200,
                {"Content-Type": "application/x-amz-json-1.1"},
                json.dumps({"Version": (former or {}).get("Version", 1), "Tier": "Standard"}),
            )
    answer = await go_on()
    if answer[0] < 300:
        if asked == IMAGE:
            # ministack takes the data type of each call for itself.
            ssm._parameters[name]["DataType"] = IMAGE
        _tell(name, ssm._parameters[name]["Type"], "Update" if former else "Create", **({"dataType": IMAGE} if asked == IMAGE else {}))
    return answer


async def _handle(method, path, headers, body, query):
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None

    async def go_on():
        return await _handler(method, path, headers, body, query)

    if not isinstance(request, dict) or action not in ("PutParameter", "DeleteParameter", "DeleteParameters"):
        return await go_on()
    if action == "PutParameter":
        return await _put(request, go_on)
    there = {name: ssm._parameters.get(name) for name in [request.get("Name"), *(request.get("Names") or [])] if name}
    answer = await go_on()
    for name, former in there.items():
        if former and name not in ssm._parameters:
            _tell(name, former["Type"], "Delete")
    return answer


app.SERVICE_HANDLERS["ssm"] = _handle
