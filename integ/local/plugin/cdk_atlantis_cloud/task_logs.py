"""A container's output: kept for messages, and delivered to CloudWatch Logs by the execution role.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
"""
import threading
from collections import deque

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch_logs, ecs

from . import roles
from .engine import engine
from .task_failure import not_initialized

LINES_KEPT = 20


def destination(container, task_id, definition):
    """Where the container's lines go, or None; raises when the execution role may not write there."""
    configuration = container.get("logConfiguration")
    if not configuration:
        return None
    options = configuration.get("options") or {}
    group, region = options["awslogs-group"], options.get("awslogs-region") or get_region()
    stream = f"{options['awslogs-stream-prefix']}/{container['name']}/{task_id}"
    arn = f"arn:aws:logs:{region}:{get_account_id()}:log-group:{group}:log-stream:{stream}"
    create_group = str(options.get("awslogs-create-group", "")).lower() == "true"
    try:
        if create_group:
            roles.require(definition.get("executionRoleArn", ""), task_id, "logs:CreateLogGroup", arn.partition(":log-stream:")[0])
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            roles.require(definition.get("executionRoleArn", ""), task_id, action, arn)
    except roles.Refused as refused:
        raise not_initialized(f"failed to validate logger args: create stream has been retried 1 times: "
                              f"failed to create Cloudwatch log stream: {refused}") from None
    with request_scope(get_account_id(), region):
        if not create_group and group not in cloudwatch_logs._log_groups:
            raise not_initialized("failed to validate logger args: create stream has been retried 1 times: failed to create "
                                  f"Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist: {group}")
    return {"group": group, "stream": stream, "region": region, "create_group": create_group}


class Output:
    """Follows a container's output until it ends."""

    def __init__(self, container_id, log):
        self.lines = deque(maxlen=LINES_KEPT)
        self._log = log
        self._account = get_account_id()
        self._region = log["region"] if log else get_region()
        self._thread = threading.Thread(target=self._follow, args=(container_id,), daemon=True, name=f"output-{container_id[:12]}")
        self._thread.start()

    def join(self, seconds):
        self._thread.join(seconds)

    def _follow(self, container_id):
        with request_scope(self._account, self._region):
            if self._log:
                ecs._ensure_awslogs_stream(self._log)
            rest = b""
            for chunk in engine(timeout=None).api.logs(container_id, stdout=True, stderr=True, stream=True, follow=True):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._take(line)
            if rest:
                self._take(rest)

    def _take(self, line):
        text = line.decode("utf-8", errors="replace").rstrip("\r")
        self.lines.append(text)
        if self._log and text:
            ecs._emit_awslogs_event(self._log, text)
