"""The load balancer's targets and rules."""
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cloud import DeployFailed, eventually
from templates import changed, ref, with_balancer


class Server:
    """A target on this machine whose answers a test decides."""

    def __init__(self):
        self.status, self.seconds, self.seen = 200, 0, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path != "/healthz":
                    server.seen.append(dict(self.headers))
                    time.sleep(server.seconds)
                self.send_response(server.status if self.path == "/healthz" else 200)
                self.end_headers()
                self.wfile.write(str(server.port).encode())

            do_POST = do_GET

            def log_message(self, *arguments):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def servers():
    made = [Server(), Server()]
    yield made
    for server in made:
        server.close()


class Balancer:
    def __init__(self, stack, common, port=80):
        self.stack, self.host, self.port = stack, common["Host"], port
        self.group = stack.physical_id("TargetGroup")
        self.elb = stack.cloud.client("elbv2")

    def targets(self, *servers):
        return {"TargetGroupArn": self.group, "Targets": [{"Id": "127.0.0.1", "Port": server.port} for server in servers]}

    def register(self, *servers):
        self.elb.register_targets(**self.targets(*servers))

    def deregister(self, *servers):
        self.elb.deregister_targets(**self.targets(*servers))

    def health(self, *servers):
        answer = self.elb.describe_target_health(**self.targets(*servers))["TargetHealthDescriptions"]
        states = {entry["Target"]["Port"]: entry["TargetHealth"] for entry in answer}
        return [states[server.port] for server in servers]

    def states(self, *servers):
        return [health["State"] for health in self.health(*servers)]

    def get(self, path="/", **options):
        return self.stack.cloud.request(self.host, path=path, port=self.port, **options)


@pytest.fixture
def balanced(common, deploy):
    def balanced(**group):
        return Balancer(deploy(with_balancer({"Resources": {}}, common, **group)), common)
    return balanced


def test_a_target_is_healthy_after_one_passed_check(balanced, servers):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html"""
    balancer = balanced(HealthyThresholdCount=10)
    balancer.register(servers[0])
    assert eventually(lambda: balancer.states(servers[0]) == ["healthy"], 3)


def test_a_target_that_fails_its_checks_is_unhealthy_and_says_why(balanced, servers):
    balancer = balanced(HealthCheckIntervalSeconds=5, UnhealthyThresholdCount=2)
    servers[0].status = 500
    balancer.register(servers[0])
    assert balancer.states(servers[0]) == ["initial"]
    assert eventually(lambda: balancer.states(servers[0]) == ["unhealthy"], 10)
    assert balancer.health(servers[0])[0] == {
        "State": "unhealthy", "Reason": "Target.ResponseCodeMismatch", "Description": "Health checks failed with these codes: [500]"}


def test_a_healthy_target_that_stops_answering_becomes_unhealthy(balanced, servers):
    balancer = balanced(HealthCheckIntervalSeconds=5, UnhealthyThresholdCount=2)
    balancer.register(servers[0])
    assert eventually(lambda: balancer.states(servers[0]) == ["healthy"])
    servers[0].close()
    assert eventually(lambda: balancer.states(servers[0]) == ["unhealthy"], 15)
    assert balancer.health(servers[0])[0]["Reason"] == "Target.FailedHealthChecks"


@pytest.mark.parametrize(("codes", "status", "state"), [("200,204", 204, "healthy"), ("200-299", 299, "healthy"), ("200", 204, "initial")])
def test_the_matcher_decides(balanced, servers, codes, status, state):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html"""
    balancer = balanced(Matcher={"HttpCode": codes})
    servers[0].status = status
    balancer.register(servers[0])
    time.sleep(1)
    assert balancer.states(servers[0]) == [state]


def test_a_target_group_that_no_listener_uses_is_not_probed(common, deploy, servers):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html (Target.NotInUse)"""
    template = with_balancer({"Resources": {}}, common)
    del template["Resources"]["Listener"]
    balancer = Balancer(deploy(template), common)
    balancer.register(servers[0])
    assert eventually(lambda: balancer.health(servers[0])[0].get("Reason") == "Target.NotInUse", 3)


def test_a_target_that_was_never_registered_is_unused(balanced, servers):
    assert balanced().health(servers[0])[0]["Reason"] == "Target.NotRegistered"


def test_requests_go_to_healthy_targets_alone(balanced, servers):
    balancer = balanced()
    servers[1].status = 500
    balancer.register(*servers)
    assert eventually(lambda: balancer.states(*servers) == ["healthy", "unhealthy"], 12)
    assert {balancer.get() for _ in range(6)} == {(200, str(servers[0].port))}
    servers[1].status = 200
    assert eventually(lambda: balancer.states(*servers) == ["healthy", "healthy"], 15)
    assert len({balancer.get() for _ in range(6)}) == 2


def test_without_a_healthy_target_requests_go_to_all(balanced, servers):
    """The load balancer fails open: target-group-health-checks.html"""
    balancer = balanced()
    servers[0].status = 500
    balancer.register(servers[0])
    assert eventually(lambda: balancer.states(servers[0]) == ["unhealthy"], 12)
    assert balancer.get() == (200, str(servers[0].port))


def test_without_a_target_the_answer_is_503(balanced):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (HTTP 503)"""
    assert balanced().get()[0] == 503


