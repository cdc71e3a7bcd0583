"""Whether calls count as encrypted."""
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator import emulator


def _denied(directory, network, engine, **settings):
    """Whether a bucket that denies unencrypted calls denies a user's."""
    with emulator(directory, f"{network}-tls", network, engine, AUTH="true", **settings) as cloud:
        def client(service, key="test", secret="test"):
            return boto3.client(service, endpoint_url=cloud.endpoint, region_name="us-east-1", aws_access_key_id=key,
                                aws_secret_access_key=secret, config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
        client("s3").create_bucket(Bucket="closed")
        client("s3").put_bucket_policy(Bucket="closed", Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::closed", "arn:aws:s3:::closed/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}))
        iam = client("iam")
        iam.create_user(UserName="someone")
        iam.put_user_policy(UserName="someone", PolicyName="all", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
        key = iam.create_access_key(UserName="someone")["AccessKey"]
        try:
            client("s3", key["AccessKeyId"], key["SecretAccessKey"]).list_objects_v2(Bucket="closed")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            return True
        return False


@pytest.mark.parametrize(("settings", "denied"), [({"CDK_ATLANTIS_CLOUD_ASSUME_TLS": "1"}, False), ({}, True)])
def test_calls_count_as_encrypted_where_that_is_asked_for(network, engine, tmp_path, settings, denied):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:SecureTransport)"""
    assert _denied(tmp_path, network, engine, **settings) is denied
