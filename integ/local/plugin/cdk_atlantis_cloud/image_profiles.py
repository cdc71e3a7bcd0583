"""Instance profiles: Ref is the name, as on AWS, and the role must exist.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html
"""

from .api import call, forgiving
from .resources import known, physical_name, present, resource

TYPE = "AWS::IAM::InstanceProfile"


def _arn(name):
    return call("iam", "GetInstanceProfile", InstanceProfileName=name)["InstanceProfile"]["Arn"]


def _reconcile(name, old, new):
    was, is_now = set(old.get("Roles") or []), set(new.get("Roles") or [])
    for role in sorted(was - is_now):
        with forgiving("NoSuchEntity"):
            call("iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=name, RoleName=role)
    for role in sorted(is_now - was):
        call("iam", "GetRole", RoleName=role)
        call("iam", "AddRoleToInstanceProfile", InstanceProfileName=name, RoleName=role)
    return name, {"Arn": _arn(name)}


def _create(logical_id, properties, stack_name):
    known(TYPE, properties, "InstanceProfileName", "Path", "Roles")
    name = properties.get("InstanceProfileName") or physical_name(stack_name, logical_id, max_len=128)
    call("iam", "CreateInstanceProfile", **present(InstanceProfileName=name, Path=properties.get("Path")))
    return _reconcile(name, {}, properties)


def _update(physical_id, old, new, stack_name, logical_id):
    known(TYPE, new, "InstanceProfileName", "Path", "Roles")
    return _reconcile(physical_id, old, new)


def _delete(physical_id, properties):
    with forgiving("NoSuchEntity"):
        _reconcile(physical_id, properties, {})
        call("iam", "DeleteInstanceProfile", InstanceProfileName=physical_id)


resource(TYPE, create=_create, update=_update, delete=_delete, replace=("InstanceProfileName", "Path"))
