"""Listener rules: which request a rule takes, and which rules AWS refuses.

Follows https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
and https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
"""
import contextvars
import ipaddress
import re

from ministack.services import alb
from ministack.services.cloudformation import provisioners

from .resources import amend

CLIENT_ADDRESS_HEADER = "x-cdk-atlantis-client-ip"
"""Set by the TLS front, which alone knows the client; never passed on to a target."""

HOST_HEADER = "x-cdk-atlantis-host"
"""The name that the client asked for: the front sends the load balancer's own as `Host`, by which the emulator finds it."""

_client = contextvars.ContextVar("client_address", default="127.0.0.1")

VALUES_PER_RULE = 5
WILDCARDS_PER_RULE = 5
_FIELDS = ("host-header", "http-header", "http-request-method", "path-pattern", "query-string", "source-ip")
_ONCE = ("host-header", "http-request-method", "path-pattern", "source-ip")
_WILDCARDS = ("host-header", "http-header", "path-pattern", "query-string")


def _pattern(value, ignore_case=False):
    """`*` is any text, `?` is one character, and nothing else is special."""
    expression = "".join(".*" if character == "*" else "." if character == "?" else re.escape(character) for character in value)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def takes_address(ranges, address):
    client = ipaddress.ip_address(address)
    return any(client in ipaddress.ip_network(network, strict=False) for network in ranges)


_match_other = alb._match_condition


def _match(condition, method, path, headers, query):
    field, values = condition.get("Field"), condition.get("Values", [])
    if field == "source-ip":
        return takes_address(values, _client.get())
    if field == "path-pattern":
        return any(_pattern(value).fullmatch(path) for value in values)
    if field == "host-header":
        host = re.sub(r":\d+$", "", headers.get("host", ""))
        return any(_pattern(value, ignore_case=True).fullmatch(host) for value in values)
    if field == "http-request-method":
        return method in values
    if field in _FIELDS:
        return _match_other(condition, method, path, headers, query)
    raise ValueError(f"a listener rule's condition {field} is not emulated")


alb._match_condition = _match

_dispatch = alb.dispatch_request


async def _dispatch_for_client(load_balancer, method, path, headers, body, query, port=80, client_ip=None, **options):
    headers = dict(headers)
    address = headers.pop(CLIENT_ADDRESS_HEADER, None) or "127.0.0.1"
    if host := headers.pop(HOST_HEADER, None):
        headers["host"] = host
    token = _client.set(address)
    try:
        return await _dispatch(load_balancer, method, path, headers, body, query, port, client_ip=address, **options)
    finally:
        _client.reset(token)


alb.dispatch_request = _dispatch_for_client


def problem(conditions, priority, listener_arn, rule_arn=None):
    """(code, message) as AWS refuses the rule, or None."""
    values = [value for condition in conditions for value in _values(condition)]
    fields = [condition.get("Field") for condition in conditions]
    wildcards = sum(len(re.findall(r"[*?]", value)) for condition in conditions if condition.get("Field") in _WILDCARDS
                    for value in _values(condition))
    if unknown := sorted({str(field) for field in fields} - set(_FIELDS)):
        return "ValidationError", f"Condition field '{unknown[0]}' must be one of '[{', '.join(_FIELDS)}]'"
    if repeated := [field for field in _ONCE if fields.count(field) > 1]:
        return "ValidationError", f"A rule can only have one '{repeated[0]}' condition"
    if any(not _values(condition) for condition in conditions):
        return "ValidationError", "A condition value must be specified"
    if len(values) > VALUES_PER_RULE:
        return "ValidationError", f"A rule can only have '{VALUES_PER_RULE}' condition values"
    if wildcards > WILDCARDS_PER_RULE:
        return "ValidationError", f"A rule can only have '{WILDCARDS_PER_RULE}' condition wildcards"
    if any(len(value) > 128 for value in values):
        return "ValidationError", "A condition value can have at most 128 characters"
    for condition in conditions:
        if condition.get("Field") == "source-ip":
            for value in _values(condition):
                try:
                    if "/" not in value:
                        raise ValueError("no prefix length")
                    ipaddress.ip_network(value)
                except ValueError:
                    return "ValidationError", f"The source IP '{value}' must be in CIDR format"
    if priority is not None:
        if not 1 <= int(priority) <= 50000:
            return "ValidationError", f"Priority '{priority}' must be between 1 and 50000"
        if any(rule["ListenerArn"] == listener_arn and str(rule["Priority"]) == str(priority) and rule["RuleArn"] != rule_arn
               for rule in alb._rules.values()):
            return "PriorityInUse", f"Priority '{priority}' is currently in use"
    return None


def _values(condition):
    return (condition.get("HttpHeaderConfig") or condition).get("Values") or []


def _checked_call(name, stock):
    def call(parameters):
        conditions = alb._parse_conditions(parameters)
        priority = alb._p(parameters, "Priority") if name == "CreateRule" else None
        found = problem(conditions, priority, alb._p(parameters, "ListenerArn")) if conditions or priority else None
        return alb._error(*found) if found else stock(parameters)
    return call


for _name in ("CreateRule", "ModifyRule"):
    alb._ACTION_MAP[_name] = _checked_call(_name, alb._ACTION_MAP[_name])


def _refuse(properties, physical_id):
    if "RegexValues" in str(properties.get("Conditions")):
        raise ValueError("AWS::ElasticLoadBalancingV2::ListenerRule: the local cloud does not emulate RegexValues")
    conditions = provisioners._flatten_listener_rule_conditions(properties.get("Conditions") or [])
    found = problem(conditions, properties["Priority"], properties["ListenerArn"], physical_id)
    if found:
        raise ValueError(": ".join(found))


amend("AWS::ElasticLoadBalancingV2::ListenerRule", before=_refuse)
