"""The workflows of an image: AWS's own build and test, and ExecuteStateMachine of one's own; other actions are not emulated.

https://docs.aws.amazon.com/imagebuilder/latest/userguide/wfdoc-step-actions.html
"""

import json
import re
import time

from .api import call
from .image_documents import document_of
from .image_roles import require, role_of
from .image_store import get, is_managed, parsed

_DEFAULT = ("build", "test")
_ACTION = "ExecuteStateMachine"
_POLL_SECONDS = 0.5
_DEFAULT_TIMEOUT = 21600


class WorkflowFailed(Exception):
    pass


def kind_of(workflow):
    return parsed(workflow["workflowArn"])["kind"].split("/")[1]


def workflows_of(image):
    """(kind, the workflow's own record or None for AWS's own, what happens on failure), builds before tests."""
    asked = image.get("workflows")
    if not asked:
        return [(kind, None, "ABORT") for kind in _DEFAULT]
    found = [
        (kind_of(each), None if is_managed(each["workflowArn"]) else get(each["workflowArn"]), each.get("onFailure", "ABORT"))
        for each in asked
    ]
    return sorted(found, key=lambda each: ("build", "test", "distribution").index(each[0]))


def _filled(text, image):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/wfdoc-dynamic-vars.html"""
    parts = parsed(image["arn"])
    values = {
        "$.imagebuilder.imageVersionNumber": parts["version"],
        "$.imagebuilder.imageBuildNumber": parts["build"],
        "$.imagebuilder.imageType": "AMI",
    }

    def value(found):
        if found[1] not in values:
            raise WorkflowFailed(f"The local cloud does not emulate the variable {found[1]}.")
        return values[found[1]]

    return re.sub(r"\{\{\s*(\S+?)\s*\}\}", value, text)


def _execute_state_machine(step, image):
    inputs = step.get("inputs") or {}
    machine = inputs.get("stateMachineArn")
    role = role_of(image["executionRole"])
    require(role, "states:StartExecution", machine)
    require(role, "states:DescribeExecution", machine.replace(":stateMachine:", ":execution:") + ":any")
    execution = call("stepfunctions", "StartExecution", stateMachineArn=machine, input=_filled(inputs.get("input", "{}"), image))[
        "executionArn"
    ]
    ends = time.monotonic() + step.get("timeoutSeconds", _DEFAULT_TIMEOUT)
    while (found := call("stepfunctions", "DescribeExecution", executionArn=execution))["status"] == "RUNNING":
        if time.monotonic() > ends:
            raise WorkflowFailed(f"The step {step['name']} took longer than its time limit.")
        time.sleep(_POLL_SECONDS)
    if found["status"] != "SUCCEEDED":
        raise WorkflowFailed(f"The step {step['name']} failed: {found.get('error', found['status'])}: {found.get('cause', '')}")


def run(workflow, image, log):
    """A workflow of one's own. Its steps' onFailure is Abort or Continue."""
    for step in document_of(workflow["data"])["steps"]:
        if step["action"] != _ACTION:
            raise WorkflowFailed(f"The local cloud does not emulate {step['action']}, step {step['name']} of {workflow['arn']}.")
        log(f"workflow {workflow['name']}, step {step['name']}: {json.dumps(step.get('inputs') or {})}")
        try:
            _execute_state_machine(step, image)
        except WorkflowFailed as failed:
            if step.get("onFailure") != "Continue":
                raise
            log(f"{failed} It continues.")
