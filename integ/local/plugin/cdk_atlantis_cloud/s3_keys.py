"""S3 with KMS keys: who reads or writes an object needs its key, through S3 and for that object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
A key that the account does not have, as the one that AWS manages for S3, is not checked.
"""
from xml.etree import ElementTree

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms, s3

_ALGORITHM, _KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
_READS = {"s3:GetObject", "s3:GetObjectVersion"}
_KMS = {"aws:kms", "aws:kms:dsse"}


def _default_key(bucket):
    headers = s3._bucket_default_sse_headers(bucket)
    return headers.get(_KEY) if headers.get(_ALGORITHM) in _KMS else None


def _has_bucket_key(bucket):
    raw = s3._bucket_encryption.get(bucket)
    return bool(raw) and any(
        element.tag.rpartition("}")[2] == "BucketKeyEnabled" and element.text == "true" for element in ElementTree.fromstring(raw).iter())


def _key_of_write(bucket, context):
    algorithm = context.get(f"s3:{_ALGORITHM}")
    if algorithm is None:
        return _default_key(bucket)
    return context.get(f"s3:{_KEY}") if algorithm in _KMS else None


def _key_of_read(bucket, key, context):
    stored = ((s3._buckets.get(bucket) or {}).get("objects") or {}).get(key)
    version = context.get("s3:versionid")
    if version:
        stored = next((each for each in s3._object_versions.get((bucket, key), []) if each.get("version_id") == version), stored)
    headers = s3._stored_sse_headers(stored) if stored else {}
    return headers.get(_KEY) if headers.get(_ALGORITHM) in _KMS else None


_resolve_write = s3._resolve_sse_write_headers


def _resolve_write_with_managed_key(headers, bucket):
    """Without a key of its own, a write with KMS has the one that AWS manages for S3."""
    if headers.get(_ALGORITHM) in _KMS and not headers.get(_KEY):
        headers = {**headers, _KEY: f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/s3"}
    return _resolve_write(headers, bucket)


s3._resolve_sse_write_headers = _resolve_write_with_managed_key

_enforce = iam_evaluator.enforce


def _enforce_with_key(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
    refused = _enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, service_context=service_context)
    if refused or service != "s3" or iam_action not in (*_READS, "s3:PutObject"):
        return refused
    bucket, _, key = resource_arn.split(":", 5)[-1].partition("/")
    context = {name.lower(): value for name, value in (service_context or {}).items()}
    reads = iam_action in _READS
    record = kms._resolve_key(_key_of_read(bucket, key, context) if reads else _key_of_write(bucket, context))
    if record is None:
        return None
    object_arn = f"arn:aws:s3:::{bucket}" if _has_bucket_key(bucket) else f"arn:aws:s3:::{bucket}/{key}"
    return _enforce(access_key_id, "kms:Decrypt" if reads else "kms:GenerateDataKey", "kms", region, resource_arn=record["Arn"],
                    service_context={
                        "kms:ViaService": f"s3.{region}.amazonaws.com", "kms:CallerAccount": get_account_id(), "aws:ViaAWSService": "true",
                        "kms:EncryptionContext:aws:s3:arn": object_arn, "kms:EncryptionContextKeys": ["aws:s3:arn"]})


iam_evaluator.enforce = _enforce_with_key