def test_a_target_that_does_not_answer_is_502(balanced, servers):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html (HTTP 502)"""
    balancer = balanced()
    servers[0].close()
    balancer.register(servers[0])
    assert balancer.get()[0] == 502


def test_a_target_drains_until_its_requests_have_ended(balanced, servers):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html (deregistration delay)"""
    balancer = balanced(TargetGroupAttributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
    balancer.register(*servers)
    assert eventually(lambda: balancer.states(*servers) == ["healthy", "healthy"])
    servers[0].seconds = servers[1].seconds = 1.5
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(balancer.get())) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert eventually(lambda: servers[0].seen and servers[1].seen)
    balancer.deregister(*servers)
    assert balancer.states(*servers) == ["draining", "draining"]
    assert balancer.get()[0] == 503
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200, 200]
    assert eventually(lambda: balancer.states(*servers) == ["unused", "unused"], 2)


def test_a_target_does_not_drain_longer_than_its_delay(balanced, servers):
    balancer = balanced(TargetGroupAttributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}])
    balancer.register(servers[0])
    assert eventually(lambda: balancer.states(servers[0]) == ["healthy"])
    servers[0].seconds = 4
    thread = threading.Thread(target=balancer.get)
    thread.start()
    assert eventually(lambda: servers[0].seen)
    balancer.deregister(servers[0])
    assert balancer.states(servers[0]) == ["draining"]
    assert eventually(lambda: balancer.states(servers[0]) == ["unused"], 2)
    thread.join()


def test_a_target_is_told_who_asked(balanced, servers):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/x-forwarded-headers.html"""
    balancer = balanced()
    balancer.register(servers[0])
    balancer.get(client="203.0.113.7", headers={"X-Forwarded-For": "198.51.100.1"})
    balancer.get()
    named, unnamed = ({name.lower(): value for name, value in seen.items()} for seen in servers[0].seen)
    assert named["x-forwarded-for"] == "198.51.100.1, 203.0.113.7"
    assert (named["x-forwarded-proto"], named["x-forwarded-port"]) == ("http", "80")
    assert "x-cdk-atlantis-client-ip" not in named
    assert unnamed["x-forwarded-for"] == "127.0.0.1"


def rules(common, *rules):
    template = with_balancer({"Resources": {}}, common)
    for number, (conditions, more) in enumerate(rules, 1):
        template["Resources"][f"Rule{number}"] = {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {
            "ListenerArn": ref("Listener"), "Priority": number,
            "Conditions": [{"Field": field, config: {"Values": values}} for field, config, values in conditions],
            "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": str(200 + number)}}], **more}}
    return template


def path(*values):
    return "path-pattern", "PathPatternConfig", list(values)


def method(*values):
    return "http-request-method", "HttpRequestMethodConfig", list(values)


def source(*values):
    return "source-ip", "SourceIpConfig", list(values)


def host(*values):
    return "host-header", "HostHeaderConfig", list(values)


@pytest.mark.parametrize(("condition", "taken", "passed"), [
    (path("/events"), [{"path": "/events"}, {"path": "/events?a=b"}], [{"path": "/events/"}, {"path": "/EVENTS"}, {"path": "/"}]),
    (path("/static/*", "/?"), [{"path": "/static/a/b"}, {"path": "/x"}], [{"path": "/static"}, {"path": "/xy"}]),
    (path("/[ab]"), [{"path": "/[ab]"}], [{"path": "/a"}]),
    (method("POST", "PUT"), [{"method": "POST"}], [{"method": "GET"}]),
    (source("203.0.113.0/24", "2001:db8::/32"), [{"client": "203.0.113.9"}, {"client": "2001:db8::1"}],
     [{"client": "198.51.100.1"}, {"client": "2001:db9::1"}, {}]),
    (host("*.example.com"), [], [{}])])
def test_a_rule_takes_the_requests_of_its_condition(common, deploy, condition, taken, passed):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""
    balancer = Balancer(deploy(rules(common, ([condition], {}))), common)
    assert {balancer.get(**request)[0] for request in taken} == ({201} if taken else set())
    assert {balancer.get(**request)[0] for request in passed} == {503}


def test_a_host_condition_ignores_case_and_port(common, deploy):
    name = common["Host"]
    balancer = Balancer(deploy(rules(common, ([host(name.upper())], {}))), common)
    assert balancer.get()[0] == 201


def test_a_host_condition_sees_the_name_that_the_front_was_asked_for(common, deploy):
    balancer = Balancer(deploy(rules(common, ([host("*.example.com")], {}))), common)
    assert balancer.get(headers={"x-cdk-atlantis-host": "atlantis.example.com"})[0] == 201
    assert balancer.get(headers={"x-cdk-atlantis-host": "atlantis.example.org"})[0] == 503


def test_all_conditions_of_a_rule_must_hold_and_the_first_rule_wins(common, deploy):
    balancer = Balancer(deploy(rules(common, ([path("/a"), method("POST")], {}), ([path("/a")], {}))), common)
    assert [balancer.get(path="/a", method=verb)[0] for verb in ("POST", "GET")] == [201, 202]


@pytest.mark.parametrize(("conditions", "problem"), [
    ([path("/1", "/2", "/3"), method("GET", "PUT", "POST")], "can only have '5' condition values"),
    ([path("/*", "/*/*"), host("*.*.*")], "can only have '5' condition wildcards"),
    ([path("/1"), path("/2")], "can only have one 'path-pattern' condition"),
    ([source("203.0.113.7")], "must be in CIDR format"), ([path()], "A condition value must be specified"),
    ([path("/" + "x" * 128)], "at most 128 characters"),
    ([("colour", "ColourConfig", ["red"])], "must be one of")])
def test_a_rule_over_the_limits_is_refused(common, deploy, conditions, problem):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"""
    with pytest.raises(DeployFailed, match=problem):
        deploy(rules(common, (conditions, {})))


