"""S3 buckets of CloudFormation: the properties that ministack loses, put through S3's own API; a bucket with objects is not deleted."""
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from .api import call, forgiving
from .resources import amend, known, present, tags, to_api

TYPE = "AWS::S3::Bucket"
_STOCK = ("BucketName", "CorsConfiguration", "NotificationConfiguration", "PublicAccessBlockConfiguration", "WebsiteConfiguration")


def _encryption(bucket, value):
    rules = [present(ApplyServerSideEncryptionByDefault=rule.get("ServerSideEncryptionByDefault"),
                     BucketKeyEnabled=rule.get("BucketKeyEnabled")) for rule in value["ServerSideEncryptionConfiguration"]]
    asked = {"Bucket": bucket, "ServerSideEncryptionConfiguration": {"Rules": rules}}
    call("s3", "PutBucketEncryption", **to_api("s3", "PutBucketEncryption", asked))


def _filter(rule):
    conditions = present(Prefix=rule.get("Prefix"), ObjectSizeGreaterThan=rule.get("ObjectSizeGreaterThan"),
                         ObjectSizeLessThan=rule.get("ObjectSizeLessThan"))
    with_tags = rule.get("TagFilters") or []
    if len(conditions) + len(with_tags) > 1:
        return {"And": {**conditions, **present(Tags=with_tags)}}
    return {"Tag": with_tags[0]} if with_tags else conditions or {"Prefix": ""}


_LIFECYCLE = (
    "Id", "Status", "Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "TagFilters", "ExpirationInDays", "ExpirationDate",
    "ExpiredObjectDeleteMarker", "NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays", "AbortIncompleteMultipartUpload",
    "Transitions", "NoncurrentVersionTransitions",
)


def _lifecycle_rule(rule):
    known(f"{TYPE} lifecycle rule", rule, *_LIFECYCLE)
    noncurrent = rule.get("NoncurrentVersionExpiration") or present(NoncurrentDays=rule.get("NoncurrentVersionExpirationInDays"))
    return present(
        ID=rule.get("Id"), Status=rule["Status"], Filter=_filter(rule),
        Expiration=present(Days=rule.get("ExpirationInDays"), Date=rule.get("ExpirationDate"),
                           ExpiredObjectDeleteMarker=rule.get("ExpiredObjectDeleteMarker")),
        NoncurrentVersionExpiration=noncurrent, AbortIncompleteMultipartUpload=rule.get("AbortIncompleteMultipartUpload"),
        Transitions=[present(StorageClass=each["StorageClass"], Days=each.get("TransitionInDays"), Date=each.get("TransitionDate"))
                     for each in rule.get("Transitions") or []],
        NoncurrentVersionTransitions=[
            present(StorageClass=each["StorageClass"], NoncurrentDays=each["TransitionInDays"],
                    NewerNoncurrentVersions=each.get("NewerNoncurrentVersions"))
            for each in rule.get("NoncurrentVersionTransitions") or []])


def _lifecycle(bucket, value):
    asked = {"Bucket": bucket, "LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}}
    call("s3", "PutBucketLifecycleConfiguration", **to_api("s3", "PutBucketLifecycleConfiguration", asked))


def _replication(bucket, value):
    rules = [{("TagFilter" if key == "Tag" else key): part for key, part in rule.items()} for rule in value["Rules"]]
    asked = {"Bucket": bucket, "ReplicationConfiguration": {"Role": value["Role"], "Rules": rules}}
    call("s3", "PutBucketReplication", **to_api("s3", "PutBucketReplication", asked))


def _logging(bucket, value):
    known(f"{TYPE} LoggingConfiguration", value, "DestinationBucketName", "LogFilePrefix", "TargetObjectKeyFormat")
    enabled = {"TargetBucket": value.get("DestinationBucketName") or bucket, "TargetPrefix": value.get("LogFilePrefix") or "",
               **present(TargetObjectKeyFormat=value.get("TargetObjectKeyFormat"))}
    call("s3", "PutBucketLogging", Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": enabled})


def _object_lock(bucket, value):
    asked = {"Bucket": bucket, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **value}}
    call("s3", "PutObjectLockConfiguration", **to_api("s3", "PutObjectLockConfiguration", asked))


def _remove(operation):
    def remove(bucket):
        with forgiving("NotFound", "NoSuch"):
            call("s3", operation, Bucket=bucket)
    return remove


def _versioning(bucket, value):
    call("s3", "PutBucketVersioning", Bucket=bucket, VersioningConfiguration=value)


def _suspend(bucket):
    _versioning(bucket, {"Status": "Suspended"})


def _cannot(bucket):
    raise ValueError(f"{TYPE}: Object Lock of {bucket} cannot be taken away")


_APPLIED = {
    "VersioningConfiguration": (_versioning, _suspend),
    "ObjectLockEnabled": (lambda bucket, value: call(
        "s3", "PutObjectLockConfiguration", Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}), _cannot),
    "ObjectLockConfiguration": (_object_lock, _cannot),
    "BucketEncryption": (_encryption, _remove("DeleteBucketEncryption")),
    "LifecycleConfiguration": (_lifecycle, _remove("DeleteBucketLifecycle")),
    "OwnershipControls": (lambda bucket, value: call("s3", "PutBucketOwnershipControls", Bucket=bucket, OwnershipControls=value),
                          _remove("DeleteBucketOwnershipControls")),
    "LoggingConfiguration": (_logging, lambda bucket: call("s3", "PutBucketLogging", Bucket=bucket, BucketLoggingStatus={})),
    "ReplicationConfiguration": (_replication, _remove("DeleteBucketReplication")),
    "Tags": (lambda bucket, value: call("s3", "PutBucketTagging", Bucket=bucket, Tagging={"TagSet": tags({"Tags": value})}),
             _remove("DeleteBucketTagging")),
}
"""In this order: replication and Object Lock need versions."""

_applied_before = {}


_PRIVATE = (None, "Private", "LogDeliveryWrite", "BucketOwnerFullControl")


def _check(properties, physical_id):
    known(TYPE, properties, *_STOCK, *_APPLIED, "AccessControl")
    if properties.get("AccessControl") not in _PRIVATE:
        raise ValueError(f"{TYPE}: the local cloud does not emulate the AccessControl {properties['AccessControl']}")


def _apply(bucket, properties, attributes):
    before = _applied_before.get(bucket, {})
    for name, (put, remove) in _APPLIED.items():
        value = properties.get(name)
        if value in (None, [], {}, "false", False):
            if name in before:
                remove(bucket)
        elif value != before.get(name):
            put(bucket, value)
    _applied_before[bucket] = {name: properties[name] for name in _APPLIED if properties.get(name) not in (None, [], {}, "false", False)}


amend(TYPE, before=_check, after=_apply, after_delete=lambda bucket: _applied_before.pop(bucket, None))

_delete = provisioners._RESOURCE_HANDLERS[TYPE]["delete"]


def _delete_empty(bucket, properties):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html: all objects, versions and delete markers must be gone."""
    held = (s3._buckets.get(bucket) or {}).get("objects") or any(
        versions for (name, _), versions in s3._object_versions.items() if name == bucket)
    if held:
        raise ValueError("The bucket you tried to delete is not empty (Service: S3, Status Code: 409)")
    return _delete(bucket, properties)


provisioners._RESOURCE_HANDLERS[TYPE]["delete"] = _delete_empty
