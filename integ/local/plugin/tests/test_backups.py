"""What a plan of AWS Backup takes backups of."""
import pytest

from cloud import DeployFailed
from templates import ref

TAG = {"ConditionType": "STRINGEQUALS", "ConditionKey": "data", "ConditionValue": "atlantis"}


def planned(selection):
    return {"Resources": {
        "Vault": {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": "volumes"}},
        "Plan": {"Type": "AWS::Backup::BackupPlan", "Properties": {"BackupPlan": {
            "BackupPlanName": "daily", "BackupPlanRule": [{"RuleName": "daily", "TargetBackupVault": ref("Vault")}]}}},
        "Selection": {"Type": "AWS::Backup::BackupSelection", "Properties": {"BackupPlanId": ref("Plan"), "BackupSelection": {
            "SelectionName": "volumes", "IamRoleArn": "arn:aws:iam::123456789012:role/backup", **selection}}}},
        "Outputs": {"Plan": {"Value": ref("Plan")}}}


def test_a_plan_selects_by_a_tag(deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-backup-backupselection.html"""
    stack = deploy(planned({"ListOfTags": [TAG]}))
    backup = stack.cloud.client("backup")
    listed = backup.list_backup_selections(BackupPlanId=stack.outputs["Plan"])["BackupSelectionsList"]
    assert [selection["SelectionName"] for selection in listed] == ["volumes"]
    found = backup.get_backup_selection(BackupPlanId=stack.outputs["Plan"], SelectionId=listed[0]["SelectionId"])
    assert found["BackupSelection"]["ListOfTags"] == [TAG]


def test_a_selection_that_backup_does_not_know_is_refused(deploy):
    with pytest.raises(DeployFailed, match="has no member for the property Volumes"):
        deploy(planned({"Volumes": ["vol-1"]}))
