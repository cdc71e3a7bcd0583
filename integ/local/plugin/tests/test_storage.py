"""Buckets, tables, trails and composite alarms of CloudFormation."""
import json

import pytest

from cloud import DeployFailed
from people import policy, refusal, root, unique
from templates import att, ref


@pytest.fixture
def stack(enforced):
    """Deploys stacks that are deleted after the test."""
    made = []

    def deploy(resources, **outputs):
        made.append(enforced.deploy({"Resources": resources, "Outputs": {name: {"Value": value} for name, value in outputs.items()}}))
        return made[-1]

    yield deploy
    for each in reversed(made):
        each.delete()


def bucket(**properties):
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


VERSIONED = {"VersioningConfiguration": {"Status": "Enabled"}}


def test_a_bucket_has_what_its_template_says(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html"""
    made = stack({"Key": {"Type": "AWS::KMS::Key", "Properties": {}}, "Logs": bucket(), "Bucket": bucket(
        **VERSIONED, Tags=[{"Key": "a", "Value": "b"}], LoggingConfiguration={"DestinationBucketName": ref("Logs"), "LogFilePrefix": "s3/"},
        BucketEncryption={"ServerSideEncryptionConfiguration": [{"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": att("Key", "Arn")}}]},
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        LifecycleConfiguration={"Rules": [
            {"Id": "old", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 5},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
            {"Id": "locks", "Status": "Enabled", "TagFilters": [{"Key": "k", "Value": "v"}], "Prefix": "env:/", "ExpirationInDays": 1}]})},
        Bucket=ref("Bucket"), Logs=ref("Logs"), Key=att("Key", "Arn"))
    s3, name = root(enforced).client("s3"), {"Bucket": made.outputs["Bucket"]}
    rule = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made.outputs["Key"]}
    assert rule["BucketKeyEnabled"] is True
    rules = s3.get_bucket_lifecycle_configuration(**name)["Rules"]
    assert rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30, "NewerNoncurrentVersions": 5}
    assert rules[1]["Filter"]["And"]["Prefix"] == "env:/"
    assert s3.get_bucket_logging(**name)["LoggingEnabled"]["TargetBucket"] == made.outputs["Logs"]
    assert s3.get_bucket_ownership_controls(**name)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert {"Key": "a", "Value": "b"} in s3.get_bucket_tagging(**name)["TagSet"]
    made.update({"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {}}, "Logs": bucket(), "Bucket": bucket()}})
    assert s3.get_bucket_versioning(**name)["Status"] == "Suspended"
    assert refusal(s3.get_bucket_lifecycle_configuration, **name) == "NoSuchLifecycleConfiguration"
    assert "LoggingEnabled" not in s3.get_bucket_logging(**name)


def test_a_bucket_keeps_objects_locked(enforced, stack):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html"""
    made = stack({"Bucket": bucket(**VERSIONED, ObjectLockEnabled=True, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})}, Bucket=ref("Bucket"))
    s3, name = root(enforced).client("s3"), {"Bucket": made.outputs["Bucket"]}
    version = s3.put_object(**name, Key="a", Body=b"x")["VersionId"]
    assert refusal(s3.delete_object, **name, Key="a", VersionId=version) == "AccessDenied"
    assert refusal(s3.delete_object, **name, Key="a", VersionId=version, BypassGovernanceRetention=True) is None


def test_a_bucket_is_replicated_as_its_template_says(enforced, stack):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-example-walkthroughs.html"""
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": json.loads(policy(
        {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}))}}
    made = stack({"Role": role, "Replica": bucket(**VERSIONED), "Bucket": bucket(**VERSIONED, ReplicationConfiguration={
        "Role": att("Role", "Arn"), "Rules": [{"Id": "all", "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
                                               "DeleteMarkerReplication": {"Status": "Disabled"},
                                               "Destination": {"Bucket": att("Replica", "Arn")}}]})},
                 Bucket=ref("Bucket"), Replica=ref("Replica"))
    s3 = root(enforced).client("s3")
    found = s3.get_bucket_replication(Bucket=made.outputs["Bucket"])["ReplicationConfiguration"]["Rules"][0]
    assert found["Destination"]["Bucket"] == f"arn:aws:s3:::{made.outputs['Replica']}"


@pytest.mark.parametrize("left", ["object", "version"])
def test_a_bucket_with_objects_is_not_deleted(enforced, left):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html"""
    made = enforced.deploy({"Resources": {"Bucket": bucket(**VERSIONED)}, "Outputs": {"Bucket": {"Value": ref("Bucket")}}})
    s3, name = root(enforced).client("s3"), {"Bucket": made.outputs["Bucket"]}
    versions = [s3.put_object(**name, Key="a", Body=b"x")["VersionId"]]
    if left == "version":
        versions.append(s3.delete_object(**name, Key="a")["VersionId"])
    with pytest.raises(DeployFailed, match="is not empty"):
        made.delete()
    for version in versions:
        s3.delete_object(**name, Key="a", VersionId=version)
    made.delete()


