"""What CloudFormation changes of a bucket whose policy keeps its settings."""
import json
import time

import pytest

from people import Person, allow, refusal, role, root, unique

FORMATION = {"Service": "cloudformation.amazonaws.com"}
EXCEPT_ROLES = {"StringNotLike": {"aws:userid": "*:AWSCloudFormation"}}
EXCEPT_CALLS = {"ForAllValues:StringNotEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}


def _template(name, condition, action, days):
    keep = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{name}", "Condition": condition}
    rules = [{"Id": "old", "Status": "Enabled", "ExpirationInDays": days}]
    document = {"Version": "2012-10-17", "Statement": [{"Sid": f"Days{days}", **keep}]}
    return json.dumps({"Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name, "LifecycleConfiguration": {"Rules": rules}}},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document}}}})


def _changed(enforced, condition, action, given):
    """(name, status, reasons) of a stack that changes its bucket and the bucket's policy, deployed with a role or without."""
    formation, name = Person(enforced, allow("*"), name=unique("deployer")).client("cloudformation"), unique("kept")
    more = {"RoleARN": role(enforced, principal=FORMATION)} if given else {}
    formation.create_stack(StackName=name, TemplateBody=_template(name, condition, action, 1), **more)
    formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    formation.update_stack(StackName=name, TemplateBody=_template(name, condition, action, 2))
    while (status := formation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]).endswith("_IN_PROGRESS"):
        time.sleep(0.1)
    reasons = [event.get("ResourceStatusReason", "") for event in formation.describe_stack_events(StackName=name)["StackEvents"]]
    return name, status, " ".join(reasons)


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"])
@pytest.mark.parametrize(("given", "condition"), [(True, EXCEPT_ROLES), (False, {**EXCEPT_ROLES, **EXCEPT_CALLS})])
def test_a_stack_changes_a_bucket_whose_policy_excepts_it(enforced, given, condition, action):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia"""
    name, status, reasons = _changed(enforced, condition, action, given)
    assert status == "UPDATE_COMPLETE", reasons
    rules = root(enforced).client("s3").get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert rules[0]["Expiration"]["Days"] == 2
    by_hand = Person(enforced, allow("*")).client("s3")
    calls = {
        "s3:PutBucketPolicy": lambda: by_hand.put_bucket_policy(Bucket=name, Policy=by_hand.get_bucket_policy(Bucket=name)["Policy"]),
        "s3:PutLifecycleConfiguration": lambda: by_hand.delete_bucket_lifecycle(Bucket=name)}
    assert {each for each, call in calls.items() if refusal(call) == "AccessDenied"} == {action}


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"])
@pytest.mark.parametrize(("given", "condition", "caller"), [
    (True, {"StringLike": {"aws:userid": "*:AWSCloudFormation"}}, "AWSCloudFormation"), (False, EXCEPT_ROLES, "user/deployer-")])
def test_a_stack_does_not_change_a_bucket_whose_policy_denies_it(enforced, given, condition, caller, action):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html"""
    _, status, reasons = _changed(enforced, condition, action, given)
    assert status.startswith("UPDATE_ROLLBACK")
    assert caller in reasons
    assert f"is not authorized to perform: {action}" in reasons
