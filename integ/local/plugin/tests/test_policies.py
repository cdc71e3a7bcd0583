"""Policies: variables, operators, condition keys, boundaries and resource policies, each with what passes and what does not."""
import json
import time
import urllib.error
import urllib.request

import pytest

from people import ACCOUNT, Person, allow, deny, managed, policy, refusal, role, root, trust, unique


def bucket(cloud, *statements, encryption=None):
    """The name of a new bucket with a policy; BUCKET in a resource stands for it."""
    s3, name = root(cloud).client("s3"), unique("bucket")
    s3.create_bucket(Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=policy(*statements).replace("BUCKET", name))
    if encryption:
        s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [encryption]})
    return name


def put(credentials, name, key, **more):
    return refusal(credentials.client("s3").put_object, Bucket=name, Key=key, Body=b"x", **more)


def get(credentials, name, key):
    return refusal(credentials.client("s3").get_object, Bucket=name, Key=key)


def tag(person, key, value="sealed", user=None):
    return refusal(person.client("iam").tag_user, UserName=user or person.name, Tags=[{"Key": key, "Value": value}])


# Variables: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

def test_a_variable_in_a_resource_is_the_callers(enforced):
    name = bucket(enforced)
    person = Person(enforced, allow("s3:PutObject", f"arn:aws:s3:::{name}/${{aws:username}}/*"))
    assert put(person, name, f"{person.name}/a") is None
    assert put(person, name, "other/a") == "AccessDenied"
    assert put(person, name, "${aws:username}/a") == "AccessDenied"


def test_a_variable_in_a_not_resource_is_the_callers(enforced):
    name = bucket(enforced)
    own = {"Effect": "Deny", "Action": "s3:PutObject", "NotResource": f"arn:aws:s3:::{name}/${{aws:username}}/*"}
    person = Person(enforced, allow("s3:*"), own)
    assert put(person, name, f"{person.name}/a") is None
    assert put(person, name, "other/a") == "AccessDenied"


def test_a_variable_in_a_trust_policy_is_the_callers(enforced):
    person = Person(enforced, allow("sts:AssumeRole"))
    wanted = role(enforced, condition={"StringEquals": {"sts:RoleSessionName": "${aws:username}"}})
    assert refusal(person.assume, role=wanted, session=person.name) is None
    assert refusal(person.assume, role=wanted, session="another") == "AccessDenied"


def test_a_variable_of_a_tag_is_its_value(enforced):
    name = bucket(enforced)
    may = allow("s3:PutObject", f"arn:aws:s3:::{name}/${{aws:PrincipalTag/team}}/*")
    red, untagged = Person(enforced, may, tags={"team": "red"}), Person(enforced, may)
    assert put(red, name, "red/a") is None
    assert put(red, name, "blue/a") == "AccessDenied"
    assert put(untagged, name, "/a") == "AccessDenied"
    assert put(untagged, name, "${aws:PrincipalTag/team}/a") == "AccessDenied"


def test_a_variable_without_a_value_has_its_default(enforced):
    name = bucket(enforced)
    may = allow("s3:PutObject", f"arn:aws:s3:::{name}/${{aws:PrincipalTag/team, 'all'}}/*")
    assert put(Person(enforced, may), name, "all/a") is None
    red = Person(enforced, may, tags={"team": "red"})
    assert put(red, name, "red/a") is None
    assert put(red, name, "all/a") == "AccessDenied"


@pytest.mark.parametrize(("operator", "allowed"), [("StringEquals", False), ("StringNotEquals", True), ("StringLike", False)])
def test_a_condition_on_a_variable_without_a_value_compares_with_nothing(enforced, operator, allowed):
    name = bucket(enforced)
    person = Person(enforced, allow("s3:PutObject", Condition={operator: {"aws:username": "${aws:PrincipalTag/none}"}}))
    assert (put(person, name, "a") is None) is allowed


