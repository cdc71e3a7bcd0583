"""Targets of target groups: registered, probed, drained.

Follows https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
and, for draining, https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html
"""
import http.client
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ministack.services import alb

from .published import reachable

EAGER_SECONDS = 0.5
"""A new target is also probed between its regular checks, so that a deployment need not wait for the interval;
such a probe can pass, never fail."""


@dataclass
class Target:
    group_arn: str
    address: str
    port: int
    state: str = "initial"
    reason: str = "Elb.RegistrationInProgress"
    description: str = "Target registration is in progress"
    passed: int = 0
    failed: int = 0
    next_check: float = 0.0
    next_probe: float = 0.0
    probing: bool = False
    requests: int = 0
    drain_until: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


_targets = {}
_lock = threading.Lock()
_probes = ThreadPoolExecutor(8, thread_name_prefix="target-health")
_watching = threading.Event()


def register(group_arn, address, port):
    with _lock:
        target = _targets.get((group_arn, address, port))
        if target is None or target.state == "draining":
            _targets[group_arn, address, port] = Target(group_arn, address, port)
    if not _watching.is_set():
        _watching.set()
        threading.Thread(target=_watch, daemon=True, name="target-health").start()


def deregister(group_arn, address, port):
    target = _targets.get((group_arn, address, port))
    if target and target.state != "draining":
        target.state, target.reason, target.description = (
            "draining", "Target.DeregistrationInProgress", "Target deregistration is in progress")
        target.drain_until = time.monotonic() + _deregistration_delay(group_arn)
        _settle(target)


def targets(group_arn):
    return [target for target in list(_targets.values()) if target.group_arn == group_arn]


def target(group_arn, address, port):
    return _targets.get((group_arn, address, port))


def routable(group_arn):
    """The targets that a request may go to: the healthy ones or, when there is none, all that are registered."""
    registered = [target for target in targets(group_arn) if target.state not in ("draining", "unused")]
    return [target for target in registered if target.state == "healthy"] or registered


def _deregistration_delay(group_arn):
    values = {attribute["Key"]: attribute["Value"] for attribute in alb._tg_attrs.get(group_arn, [])}
    return float(values.get("deregistration_delay.timeout_seconds", 300))


def _settle(target):
    """Ends the draining of a target without requests, or of one whose delay is over."""
    if target.state == "draining" and (target.requests == 0 or time.monotonic() > target.drain_until):
        _targets.pop((target.group_arn, target.address, target.port), None)


def _watch():
    while True:
        groups = {group["TargetGroupArn"]: group for group in alb._tgs.all_values()}
        used = _groups_in_use()
        for target in list(_targets.values()):
            group = groups.get(target.group_arn)
            if group is None:
                _targets.pop((target.group_arn, target.address, target.port), None)
            elif target.state == "draining":
                _settle(target)
            elif target.group_arn not in used:
                target.state, target.reason, target.description = (
                    "unused", "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")
            else:
                if target.state == "unused":
                    target.state, target.reason, target.description = (
                        "initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
                _schedule(target, group)
        time.sleep(0.1)


def _groups_in_use():
    actions = [action for listener in alb._listeners.all_values() for action in listener.get("DefaultActions", [])]
    actions += [action for rule in alb._rules.all_values() for action in rule.get("Actions", [])]
    forwarded = {action.get("TargetGroupArn") for action in actions}
    for action in actions:
        forwarded |= {entry.get("TargetGroupArn") for entry in (action.get("ForwardConfig") or {}).get("TargetGroups", [])}
    return forwarded


def in_use(group_arn):
    return group_arn in _groups_in_use()


def _schedule(target, group):
    now = time.monotonic()
    regular = now >= target.next_check
    eager = target.state == "initial" and now >= target.next_probe
    if target.probing or not (regular or eager):
        return
    if regular:
        target.next_check = now + group["HealthCheckIntervalSeconds"]
    target.next_probe = now + EAGER_SECONDS
    target.probing = True
    _probes.submit(_check, target, dict(group), regular)


def _check(target, group, regular):
    try:
        failure = _probe(target, group)
    finally:
        target.probing = False
    with target.lock:
        if target.state == "draining" or not (regular or failure is None):
            return
        if failure is None:
            target.passed, target.failed = target.passed + 1, 0
            if target.state == "initial" or target.passed >= group["HealthyThresholdCount"]:
                target.state, target.reason, target.description = "healthy", "", ""
            return
        target.passed, target.failed = 0, target.failed + 1
        if target.failed >= group["UnhealthyThresholdCount"]:
            target.state, (target.reason, target.description) = "unhealthy", failure
        elif target.state == "initial":
            target.reason, target.description = "Elb.InitialHealthChecking", "Initial health checks in progress"


def _probe(target, group):
    """None if the target passed, else the reason code and its description."""
    port = group.get("HealthCheckPort") or "traffic-port"
    host, published_port = reachable(target.address, target.port if port == "traffic-port" else int(port))
    seconds = group["HealthCheckTimeoutSeconds"]
    if group["HealthCheckProtocol"] == "HTTPS":
        connection = http.client.HTTPSConnection(host, published_port, timeout=seconds, context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection(host, published_port, timeout=seconds)
    try:
        connection.request("GET", group["HealthCheckPath"], headers={
            "Host": f"{target.address}:{target.port}", "User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"})
        status = connection.getresponse().status
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks", "Health checks failed"
    finally:
        connection.close()
    if matches(str(group["Matcher"]["HttpCode"]), status):
        return None
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


def matches(codes, status):
    """Whether a matcher like `200,301-308` takes the status."""
    for part in codes.split(","):
        first, _, last = part.strip().partition("-")
        if int(first) <= status <= int(last or first):
            return True
    return False
