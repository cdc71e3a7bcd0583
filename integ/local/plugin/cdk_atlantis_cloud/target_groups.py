"""The ELBv2 calls on targets, and what the load balancer does with a request that is forwarded to a target group."""
import itertools
import json
from xml.sax.saxutils import escape

from ministack.core.responses import StreamingResponse
from ministack.services import alb

from . import target_health
from .published import reachable

UNAVAILABLE = (503, {"Content-Type": "text/html"}, b"<html><head><title>503 Service Temporarily Unavailable</title></head></html>")

_turn = itertools.count()


def _parsed(parameters):
    group = alb._tgs.get(alb._p(parameters, "TargetGroupArn"))
    return group, alb._parse_targets_param(parameters)


def _not_found(parameters):
    return alb._error("TargetGroupNotFound", f"Target group '{alb._p(parameters, 'TargetGroupArn')}' not found.")


def _port(target, group):
    return int(target.get("Port") or group["Port"])


def _register(parameters):
    group, requested = _parsed(parameters)
    if group is None:
        return _not_found(parameters)
    if group["TargetType"] == "lambda":
        return _stock["RegisterTargets"](parameters)
    for target in requested:
        target_health.register(group["TargetGroupArn"], target["Id"], _port(target, group))
    return alb._empty("RegisterTargets")


def _deregister(parameters):
    group, requested = _parsed(parameters)
    if group is None:
        return _not_found(parameters)
    if group["TargetType"] == "lambda":
        return _stock["DeregisterTargets"](parameters)
    for target in requested:
        target_health.deregister(group["TargetGroupArn"], target["Id"], _port(target, group))
    return alb._empty("DeregisterTargets")


def _describe_health(parameters):
    group, requested = _parsed(parameters)
    if group is None:
        return _not_found(parameters)
    if group["TargetType"] == "lambda":
        return _stock["DescribeTargetHealth"](parameters)
    found = target_health.targets(group["TargetGroupArn"])
    if requested:
        wanted = {(target["Id"], _port(target, group)) for target in requested}
        found = [target for target in found if (target.address, target.port) in wanted]
        known = {(target.address, target.port) for target in found}
        found += [target_health.Target(group["TargetGroupArn"], *missing, state="unused", reason="Target.NotRegistered",
                                       description="Target is not registered to the target group") for missing in wanted - known]
    members = "".join(_health_xml(target) for target in found)
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")


def _health_xml(target):
    reason = f"<Reason>{target.reason}</Reason><Description>{escape(target.description)}</Description>" if target.reason else ""
    return (f"<member><Target><Id>{escape(target.address)}</Id><Port>{target.port}</Port></Target>"
            f"<HealthCheckPort>{target.port}</HealthCheckPort>"
            f"<TargetHealth><State>{target.state}</State>{reason}</TargetHealth></member>")


_stock = {name: alb._ACTION_MAP[name] for name in ("RegisterTargets", "DeregisterTargets", "DescribeTargetHealth")}
alb._ACTION_MAP |= {"RegisterTargets": _register, "DeregisterTargets": _deregister, "DescribeTargetHealth": _describe_health}

_forward_to_lambda = alb._forward_to_tg


async def _forward(group_arn, method, path, headers, body, query, raw_query_string=None, raw_path=None):
    """Follows https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html: to the healthy
    targets, to all if none is healthy, 503 if none is registered."""
    group = alb._tgs.get(group_arn)
    if group is None or group["TargetType"] == "lambda":
        return await _forward_to_lambda(group_arn, method, path, headers, body, query, raw_query_string, raw_path)
    routable = target_health.routable(group_arn)
    if not routable:
        return UNAVAILABLE
    target = routable[next(_turn) % len(routable)]
    host, port = reachable(target.address, target.port)
    target.requests += 1
    ended = False

    def end():
        nonlocal ended
        if not ended:
            ended = True
            target.requests -= 1

    try:
        status, answer_headers, answer = await alb._proxy_http_target(
            {"Id": host, "Port": port}, group, method, raw_path or path, headers, body, query, raw_query_string)
    except BaseException:
        end()
        raise
    if not isinstance(answer, StreamingResponse):
        end()
        return _without_our_address(status, answer_headers, answer, target)
    run = answer.runner

    async def run_and_end(send, receive):
        try:
            await run(send, receive)
        finally:
            end()

    return status, answer_headers, StreamingResponse(run_and_end)


def _without_our_address(status, headers, answer, target):
    """A failed connection is told by the target's own address, not by the port published for it."""
    message = json.loads(answer).get("message", "") if status == 502 else ""
    if not message:
        return status, headers, answer
    cause = message.partition("connect error: ")[2]
    return status, headers, json.dumps({"message": f"Target {target.address}:{target.port} connect error: {cause}"}).encode()


alb._forward_to_tg = _forward