def test_an_escaped_wildcard_is_no_wildcard(enforced):
    name = bucket(enforced)
    person = Person(enforced, allow("s3:PutObject", f"arn:aws:s3:::{name}/a${{*}}"))
    assert put(person, name, "a*") is None
    assert put(person, name, "ab") == "AccessDenied"


def test_a_date_takes_no_variable(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse"""
    name = bucket(enforced)

    def may(limit):
        before = {"DateLessThan": {"aws:CurrentTime": limit}}
        return Person(enforced, allow("s3:PutObject", Condition=before), tags={"end": "2999-01-01T00:00:00Z"})

    assert put(may("2999-01-01T00:00:00Z"), name, "a") is None
    assert put(may("${aws:PrincipalTag/end}"), name, "a") == "AccessDenied"


# Operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

@pytest.mark.parametrize(("condition", "allowed"), [
    ({"Null": {"aws:PrincipalTag/team": "false"}}, True),
    ({"Null": {"aws:PrincipalTag/team": "true"}}, False),
    ({"Null": {"aws:PrincipalTag/none": "true"}}, True),
    ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
    ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
    ({"BoolIfExists": {"aws:SecureTransport": "false"}}, False),
    ({"StringNotEqualsIfExists": {"aws:PrincipalTag/none": "x"}}, True),
    ({"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "red"}}, False),
    ({"StringEqualsIfExists": {"aws:PrincipalTag/team": "blue"}}, False),
    ({"StringNotEquals": {"aws:PrincipalTag/team": ["blue", "red"]}}, False),
    ({"NumericLessThanEquals": {"aws:PrincipalTag/level": "5"}}, True),
    ({"NumericLessThanEquals": {"aws:PrincipalTag/level": "4"}}, False),
    ({"NumericLessThanEquals": {"aws:PrincipalTag/none": "5"}}, False),
    ({"NumericGreaterThan": {"s3:TlsVersion": "1.2"}}, True),
    ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/team/*"}}, True),
    ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/other/*"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, False),
    ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, True),
    ({"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/team/*"}}, False),
    ({"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::{ACCOUNT}:user/other/*"]}}, True),
    ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
    ({"StringEquals": {"aws:PrincipalTag/team": "red", "aws:PrincipalAccount": "000000000000"}}, False),
])
def test_an_operator_decides_as_on_aws(enforced, condition, allowed):
    name = bucket(enforced)
    person = Person(enforced, allow("s3:PutObject", Condition=condition), path="/team/", tags={"team": "red", "level": "5"})
    assert (put(person, name, "a") is None) is allowed


@pytest.mark.parametrize(("operator", "keys", "allowed"), [
    ("ForAllValues:StringEquals", ["a", "b"], True), ("ForAllValues:StringEquals", ["a", "c"], False),
    ("ForAnyValue:StringEquals", ["a", "c"], True), ("ForAnyValue:StringEquals", ["c"], False),
    ("ForAnyValue:StringNotEquals", ["a", "c"], True), ("ForAnyValue:StringNotEquals", ["a", "b"], False),
])
def test_set_operators_compare_each_value(enforced, operator, keys, allowed):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    person = Person(enforced, allow("iam:TagUser", Condition={operator: {"aws:TagKeys": ["a", "b"]}}))
    tags = [{"Key": key, "Value": "x"} for key in keys]
    assert (refusal(person.client("iam").tag_user, UserName=person.name, Tags=tags) is None) is allowed


def test_an_absent_set_satisfies_all_values_and_no_any_value(enforced):
    name = bucket(enforced)
    every = Person(enforced, allow("s3:PutObject", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}))
    some = Person(enforced, allow("s3:PutObject", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}))
    assert put(every, name, "a") is None
    assert put(some, name, "a") == "AccessDenied"


def test_not_action_denies_all_else(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html"""
    person = Person(enforced, allow("*"), {"Effect": "Deny", "NotAction": ["s3:ListAllMyBuckets", "sts:*"], "Resource": "*"})
    assert refusal(person.client("s3").list_buckets) is None
    assert refusal(person.client("iam").list_users) == "AccessDenied"


def test_a_deny_wins(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""
    name = bucket(enforced)
    person = Person(enforced, allow("s3:*"), deny("s3:PutObject", f"arn:aws:s3:::{name}/closed/*"))
    assert put(person, name, "open/a") is None
    assert put(person, name, "closed/a") == "AccessDenied"


# Boundaries: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

@pytest.mark.parametrize("statements", [[allow("s3:GetObject")], [allow("*"), deny("s3:PutObject")]])
def test_a_boundary_limits_a_role_and_a_user(enforced, statements):
    name, boundary = bucket(enforced), managed(enforced, *statements)
    root(enforced).client("s3").put_object(Bucket=name, Key="a", Body=b"x")
    user = Person(enforced, allow("s3:*"), boundary=boundary)
    session = Person(enforced, allow("sts:AssumeRole")).assume(role(enforced, allow("s3:*"), boundary=boundary))
    for caller in (user, session):
        assert get(caller, name, "a") is None
        assert put(caller, name, "a") == "AccessDenied"


def test_a_boundary_grants_nothing(enforced):
    assert put(Person(enforced, boundary=managed(enforced, allow("*"))), bucket(enforced), "a") == "AccessDenied"


@pytest.mark.parametrize("call", ["create_role", "create_user", "put_role_permissions_boundary"])
def test_a_boundary_can_be_demanded_of_new_principals(enforced, call):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate"""
    right, wrong = managed(enforced, allow("s3:*")), managed(enforced, allow("*"))
    person = Person(enforced, allow(["iam:CreateRole", "iam:CreateUser", "iam:PutRolePermissionsBoundary"],
                                    Condition={"StringEquals": {"iam:PermissionsBoundary": right}}))
    make = getattr(person.client("iam"), call)
    more = {"AssumeRolePolicyDocument": trust()} if call == "create_role" else {}

    def names():
        if call == "create_user":
            return {"UserName": unique("made")}
        return {"RoleName": role(enforced).rsplit("/", 1)[-1] if call.startswith("put") else unique("made")}

    assert refusal(make, **names(), **more, PermissionsBoundary=right) is None
    assert refusal(make, **names(), **more, PermissionsBoundary=wrong) == "AccessDenied"
    assert refusal(make, **names(), **more) == "AccessDenied" if call != "put_role_permissions_boundary" else True


def test_only_bounded_roles_can_be_given_policies(enforced):
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html"""
    boundary = managed(enforced, allow("s3:*"))
    person = Person(enforced, allow(["iam:PutRolePolicy", "iam:AttachRolePolicy"],
                                    Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}}))
    bounded, free = (role(enforced, boundary=given).rsplit("/", 1)[-1] for given in (boundary, None))
    iam = person.client("iam")
    for name, answer in ((bounded, None), (free, "AccessDenied")):
        assert refusal(iam.put_role_policy, RoleName=name, PolicyName="p", PolicyDocument=policy(allow("*"))) == answer
        assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess") == answer