def test_a_rule_with_five_values_is_accepted(common, deploy):
    balancer = Balancer(deploy(rules(common, ([path("/1", "/2", "/3"), method("GET", "PUT")], {}))), common)
    assert balancer.get(path="/3")[0] == 201


def test_two_rules_of_a_listener_have_different_priorities(common, deploy):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html (PriorityInUse)"""
    with pytest.raises(DeployFailed, match="PriorityInUse: Priority '1' is currently in use"):
        deploy(rules(common, ([path("/a")], {}), ([path("/b")], {"Priority": 1})))
    with pytest.raises(DeployFailed, match="must be between 1 and 50000"):
        deploy(rules(common, ([path("/a")], {"Priority": 50001})))


def test_a_rule_can_be_changed_in_place(common, deploy):
    template = rules(common, ([path("/a")], {}))
    balancer = Balancer(deploy(template), common)
    balancer.stack.update(changed(template, lambda resources: resources["Rule1"]["Properties"].update(
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/b"]}}])))
    assert [balancer.get(path=path)[0] for path in ("/a", "/b")] == [503, 201]
    with pytest.raises(DeployFailed, match="condition values"):
        balancer.stack.update(changed(template, lambda resources: resources["Rule1"]["Properties"].update(
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": list("abcdef")}}])))


def test_the_api_refuses_what_a_template_may_not_say(common, deploy):
    balancer = Balancer(deploy(rules(common, ([path("/a")], {}))), common)
    listener = balancer.stack.physical_id("Listener")
    action = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]

    def on(*paths):
        return [{"Field": "path-pattern", "Values": list(paths)}]

    with pytest.raises(balancer.elb.exceptions.PriorityInUseException):
        balancer.elb.create_rule(ListenerArn=listener, Priority=1, Actions=action, Conditions=on("/z"))
    with pytest.raises(balancer.elb.exceptions.ClientError, match="condition values"):
        balancer.elb.create_rule(ListenerArn=listener, Priority=2, Actions=action, Conditions=on(*"abcdef"))
    rule = balancer.elb.create_rule(ListenerArn=listener, Priority=2, Actions=action, Conditions=on("/z"))
    assert balancer.get(path="/z")[0] == 200
    balancer.elb.delete_rule(RuleArn=rule["Rules"][0]["RuleArn"])