def test_a_property_of_a_bucket_that_would_be_lost_is_refused(enforced):
    with pytest.raises(DeployFailed, match="does not emulate InventoryConfigurations"):
        enforced.deploy({"Resources": {"Bucket": bucket(InventoryConfigurations=[{"Id": "a"}])}})


TABLE = {"KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
         "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}]}
KEPT = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}, "DeletionProtectionEnabled": True}


@pytest.mark.parametrize("kind", ["Table", "GlobalTable"])
def test_a_protected_table_is_recoverable_and_not_deleted(enforced, kind):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-globaltable.html"""
    def template(**settings):
        properties = {**TABLE, **settings} if kind == "Table" else {
            **TABLE, "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"}, "Replicas": [{"Region": "us-east-1", **settings}]}
        table = {"Type": f"AWS::DynamoDB::{kind}", "Properties": properties}
        return {"Resources": {"Table": table}, "Outputs": {"T": {"Value": ref("Table")}}}

    made, dynamodb = enforced.deploy(template(**KEPT)), root(enforced).client("dynamodb")
    name = made.outputs["T"]
    assert dynamodb.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    if kind == "GlobalTable":
        assert dynamodb.describe_table(TableName=name)["Table"]["SSEDescription"]["Status"] == "ENABLED"
    with pytest.raises(DeployFailed, match="protected against deletion"):
        made.delete()
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    made.delete()
    free = enforced.deploy(template(**KEPT))
    free.update(template())
    free.delete()


TRAIL = {"S3BucketName": ref("Bucket"), "IsLogging": True, "IsMultiRegionTrail": True, "EnableLogFileValidation": True, "EventSelectors": [
    {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": [{"Fn::Join": ["", [att("Bucket", "Arn"), "/"]]}]}]}]}


def test_a_trail_logs_as_its_template_says(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html"""
    def resources(**more):
        return {"Bucket": bucket(), "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {**TRAIL, **more}}}

    made, cloudtrail = stack(resources(), Trail=ref("Trail"), Arn=att("Trail", "Arn")), root(enforced).client("cloudtrail")
    name = made.outputs["Trail"]
    assert made.outputs["Arn"].endswith(f":trail/{name}")
    assert cloudtrail.get_trail_status(Name=name)["IsLogging"] is True
    assert cloudtrail.get_trail(Name=name)["Trail"]["IsMultiRegionTrail"] is True
    made.update({"Resources": resources(IsLogging=False)})
    assert cloudtrail.get_trail_status(Name=name)["IsLogging"] is False


def test_a_property_of_a_trail_that_would_be_lost_is_refused(enforced):
    with pytest.raises(DeployFailed, match="does not emulate InsightSelectors"):
        enforced.deploy({"Resources": {"Bucket": bucket(), "Trail": {
            "Type": "AWS::CloudTrail::Trail", "Properties": {**TRAIL, "InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}}}})


def test_a_composite_alarm_has_its_rule(enforced, stack):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-compositealarm.html"""
    alarm = {"Type": "AWS::CloudWatch::Alarm", "Properties": {
        "AlarmName": unique("alarm"), "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}}
    rule = {"Fn::Join": ["", ["ALARM(\"", ref("Alarm"), "\")"]]}
    made = stack({"Alarm": alarm, "Both": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": rule}}}, Both=ref("Both"))
    found = root(enforced).client("cloudwatch").describe_alarms(AlarmNames=[made.outputs["Both"]], AlarmTypes=["CompositeAlarm"])
    assert alarm["Properties"]["AlarmName"] in found["CompositeAlarms"][0]["AlarmRule"]


def test_a_composite_alarm_without_an_alarm_is_refused(enforced):
    alarm = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": 'ALARM("none-of-this")'}}
    with pytest.raises(DeployFailed):
        enforced.deploy({"Resources": {"Both": alarm}})