def test_a_policy_can_be_denied_by_its_arn(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html (iam:PolicyARN)"""
    admin, name = "arn:aws:iam::aws:policy/AdministratorAccess", role(enforced).rsplit("/", 1)[-1]
    iam = Person(enforced, allow("iam:*"), deny("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": admin}})).client("iam")
    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=managed(enforced, allow("s3:*"))) is None
    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=admin) == "AccessDenied"


# IAM's own calls: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html

def test_a_user_is_authorised_by_the_arn_with_its_path(enforced):
    may = allow("iam:*AccessKey*", f"arn:aws:iam::{ACCOUNT}:user/team/${{aws:username}}")
    inside, outside = Person(enforced, may, path="/team/"), Person(enforced, may)
    iam = inside.client("iam")
    assert refusal(iam.list_access_keys, UserName=inside.name) is None
    assert refusal(iam.list_access_keys, UserName=outside.name) == "AccessDenied"
    assert refusal(outside.client("iam").list_access_keys, UserName=outside.name) == "AccessDenied"


def test_a_call_that_names_no_user_means_its_caller(enforced):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html (UserName)"""
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    person = Person(enforced, allow(["iam:GetUser", "iam:ListAccessKeys", "iam:ListMFADevices"], own))
    iam = person.client("iam")
    assert iam.get_user()["User"]["UserName"] == person.name
    assert [key["AccessKeyId"] for key in iam.list_access_keys()["AccessKeyMetadata"]] == [person.key]
    assert refusal(iam.list_mfa_devices) is None
    assert refusal(Person(enforced).client("iam").get_user) == "AccessDenied"


def test_a_device_is_authorised_by_its_own_arn(enforced):
    person = Person(enforced, allow("iam:CreateVirtualMFADevice", f"arn:aws:iam::{ACCOUNT}:mfa/${{aws:username}}"))
    iam = person.client("iam")
    assert refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName=unique("other")) == "AccessDenied"
    assert refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName=person.name) is None


