"""S3's condition keys of a request that ministack does not know, and what a request with KMS needs of its key."""
from ministack.core import iam_actions, iam_evaluator
from ministack.services import s3

_WRITE_HEADERS = (
    "if-match", "if-none-match", "x-amz-copy-source", "x-amz-storage-class", "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
)
_LOCK_HEADERS = {
    "x-amz-object-lock-mode": "s3:object-lock-mode", "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
}
TLS_VERSION = "1.3"


def _first(query, name):
    value = (query or {}).get(name)
    return (value[0] if value else None) if isinstance(value, list) else value


def _creates_object(query):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html: parts of an upload create none."""
    return "uploads" not in query and "partNumber" not in query


def _write_conditions(query, headers):
    context = {"s3:ObjectCreationOperation": str(_creates_object(query)).lower()}
    context.update({f"s3:{name}": headers[name] for name in _WRITE_HEADERS if headers.get(name)})
    context.update({key: headers[name] for name, key in _LOCK_HEADERS.items() if headers.get(name)})
    upload = s3._multipart_uploads.get(_first(query, "uploadId") or "")
    if upload:
        key_id = upload.get("preserved_headers", {}).get("x-amz-server-side-encryption-aws-kms-key-id")
        if key_id and upload.get("requested_sse"):
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = key_id
    return context


_service_context = iam_actions.s3_service_context


def _service_context_as_aws(iam_action, query, path="", headers=None):
    query, headers = query or {}, headers or {}
    context = _service_context(iam_action, query, path, headers)
    if iam_action == "s3:PutObject":
        context.update(_write_conditions(query, headers))
    if _first(query, "versionId"):
        context["s3:VersionId"] = _first(query, "versionId")
    if iam_evaluator._request_origin.get()[1]:
        context["s3:TlsVersion"] = TLS_VERSION
    return context


iam_actions.s3_service_context = _service_context_as_aws
