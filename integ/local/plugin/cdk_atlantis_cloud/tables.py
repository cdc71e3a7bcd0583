"""DynamoDB tables of CloudFormation: point-in-time recovery, encryption, deletion protection; of a global table, those of its replica."""
from ministack.core.responses import get_region
from ministack.services import dynamodb, kms
from ministack.services.cloudformation import provisioners

from .api import call
from .resources import amend, present, tags

_OF_A_REPLICA = ("PointInTimeRecoverySpecification", "DeletionProtectionEnabled", "SSESpecification", "Tags")


def _is(value):
    return str(value).lower() == "true"


def _settings(properties):
    """A global table says these of each replica; the encryption's type of the whole table."""
    replica = next((each for each in properties.get("Replicas") or [] if each["Region"] == get_region()), {})
    settings = {**{name: properties[name] for name in _OF_A_REPLICA if name in properties}, **{
        name: replica[name] for name in _OF_A_REPLICA if name in replica}}
    settings["SSESpecification"] = {**(properties.get("SSESpecification") or {}), **(replica.get("SSESpecification") or {})}
    return settings


def _encryption(specification):
    if not _is(specification.get("SSEEnabled")):
        return None
    key = kms._resolve_key(specification.get("KMSMasterKeyId"))
    return {"Status": "ENABLED", "SSEType": "KMS", **present(KMSMasterKeyArn=key["Arn"] if key else None)}


def _apply(physical_id, properties, attributes):
    settings, table = _settings(properties), dynamodb._tables[physical_id]
    table["DeletionProtectionEnabled"] = _is(settings.get("DeletionProtectionEnabled", False))
    table["SSEDescription"] = _encryption(settings["SSESpecification"])
    if settings.get("Tags"):
        dynamodb._tags[table["TableArn"]] = tags(settings)
    recovery = settings.get("PointInTimeRecoverySpecification") or {}
    call("dynamodb", "UpdateContinuousBackups", TableName=physical_id, PointInTimeRecoverySpecification={
        "PointInTimeRecoveryEnabled": _is(recovery.get("PointInTimeRecoveryEnabled", False)),
        **({"RecoveryPeriodInDays": int(recovery["RecoveryPeriodInDays"])} if recovery.get("RecoveryPeriodInDays") else {})})
    attributes.setdefault("Arn", table["TableArn"])
    attributes.setdefault("TableId", table["TableId"])


def _protect(resource_type):
    amend(resource_type, after=_apply)
    delete = provisioners._RESOURCE_HANDLERS[resource_type]["delete"]

    def delete_unprotected(physical_id, properties):
        """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html (deletion protection)"""
        if (dynamodb._tables.get(physical_id) or {}).get("DeletionProtectionEnabled"):
            raise ValueError("Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
        return delete(physical_id, properties)

    provisioners._RESOURCE_HANDLERS[resource_type]["delete"] = delete_unprotected


for _type in ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"):
    _protect(_type)
