"""iam:PassRole: who may give a role to a service."""
import io
import json
import zipfile

import pytest

from people import Person, allow, deny, refusal, role, unique

DEFINITION = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def _zip():
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as written:
        written.writestr("index.py", "def handler(event, context):\n    return {}\n")
    return archive.getvalue()


CALLS = {
    "states.amazonaws.com": lambda person, arn: refusal(
        person.client("stepfunctions").create_state_machine, name=unique("machine"), definition=DEFINITION, roleArn=arn),
    "lambda.amazonaws.com": lambda person, arn: refusal(
        person.client("lambda").create_function, FunctionName=unique("function"), Runtime="python3.11", Handler="index.handler", Role=arn,
        Code={"ZipFile": _zip()}),
    "ecs-tasks.amazonaws.com": lambda person, arn: refusal(
        person.client("ecs").register_task_definition, family=unique("task"), taskRoleArn=arn,
        containerDefinitions=[{"name": "a", "image": "b", "memory": 128}]),
    "cloudformation.amazonaws.com": lambda person, arn: refusal(
        person.client("cloudformation").create_stack, StackName=unique("stack"), RoleARN=arn,
        TemplateBody=json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})),
}
REFUSED = {"AccessDenied", "AccessDeniedException"}


@pytest.mark.parametrize("service", CALLS)
def test_a_role_is_given_to_a_service_only_by_who_may_pass_it(enforced, service):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    arn, other = (role(enforced, principal={"Service": service}) for _ in range(2))
    works = allow(["states:*", "lambda:*", "ecs:*", "cloudformation:*"])
    call = CALLS[service]
    assert call(Person(enforced, works, allow("iam:PassRole", arn)), arn) is None
    assert call(Person(enforced, works, allow("iam:PassRole", arn)), other) in REFUSED
    assert call(Person(enforced, works), arn) in REFUSED
    assert call(Person(enforced, works, allow("iam:*"), deny("iam:PassRole", arn)), arn) in REFUSED
    to = {"Condition": {"StringEquals": {"iam:PassedToService": service}}}
    assert call(Person(enforced, works, allow("iam:PassRole", arn, **to)), arn) is None
    elsewhere = {"Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}
    assert call(Person(enforced, works, allow("iam:PassRole", arn, **elsewhere)), arn) in REFUSED