def test_membership_is_authorised_on_the_group(enforced):
    iam, group = root(enforced).client("iam"), unique("group")
    iam.create_group(GroupName=group, Path="/team/")
    member = Person(enforced, allow("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:group/team/{group}"))
    other = Person(enforced, allow("iam:AddUserToGroup", f"arn:aws:iam::{ACCOUNT}:user/*"))
    assert refusal(member.client("iam").add_user_to_group, GroupName=group, UserName=member.name) is None
    assert refusal(other.client("iam").add_user_to_group, GroupName=group, UserName=other.name) == "AccessDenied"


def test_a_user_tags_itself_with_the_one_key_and_value_alone(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html (aws:RequestTag, aws:TagKeys)"""
    may = allow("iam:TagUser", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}",
                Condition={"StringEquals": {"aws:RequestTag/seal": "sealed"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["seal"]}})
    person, other = Person(enforced, may), Person(enforced)
    both = [{"Key": "seal", "Value": "sealed"}, {"Key": "admin", "Value": "yes"}]
    assert tag(person, "seal", user=other.name) == "AccessDenied"
    assert tag(person, "seal", "broken") == "AccessDenied"
    assert tag(person, "admin") == "AccessDenied"
    assert refusal(person.client("iam").tag_user, UserName=person.name, Tags=both) == "AccessDenied"
    assert tag(person, "seal") is None


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team"])
def test_a_users_tags_are_conditions(enforced, key):
    person = Person(enforced, allow("iam:ListAccessKeys", Condition={"StringEquals": {key: "red"}}))
    red, blue = (Person(enforced, tags={"team": team}) for team in ("red", "blue"))
    assert refusal(person.client("iam").list_access_keys, UserName=red.name) is None
    assert refusal(person.client("iam").list_access_keys, UserName=blue.name) == "AccessDenied"


# Sessions

def test_an_unsealed_user_does_not_get_the_role(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalTag)"""
    wanted = role(enforced, condition={"StringEquals": {"aws:PrincipalTag/seal": "sealed"}})
    sealed, unsealed = (Person(enforced, allow("sts:AssumeRole"), tags=tags) for tags in ({"seal": "sealed"}, {}))
    assert refusal(sealed.assume, role=wanted) is None
    assert refusal(unsealed.assume, role=wanted) == "AccessDenied"


def test_the_principal_of_a_session_is_its_role_with_its_path(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalArn)"""
    person = Person(enforced, allow("sts:AssumeRole"))
    admins = bucket(enforced, {**deny("s3:PutObject", "arn:aws:s3:::BUCKET/*"), "Principal": "*", "Condition": {
        "ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/admins/*"}}})
    inside, outside = (person.assume(role(enforced, allow("s3:*"), path=path)) for path in ("/admins/", "/"))
    assert put(inside, admins, "a") is None
    assert put(outside, admins, "a") == "AccessDenied"


def test_a_revoked_session_is_refused_and_nobody_elses(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html"""
    first, second = (Person(enforced, allow("sts:AssumeRole")) for _ in range(2))
    wanted, iam = role(enforced, allow("s3:*")), root(enforced).client("iam")
    name = wanted.rsplit("/", 1)[-1]
    stolen, colleague = first.assume(wanted, session=first.name), second.assume(wanted, session=second.name)
    time.sleep(1.1)
    identity = iam.get_role(RoleName=name)["Role"]["RoleId"]
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    iam.put_role_policy(RoleName=name, PolicyName="revoked", PolicyDocument=policy(deny("*", Condition={
        "StringEquals": {"aws:userid": f"{identity}:{first.name}"}, "DateLessThan": {"aws:TokenIssueTime": now}})))
    assert refusal(stolen.client("s3").list_buckets) == "AccessDenied"
    assert refusal(colleague.client("s3").list_buckets) is None
    assert refusal(first.assume(wanted, session=first.name).client("s3").list_buckets) is None


# S3

def test_a_lock_is_not_written_unconditionally(enforced):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html"""
    name = bucket(enforced, {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::BUCKET/*.tflock",
                             "Condition": {"Null": {"s3:if-none-match": "true"}}})
    person = Person(enforced, allow("s3:*"))
    assert put(person, name, "a.tflock") == "AccessDenied"
    assert put(person, name, "a.tflock", IfNoneMatch="*") is None
    assert put(person, name, "a.tflock", IfNoneMatch="*") == "PreconditionFailed"
    assert put(person, name, "a") is None


def test_parts_of_an_upload_create_no_object(enforced):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html (s3:ObjectCreationOperation)"""
    name = bucket(enforced, {**deny("s3:PutObject", "arn:aws:s3:::BUCKET/*"), "Principal": "*", "Condition": {
        "Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}})
    s3 = Person(enforced, allow("s3:*")).client("s3")
    upload = {"Bucket": name, "Key": "a", "UploadId": s3.create_multipart_upload(Bucket=name, Key="a")["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]}
    assert refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [part]}) == "AccessDenied"
    assert refusal(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": [part]}, IfNoneMatch="*") is None


KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@pytest.mark.parametrize(("operator", "more", "headerless"), [
    ("StringNotEquals", {}, "AccessDenied"), ("StringNotEqualsIfExists", {}, "AccessDenied"),
    ("StringNotEquals", {"Null": {KEY_HEADER: "false"}}, None)])
def test_wrong_encryption_headers_are_refused(enforced, operator, more, headerless):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html (an absent key satisfies ...IfExists)"""
    key, other = (root(enforced).client("kms").create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    name = bucket(enforced, {**deny("s3:PutObject", "arn:aws:s3:::BUCKET/*"), "Principal": "*", "Condition": {
        operator: {KEY_HEADER: key}, **more}})
    person = Person(enforced, allow(["s3:*", "kms:*"]))
    assert put(person, name, "a") == headerless
    assert [put(person, name, "a", ServerSideEncryption="aws:kms", SSEKMSKeyId=each) for each in (key, other)] == [None, "AccessDenied"]


def test_everyone_reads_only_what_a_bucket_opens(enforced):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html (anonymous)"""
    opened = bucket(enforced, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::BUCKET/*"})
    closed = bucket(enforced)
    for name in (opened, closed):
        root(enforced).client("s3").put_object(Bucket=name, Key="a", Body=b"x")
    assert urllib.request.urlopen(f"{enforced.endpoint}/{opened}/a").read() == b"x"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{enforced.endpoint}/{closed}/a")


# KMS through S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html

def encrypted(enforced, bucket_key=False, key_policy=None):
    key = root(enforced).client("kms").create_key(**({"Policy": key_policy} if key_policy else {}))["KeyMetadata"]["Arn"]
    name = bucket(enforced, encryption={
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": bucket_key})
    root(enforced).client("s3").put_object(Bucket=name, Key="a", Body=b"x")
    return name, key


def test_an_encrypted_object_is_read_and_written_with_its_key_alone(enforced):
    name, key = encrypted(enforced)
    both = Person(enforced, allow("s3:*"), allow(["kms:Decrypt", "kms:GenerateDataKey"], key))
    reads, none = Person(enforced, allow("s3:*"), allow("kms:Decrypt", key)), Person(enforced, allow("s3:*"))
    assert [get(both, name, "a"), put(both, name, "a")] == [None, None]
    assert [get(reads, name, "a"), put(reads, name, "a")] == [None, "AccessDenied"]
    assert [get(none, name, "a"), put(none, name, "a")] == ["AccessDenied", "AccessDenied"]


def test_a_key_can_be_given_through_s3_alone(enforced):
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service"""
    name, key = encrypted(enforced)

    def through(service):
        via = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
        return Person(enforced, allow("s3:*"), allow("kms:*", key, Condition=via))

    assert get(through("s3"), name, "a") is None
    assert get(through("ssm"), name, "a") == "AccessDenied"
    assert refusal(through("s3").client("kms").generate_data_key, KeyId=key, KeySpec="AES_256") == "AccessDeniedException"


@pytest.mark.parametrize(("bucket_key", "context"), [(False, "object"), (True, "bucket")])
def test_the_encryption_context_is_the_object_or_with_a_bucket_key_the_bucket(enforced, bucket_key, context):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html"""
    name, key = encrypted(enforced, bucket_key)
    arns = {"object": f"arn:aws:s3:::{name}/a", "bucket": f"arn:aws:s3:::{name}"}
    for kind, arn in arns.items():
        of = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn}}
        person = Person(enforced, allow("s3:*"), allow("kms:Decrypt", key, Condition=of))
        assert (get(person, name, "a") is None) is (kind == context)


def test_without_a_key_of_its_own_a_write_has_the_key_that_aws_manages(enforced):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html (x-amz-server-side-encryption-aws-kms-key-id)"""
    name, person = bucket(enforced), Person(enforced, allow("s3:*"))
    assert put(person, name, "a", ServerSideEncryption="aws:kms") is None
    assert person.client("s3").head_object(Bucket=name, Key="a")["SSEKMSKeyId"].endswith("alias/aws/s3")


def test_a_key_policy_must_allow_too(enforced):
    """https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html"""
    nobody = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/nobody"}, "Action": "kms:*", "Resource": "*"}]})
    person = Person(enforced, allow(["s3:*", "kms:*"]))
    assert get(person, encrypted(enforced)[0], "a") is None
    assert get(person, encrypted(enforced, key_policy=nobody)[0], "a") == "AccessDenied"


# DynamoDB

def test_a_caller_reads_and_writes_its_own_partition_keys_alone(enforced):
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html (dynamodb:LeadingKeys)"""
    table = unique("table")
    root(enforced).client("dynamodb").create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}])
    person = Person(enforced, allow("dynamodb:*", f"arn:aws:dynamodb:*:{ACCOUNT}:table/{table}", Condition={
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["bucket/own", "bucket/own-md5"]}}))
    dynamodb = person.client("dynamodb")

    def calls(lock):
        key = {"LockID": {"S": lock}}
        asked = {"KeyConditionExpression": "LockID = :l", "ExpressionAttributeValues": {":l": {"S": lock}}}
        return [refusal(dynamodb.put_item, TableName=table, Item=key), refusal(dynamodb.get_item, TableName=table, Key=key),
                refusal(dynamodb.query, TableName=table, **asked),
                refusal(dynamodb.batch_get_item, RequestItems={table: {"Keys": [key]}}),
                refusal(dynamodb.delete_item, TableName=table, Key=key)]

    assert calls("bucket/own") == [None] * 5
    assert calls("bucket/other") == ["AccessDeniedException"] * 5
