"""IAM's resources of CloudFormation."""
import json

import pytest

from cloud import DeployFailed
from people import ACCOUNT, Person, allow, deny, managed, policy, refusal, root, unique
from templates import att, ref, trust

READ = json.loads(policy(allow("s3:ListAllMyBuckets")))
GROUP = {"Type": "AWS::IAM::Group", "Properties": {"Path": "/team/", "Policies": [{"PolicyName": "read", "PolicyDocument": READ}]}}


def template(outputs=(), **resources):
    return {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in dict(outputs).items()}}



@pytest.fixture
def stack(enforced):
    """Deploys stacks that are deleted after the test."""
    made = []

    def deploy(given):
        made.append(enforced.deploy(given))
        return made[-1]

    yield deploy
    for each in reversed(made):
        each.delete()


def works(person):
    return refusal(person.client("s3").list_buckets) is None


def test_a_group_gives_its_members_its_policies(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-group.html"""
    member, other = Person(enforced), Person(enforced)
    addition = {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": ref("Group"), "Users": [member.name]}}
    made = stack(template({"Name": ref("Group"), "Arn": att("Group", "Arn")}, Group=GROUP, Addition=addition))
    assert made.outputs["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/{made.outputs['Name']}"
    assert [works(member), works(other)] == [True, False]
    addition["Properties"]["Users"] = [other.name]
    made.update(template(Group=GROUP, Addition=addition))
    assert [works(member), works(other)] == [False, True]


def test_an_update_of_a_group_takes_away_what_is_left_out(enforced, stack):
    member, extra = Person(enforced), managed(enforced, allow("iam:ListUsers"))
    addition = {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": ref("Group"), "Users": [member.name]}}
    made = stack(template(Group=GROUP, Addition=addition))
    made.update(template(Group={**GROUP, "Properties": {"ManagedPolicyArns": [extra]}}, Addition=addition))
    assert not works(member)
    assert refusal(member.client("iam").list_users) is None


def test_a_property_that_would_be_lost_is_refused(enforced):
    with pytest.raises(DeployFailed, match="does not emulate Tags"):
        enforced.deploy(template(Group={"Type": "AWS::IAM::Group", "Properties": {"Tags": [{"Key": "a", "Value": "b"}]}}))


def test_an_inline_policy_is_a_resource_of_its_own(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html"""
    iam, role = root(enforced).client("iam"), {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust()}}
    inline = {"Type": "AWS::IAM::RolePolicy", "Properties": {"RoleName": ref("Role"), "PolicyName": "read", "PolicyDocument": READ}}
    made = stack(template({"Role": ref("Role")}, Role=role, Inline=inline))
    name = made.outputs["Role"]
    assert iam.get_role_policy(RoleName=name, PolicyName="read")["PolicyDocument"] == READ
    made.update(template({"Role": ref("Role")}, Role=role))
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []


def test_what_others_gave_a_role_keeps_it_from_being_deleted(enforced):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
    iam = root(enforced).client("iam")
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust()}}
    made = enforced.deploy(template({"Role": ref("Role")}, Role=role))
    name = made.outputs["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="foreign", PolicyDocument=json.dumps(READ))
    with pytest.raises(DeployFailed, match="must delete policies first"):
        made.delete()
    iam.delete_role_policy(RoleName=name, PolicyName="foreign")
    made.delete()


def test_a_policy_that_a_machine_overwrote_goes_with_its_resource(enforced):
    iam, role = root(enforced).client("iam"), {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust()}}
    inline = {"Type": "AWS::IAM::RolePolicy", "Properties": {"RoleName": ref("Role"), "PolicyName": "revoked", "PolicyDocument": READ}}
    made = enforced.deploy(template({"Role": ref("Role")}, Role=role, Inline=inline))
    written = json.loads(policy(deny("*")))
    iam.put_role_policy(RoleName=made.outputs["Role"], PolicyName="revoked", PolicyDocument=json.dumps(written))
    made.update(template({"Role": ref("Role"), "More": "x"}, Role=role, Inline=inline))
    assert iam.get_role_policy(RoleName=made.outputs["Role"], PolicyName="revoked")["PolicyDocument"] == written
    made.delete()


def test_a_role_has_the_boundary_that_its_template_says(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html (PermissionsBoundary)"""
    iam, boundary = root(enforced).client("iam"), managed(enforced, allow("s3:*"))
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust(), "PermissionsBoundary": boundary}}
    made = stack(template({"Role": ref("Role")}, Role=role))
    found = iam.get_role(RoleName=made.outputs["Role"])["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    made.update(template({"Role": ref("Role")}, Role={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust()}}))
    assert "PermissionsBoundary" not in iam.get_role(RoleName=made.outputs["Role"])["Role"]


def test_an_identity_provider_has_its_clients(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-oidcprovider.html"""
    def provider(*clients):
        return {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": f"https://{host}", "ClientIdList": list(clients)}}

    host, iam = f"{unique('tokens')}.example.com", root(enforced).client("iam")
    made = stack(template({"Ref": ref("P"), "Arn": att("P", "Arn")}, P=provider("sts.amazonaws.com")))
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
    assert made.outputs == {"Ref": arn, "Arn": arn}
    made.update(template(P=provider("another")))
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"] == ["another"]


def test_a_user_with_keys_or_a_device_is_not_deleted(enforced):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    iam, person = root(enforced).client("iam"), Person(enforced, mfa=True)
    assert refusal(iam.delete_user, UserName=person.name) == "DeleteConflict"
    iam.delete_access_key(UserName=person.name, AccessKeyId=person.key)
    assert refusal(iam.delete_user, UserName=person.name) == "DeleteConflict"
    iam.deactivate_mfa_device(UserName=person.name, SerialNumber=person.device.serial)
    assert refusal(iam.delete_user, UserName=person.name) is None
