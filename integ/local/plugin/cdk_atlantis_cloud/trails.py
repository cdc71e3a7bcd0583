"""CloudTrail trails and CloudWatch's composite alarms."""
from .api import call, forgiving
from .resources import known, parameters_of, physical_name, present, resource, tags, to_api

TRAIL = "AWS::CloudTrail::Trail"
_SELECTORS = ("EventSelectors", "AdvancedEventSelectors")
_NAMES = {"S3BucketName": "S3BucketName", "KMSKeyId": "KmsKeyId"}


def _parameters(name, properties, operation):
    known(TRAIL, properties, "TrailName", "IsLogging", "Tags", *_SELECTORS, *_TRAIL_PROPERTIES)
    asked = {_NAMES.get(key, key): value for key, value in properties.items() if key in _TRAIL_PROPERTIES}
    if operation == "CreateTrail" and tags(properties):
        asked["TagsList"] = tags(properties)
    return to_api("cloudtrail", operation, {"Name": name, **asked})


_TRAIL_PROPERTIES = (
    "S3BucketName", "S3KeyPrefix", "SnsTopicName", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "EnableLogFileValidation",
    "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KMSKeyId", "IsOrganizationTrail",
)


def _settle(name, properties, answer):
    for selectors in _SELECTORS:
        if properties.get(selectors):
            call("cloudtrail", "PutEventSelectors", **to_api("cloudtrail", "PutEventSelectors", {
                "TrailName": name, selectors: properties[selectors]}))
    logging = str(properties.get("IsLogging")).lower() == "true"
    call("cloudtrail", "StartLogging" if logging else "StopLogging", Name=name)
    return name, {"Arn": answer["TrailARN"], "SnsTopicArn": answer.get("SnsTopicARN", "")}


def _create(logical_id, properties, stack_name):
    name = properties.get("TrailName") or physical_name(stack_name, logical_id, max_len=128)
    return _settle(name, properties, call("cloudtrail", "CreateTrail", **_parameters(name, properties, "CreateTrail")))


def _update(physical_id, old, new, stack_name, logical_id):
    return _settle(physical_id, new, call("cloudtrail", "UpdateTrail", **_parameters(physical_id, new, "UpdateTrail")))


def _delete(physical_id, properties):
    with forgiving("TrailNotFound"):
        call("cloudtrail", "DeleteTrail", Name=physical_id)


resource(TRAIL, create=_create, update=_update, delete=_delete, replace=("TrailName",))

ALARM = "AWS::CloudWatch::CompositeAlarm"


def _put_alarm(name, properties):
    known(ALARM, properties, *(key for key in properties if key.lower() in parameters_of("cloudwatch", "PutCompositeAlarm")))
    call("cloudwatch", "PutCompositeAlarm", **to_api("cloudwatch", "PutCompositeAlarm", {**properties, "AlarmName": name}))
    found = call("cloudwatch", "DescribeAlarms", AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return name, {"Arn": found[0]["AlarmArn"]}


def _delete_alarm(physical_id, properties):
    with forgiving("NotFound"):
        call("cloudwatch", "DeleteAlarms", AlarmNames=[physical_id])


resource(ALARM, replace=("AlarmName",), delete=_delete_alarm,
         create=lambda logical_id, properties, stack_name: _put_alarm(
             properties.get("AlarmName") or physical_name(stack_name, logical_id, max_len=255), properties),
         update=lambda physical_id, old, new, stack_name, logical_id: _put_alarm(physical_id, new))
