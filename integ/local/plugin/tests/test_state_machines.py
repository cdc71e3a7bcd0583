"""State machines: who may start one, and what its role lets it do."""
import json

import pytest

from cloud import eventually
from people import ACCOUNT, Person, allow, deny, managed, policy, refusal, role, root, unique

STATES = {"Service": "states.amazonaws.com"}


def revoke(role_name, user):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {
        "aws:TokenIssueTime": "{}"}}}]}
    text = json.dumps(document).replace("{}", "BEFORE").replace("{", "\\{").replace("}", "\\}").replace("BEFORE", "{}")
    return {"StartAt": "Revoke", "States": {"Revoke": {
        "Type": "Task", "End": True, "Resource": "arn:aws:states:::aws-sdk:iam:putRolePolicy",
        "Parameters": {"RoleName": role_name, "PolicyName": f"revoked-{user}",
                       "PolicyDocument.$": f"States.Format('{text}', $$.State.EnteredTime)"}}}}


def machine(enforced, execution_role, definition, name=None):
    created = root(enforced).client("stepfunctions").create_state_machine(
        name=name or unique("machine"), definition=json.dumps(definition), roleArn=execution_role)
    return created["stateMachineArn"]


def run(credentials, arn):
    """(status, cause) of an execution."""
    states = root(credentials.cloud).client("stepfunctions")
    execution = credentials.client("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]

    def ended():
        found = states.describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    found = eventually(ended)
    return found["status"], found.get("cause", "")


def name_of(arn):
    return arn.rsplit("/", 1)[-1]


def test_a_machine_writes_the_policy_that_its_role_may_write(enforced):
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html"""
    revoked = role(enforced, path="/team/")
    revoker = role(enforced, allow("iam:PutRolePolicy", revoked), principal=STATES)
    arn = machine(enforced, revoker, revoke(name_of(revoked), "somebody"))
    assert run(root(enforced), arn) == ("SUCCEEDED", "")
    written = root(enforced).client("iam").get_role_policy(RoleName=name_of(revoked), PolicyName="revoked-somebody")["PolicyDocument"]
    assert written["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"].startswith("20")


@pytest.mark.parametrize("kind", ["nothing", "another role", "denied", "boundary"])
def test_a_machine_does_not_do_what_its_role_may_not(enforced, kind):
    """https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html"""
    revoked = role(enforced)
    may = {"nothing": [], "another role": [allow("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/another")],
           "denied": [allow("iam:*"), deny("iam:PutRolePolicy", revoked)], "boundary": [allow("iam:*")]}[kind]
    boundary = managed(enforced, allow("s3:*")) if kind == "boundary" else None
    revoker = role(enforced, *may, principal=STATES, boundary=boundary)
    status, cause = run(root(enforced), machine(enforced, revoker, revoke(name_of(revoked), "somebody")))
    assert status == "FAILED"
    assert "is not authorized to perform: iam:PutRolePolicy" in cause
    assert root(enforced).client("iam").list_role_policies(RoleName=name_of(revoked))["PolicyNames"] == []


def test_a_role_that_machines_cannot_assume_is_refused(enforced):
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html"""
    revoked = role(enforced)
    status, cause = run(root(enforced), machine(enforced, role(enforced, allow("*")), revoke(name_of(revoked), "somebody")))
    assert (status, "assume the provided role" in cause) == ("FAILED", True)


def test_everybody_starts_their_own_machine_alone(enforced):
    """https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html"""
    prefix = unique("revoke")
    may = allow("states:StartExecution", f"arn:aws:states:*:{ACCOUNT}:stateMachine:{prefix}-${{aws:username}}")
    person, colleague = Person(enforced, may), Person(enforced, may)
    execution_role = role(enforced, allow("iam:PutRolePolicy"), principal=STATES)
    own, other = (machine(enforced, execution_role, revoke(name_of(role(enforced)), each.name), f"{prefix}-{each.name}")
                  for each in (person, colleague))
    start = person.client("stepfunctions").start_execution
    assert refusal(start, stateMachineArn=own) is None
    assert refusal(start, stateMachineArn=other) == "AccessDeniedException"
