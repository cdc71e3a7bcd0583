"""Schedules of pipelines are kept and not followed: a test says when one comes due."""

from ministack.core.concurrency import spawn_background

from .image_builds import scheduled
from .image_store import get
from .image_wire import Refused, test_hook


@test_hook("/_cdk-atlantis/scheduled-run")
def _due(request):
    """{"imagePipelineArn": ...}: its schedule is due now."""
    pipeline = get(request["imagePipelineArn"])
    if pipeline["status"] != "ENABLED":
        raise Refused("InvalidRequestException", f"The pipeline {pipeline['arn']} is {pipeline['status']}.")
    spawn_background(scheduled, pipeline, thread_name="image-schedule")
