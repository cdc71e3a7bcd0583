"""Parameter Store: which parameters a call is about, and the keys of those that are encrypted."""
import pytest

from people import ACCOUNT, Person, allow, refusal, root, unique

ARN = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter"


@pytest.fixture
def secret(enforced):
    """(path, name, key) of an encrypted parameter."""
    key, path = root(enforced).client("kms").create_key()["KeyMetadata"]["Arn"], f"/{unique('service')}"
    root(enforced).client("ssm").put_parameter(Name=f"{path}/password", Value="s3cret", Type="SecureString", KeyId=key)
    return path, f"{path}/password", key


def test_a_path_and_each_name_are_authorised(enforced, secret):
    """https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html"""
    path, name, _ = secret
    ssm = Person(enforced, allow(["ssm:GetParameters", "ssm:GetParametersByPath"], [f"{ARN}{path}", f"{ARN}{path}/*"])).client("ssm")
    assert refusal(ssm.get_parameters_by_path, Path=path) is None
    assert refusal(ssm.get_parameters_by_path, Path="/other") == "AccessDeniedException"
    assert refusal(ssm.get_parameters, Names=[name]) is None
    assert refusal(ssm.get_parameters, Names=[name, "/other/password"]) == "AccessDeniedException"
    assert refusal(ssm.get_parameters, Names=["/other/password"]) == "AccessDeniedException"


@pytest.mark.parametrize("more", [{}, {"Condition": {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}}}])
def test_an_encrypted_parameter_is_read_and_written_with_its_key_alone(enforced, secret, more):
    """https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html"""
    path, name, key = secret

    def calls(*actions):
        keys = [allow(list(actions), key, **more)] if actions else []
        ssm = Person(enforced, allow("ssm:*"), *keys).client("ssm")
        return [refusal(ssm.get_parameter, Name=name, WithDecryption=True),
                refusal(ssm.get_parameters_by_path, Path=path, WithDecryption=True), refusal(ssm.get_parameter, Name=name),
                refusal(ssm.put_parameter, Name=name, Value="new", Type="SecureString", KeyId=key, Overwrite=True)]

    no = "AccessDeniedException"
    assert calls("kms:Decrypt", "kms:Encrypt") == [None, None, None, None]
    assert calls("kms:Decrypt") == [None, None, None, no]
    assert calls() == [no, no, None, no]


def test_a_key_is_given_for_parameters_of_a_path(enforced, secret):
    """https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html (PARAMETER_ARN)"""
    path, name, key = secret

    def reader(of):
        return Person(enforced, allow("ssm:*"), allow("kms:Decrypt", key, Condition={
            "StringLike": {"kms:EncryptionContext:PARAMETER_ARN": f"{ARN}{of}/*"}})).client("ssm")

    assert refusal(reader(path).get_parameter, Name=name, WithDecryption=True) is None
    assert refusal(reader("/other").get_parameter, Name=name, WithDecryption=True) == "AccessDeniedException"


def test_a_key_that_does_not_exist_is_refused(enforced):
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html (InvalidKeyId)"""
    put, name = root(enforced).client("ssm").put_parameter, f"/{unique('service')}/a"
    assert refusal(put, Name=name, Value="x", Type="SecureString", KeyId="alias/none") == "InvalidKeyId"
    assert refusal(put, Name=name, Value="x", Type="SecureString") is None
