"""Events of AWS's own, to the default bus of EventBridge; their rules' targets are called in a thread of their own."""

import json

from ministack.core.concurrency import spawn_background
from ministack.services import eventbridge


def tell(source, detail_type, resource, detail):
    entry = {"Source": source, "DetailType": detail_type, "Resources": [resource], "Detail": json.dumps(detail)}
    spawn_background(eventbridge._put_events, {"Entries": [entry]}, allow_aws_source=True, thread_name="aws-event")
