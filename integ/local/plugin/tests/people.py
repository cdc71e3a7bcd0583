"""People who call the emulated AWS with credentials of their own, and their virtual MFA devices."""
import base64
import json
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

ACCOUNT = "123456789012"
STEP = 30


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def allow(action, resource="*", **more):
    return statement("Allow", action, resource, **more)


def deny(action, resource="*", **more):
    return statement("Deny", action, resource, **more)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(condition=None, principal=None):
    return policy({"Effect": "Allow", "Principal": principal or {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole",
                   **({"Condition": condition} if condition else {})})


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


def refusal(call, **parameters):
    """The code of the error that the call ends with, None where it passes."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Credentials:
    def __init__(self, cloud, key, secret, token=None):
        self.cloud, self.key, self.secret, self.token = cloud, key, secret, token

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.cloud.endpoint, region_name="us-east-1", aws_access_key_id=self.key,
            aws_secret_access_key=self.secret, aws_session_token=self.token,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}, parameter_validation=False))

    def assume(self, role, session="session", **more):
        given = self.client("sts").assume_role(RoleArn=role, RoleSessionName=session, **more)["Credentials"]
        return Credentials(self.cloud, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def session(self, **more):
        given = self.client("sts").get_session_token(**more)["Credentials"]
        return Credentials(self.cloud, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


class Device:
    """A virtual MFA device and its clock."""

    def __init__(self, serial, seed):
        self.serial, self.last = serial, -1
        self.totp = TOTP(base64.b32decode(seed), 6, SHA1(), STEP, enforce_key_length=False)

    def code_of(self, step):
        return self.totp.generate(step * STEP).decode()

    def pair(self):
        self.last = int(time.time()) // STEP - 1
        return {"AuthenticationCode1": self.code_of(self.last - 1), "AuthenticationCode2": self.code_of(self.last)}

    def code(self):
        """A code that was not used yet; waits where there is none."""
        while self.last >= int(time.time()) // STEP + 1:
            time.sleep(0.5)
        self.last = max(self.last + 1, int(time.time()) // STEP)
        return self.code_of(self.last)

    def mfa(self):
        return {"SerialNumber": self.serial, "TokenCode": self.code()}


def root(cloud):
    return Credentials(cloud, "test", "test")


def device(owner, name):
    made = owner.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]
    return Device(made["SerialNumber"], made["Base32StringSeed"])


class Person(Credentials):
    """A user with an access key, the given statements and, on request, an enabled device."""

    def __init__(self, cloud, *statements, name=None, path="/", tags=None, mfa=False, boundary=None):
        self.name = name or unique("person")
        iam = root(cloud).client("iam")
        more = {"PermissionsBoundary": boundary} if boundary else {}
        given = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        self.user = iam.create_user(UserName=self.name, Path=path, Tags=given, **more)["User"]
        if statements:
            iam.put_user_policy(UserName=self.name, PolicyName="own", PolicyDocument=policy(*statements))
        key = iam.create_access_key(UserName=self.name)["AccessKey"]
        super().__init__(cloud, key["AccessKeyId"], key["SecretAccessKey"])
        self.device = None
        if mfa:
            self.device = device(root(cloud), self.name)
            iam.enable_mfa_device(UserName=self.name, SerialNumber=self.device.serial, **self.device.pair())


def role(cloud, *statements, condition=None, path="/", principal=None, boundary=None, **more):
    """The ARN of a new role."""
    iam, name = root(cloud).client("iam"), unique("role")
    if boundary:
        more["PermissionsBoundary"] = boundary
    made = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust(condition, principal), **more)["Role"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
    return made["Arn"]


def managed(cloud, *statements):
    """The ARN of a new managed policy."""
    made = root(cloud).client("iam").create_policy(PolicyName=unique("policy"), PolicyDocument=policy(*statements))
    return made["Policy"]["Arn"]
