"""MFA: devices, codes, and what policies learn of them."""
import time

import pytest

from people import Person, allow, device, refusal, role, root, unique

MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
ASSUME = allow("sts:AssumeRole")


def within(seconds):
    return {**MFA, "NumericLessThanEquals": {"aws:MultiFactorAuthAge": str(seconds)}}


def works(credentials):
    return refusal(credentials.client("s3").list_buckets) is None


def test_a_role_that_asks_for_mfa_is_assumed_with_a_code(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""
    person = Person(enforced, ASSUME, mfa=True)
    assert works(person.assume(role(enforced, allow("s3:*"), condition=within(300)), **person.device.mfa()))


def test_without_a_code_it_is_refused(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""
    person = Person(enforced, ASSUME, mfa=True)
    assert refusal(person.assume, role=role(enforced, condition=MFA)) == "AccessDenied"
    assert refusal(person.assume, role=role(enforced, condition=within(300))) == "AccessDenied"
    assert refusal(person.assume, role=role(enforced)) is None


def test_a_wrong_code_is_refused(enforced):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (TokenCode)"""
    person, wanted = Person(enforced, ASSUME, mfa=True), role(enforced)
    code = person.device.code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert refusal(person.assume, role=wanted, SerialNumber=person.device.serial, TokenCode=wrong) == "AccessDenied"
    assert refusal(person.assume, role=wanted, SerialNumber=person.device.serial, TokenCode=code) is None


def test_a_code_is_good_once(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_mfa.html: wait for the next code"""
    person, wanted = Person(enforced, ASSUME, mfa=True), role(enforced)
    mfa = person.device.mfa()
    assert refusal(person.assume, role=wanted, **mfa) is None
    assert refusal(person.assume, role=wanted, **mfa) == "AccessDenied"
    assert refusal(person.session, **mfa) == "AccessDenied"


def test_an_old_code_is_refused(enforced):
    person = Person(enforced, ASSUME, mfa=True)
    old = person.device.code_of(int(time.time()) // 30 - 4)
    assert refusal(person.session, SerialNumber=person.device.serial, TokenCode=old) == "AccessDenied"


def test_another_persons_device_is_refused(enforced):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (SerialNumber: of the user who makes the call)"""
    person, other = Person(enforced, ASSUME, mfa=True), Person(enforced, ASSUME, mfa=True)
    wanted = role(enforced, condition=MFA)
    mfa = other.device.mfa()
    assert refusal(person.assume, role=wanted, **mfa) == "AccessDenied"
    assert refusal(other.assume, role=wanted, **mfa) is None


def test_a_session_of_a_role_tells_nothing_of_mfa(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html: not passed on by AssumeRole"""
    person = Person(enforced, ASSUME, mfa=True)
    chained = role(enforced, condition=MFA)
    session = person.assume(role(enforced, ASSUME, allow("s3:*", Condition=MFA), condition=MFA), **person.device.mfa())
    assert not works(session)
    assert refusal(session.assume, role=chained) == "AccessDenied"


def test_a_session_of_a_user_carries_its_mfa(enforced):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    person = Person(enforced, ASSUME, allow("s3:*", Condition=MFA), mfa=True)
    assert not works(person)
    assert not works(person.session())
    session = person.session(**person.device.mfa())
    assert works(session)
    assert refusal(session.assume, role=role(enforced, condition=within(300))) is None


def test_an_old_session_is_refused(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:MultiFactorAuthAge)"""
    person, wanted = Person(enforced, ASSUME, mfa=True), role(enforced, condition=within(2))
    session = person.session(**person.device.mfa())
    assert refusal(session.assume, role=wanted) is None
    time.sleep(3.1)
    assert refusal(session.assume, role=wanted) == "AccessDenied"
    assert refusal(session.assume, role=role(enforced, condition=within(300))) is None


@pytest.mark.parametrize("kind", ["wrong", "swapped", "apart", "same"])
def test_a_device_is_not_enabled_with_wrong_codes(enforced, kind):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html: two subsequent codes"""
    person = Person(enforced)
    new, iam = device(root(enforced), person.name), root(enforced).client("iam")
    pair = new.pair()
    step = new.last
    first, second = {
        "wrong": ("000000", pair["AuthenticationCode2"]), "swapped": (pair["AuthenticationCode2"], pair["AuthenticationCode1"]),
        "apart": (new.code_of(step - 1), new.code_of(step + 1)), "same": (new.code_of(step), new.code_of(step))}[kind]
    wrong = {"AuthenticationCode1": first, "AuthenticationCode2": second}
    assert refusal(iam.enable_mfa_device, UserName=person.name, SerialNumber=new.serial, **wrong) == "InvalidAuthenticationCode"
    assert iam.list_mfa_devices(UserName=person.name)["MFADevices"] == []
    assert refusal(iam.enable_mfa_device, UserName=person.name, SerialNumber=new.serial, **new.pair()) is None
    assert [each["SerialNumber"] for each in iam.list_mfa_devices(UserName=person.name)["MFADevices"]] == [new.serial]


def test_the_codes_that_enabled_a_device_are_spent(enforced):
    person = Person(enforced, mfa=True)
    spent = person.device.code_of(person.device.last)
    assert refusal(person.session, SerialNumber=person.device.serial, TokenCode=spent) == "AccessDenied"
    assert refusal(person.session, **person.device.mfa()) is None


def test_a_user_has_no_more_than_eight_devices(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    person, iam = Person(enforced), root(enforced).client("iam")
    for number in range(8):
        new = device(root(enforced), unique("device"))
        iam.enable_mfa_device(UserName=person.name, SerialNumber=new.serial, **new.pair())
    ninth = device(root(enforced), unique("device"))
    assert refusal(iam.enable_mfa_device, UserName=person.name, SerialNumber=ninth.serial, **ninth.pair()) == "LimitExceeded"


def test_a_seed_is_base32(enforced):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html"""
    made = root(enforced).client("iam").create_virtual_mfa_device(VirtualMFADeviceName=unique("device"))
    seed = made["VirtualMFADevice"]["Base32StringSeed"]
    assert len(seed) == 64
    assert set(seed.decode()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def test_resynchronising_takes_two_codes(enforced):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResyncMFADevice.html"""
    person, iam = Person(enforced, mfa=True), root(enforced).client("iam")
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000001"}
    asked = {"UserName": person.name, "SerialNumber": person.device.serial}
    assert refusal(iam.resync_mfa_device, **asked, **wrong) == "InvalidAuthenticationCode"
    assert refusal(iam.resync_mfa_device, **asked, **person.device.pair()) is None


def test_a_user_session_without_mfa_may_not_call_iam(enforced):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    person = Person(enforced, allow(["iam:*", "sts:*"]), mfa=True)
    assert refusal(person.session().client("iam").list_users) == "AccessDenied"
    session = person.session(**person.device.mfa())
    assert refusal(session.client("iam").list_users) is None
    assert refusal(session.client("sts").get_federation_token, Name="somebody") == "AccessDenied"


@pytest.mark.parametrize(("longest", "asked", "refused"), [
    (3600, 3600, None), (3600, 3601, "ValidationError"), (7200, 7200, None), (3600, 899, "ValidationError")])
def test_a_session_is_no_longer_than_its_role_lets_it_be(enforced, longest, asked, refused):
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (DurationSeconds)"""
    person = Person(enforced, ASSUME)
    assert refusal(person.assume, role=role(enforced, MaxSessionDuration=longest), DurationSeconds=asked) == refused


def test_a_chained_session_lasts_an_hour_at_most(enforced):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html (role chaining)"""
    session = Person(enforced, ASSUME).assume(role(enforced, ASSUME))
    chained = role(enforced, MaxSessionDuration=7200)
    assert refusal(session.assume, role=chained, DurationSeconds=3601) == "ValidationError"
    assert refusal(session.assume, role=chained, DurationSeconds=3600) is None
