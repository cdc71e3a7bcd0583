"""CloudFormation tells EventBridge of the status of each stack.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
"""

from ministack.services.cloudformation import changesets, handlers, stacks

from .image_events import tell

_add_event = stacks._add_event


def _add_and_tell(stack_id, stack_name, logical_id, resource_type, status, reason="", physical_id="", detailed_status=""):
    _add_event(stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status)
    if resource_type == "AWS::CloudFormation::Stack" and logical_id == stack_name:
        tell(
            "aws.cloudformation",
            "CloudFormation Stack Status Change",
            stack_id,
            {"stack-id": stack_id, "status-details": {"status": status, "status-reason": reason}, "client-request-token": ""},
        )


for _module in (stacks, changesets, handlers):
    _module._add_event = _add_and_tell
