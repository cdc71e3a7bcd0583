"""What a plan of AWS Backup takes backups of."""
from .api import call, forgiving
from .resources import known, resource, to_api

SELECTION = "AWS::Backup::BackupSelection"


def _create(logical_id, properties, stack_name):
    known(SELECTION, properties, "BackupPlanId", "BackupSelection")
    answer = call("backup", "CreateBackupSelection", **to_api("backup", "CreateBackupSelection", properties))
    plan, selection = answer["BackupPlanId"], answer["SelectionId"]
    return f"{selection}|{plan}", {"Id": f"{selection}|{plan}", "SelectionId": selection, "BackupPlanId": plan}


def _delete(physical_id, properties):
    selection, _, plan = physical_id.partition("|")
    with forgiving("ResourceNotFound"):
        call("backup", "DeleteBackupSelection", BackupPlanId=plan, SelectionId=selection)


resource(SELECTION, create=_create, delete=_delete, replace=("BackupPlanId", "BackupSelection"))
