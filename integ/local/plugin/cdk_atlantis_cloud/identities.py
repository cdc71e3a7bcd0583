"""IAM's groups, memberships, OIDC providers, inline policies as resources; a role's boundary, and what keeps a role from being deleted."""
import json

from ministack.core.responses import get_account_id
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from .api import call, forgiving
from .resources import amend, known, physical_name, present, resource, tags

GONE = "NoSuchEntity"


def _document(value):
    return value if isinstance(value, str) else json.dumps(value)


class _Group:
    TYPE = "AWS::IAM::Group"

    @staticmethod
    def _inline(properties):
        return {policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in properties.get("Policies") or []}

    @classmethod
    def _reconcile(cls, name, old, new):
        was, is_now = set(old.get("ManagedPolicyArns") or []), set(new.get("ManagedPolicyArns") or [])
        for arn in sorted(was - is_now):
            call("iam", "DetachGroupPolicy", GroupName=name, PolicyArn=arn)
        for arn in sorted(is_now - was):
            call("iam", "AttachGroupPolicy", GroupName=name, PolicyArn=arn)
        for policy in cls._inline(old).keys() - cls._inline(new).keys():
            call("iam", "DeleteGroupPolicy", GroupName=name, PolicyName=policy)
        for policy, document in cls._inline(new).items():
            call("iam", "PutGroupPolicy", GroupName=name, PolicyName=policy, PolicyDocument=document)
        return name, {"Arn": iam._groups[name]["Arn"]}

    @classmethod
    def create(cls, logical_id, properties, stack_name):
        known(cls.TYPE, properties, "GroupName", "Path", "ManagedPolicyArns", "Policies")
        name = properties.get("GroupName") or physical_name(stack_name, logical_id, max_len=128)
        call("iam", "CreateGroup", **present(GroupName=name, Path=properties.get("Path")))
        return cls._reconcile(name, {}, properties)

    @classmethod
    def update(cls, physical_id, old, new, stack_name, logical_id):
        known(cls.TYPE, new, "GroupName", "Path", "ManagedPolicyArns", "Policies")
        if (old.get("Path") or "/") != (new.get("Path") or "/"):
            path, group = new.get("Path") or "/", iam._groups[physical_id]
            group.update(Path=path, Arn=f"arn:aws:iam::{get_account_id()}:group{path}{physical_id}")
        return cls._reconcile(physical_id, old, new)

    @classmethod
    def delete(cls, physical_id, properties):
        with forgiving(GONE):
            cls._reconcile(physical_id, properties, {})
            call("iam", "DeleteGroup", GroupName=physical_id)


resource(_Group.TYPE, create=_Group.create, update=_Group.update, delete=_Group.delete, replace=("GroupName",))


class _Membership:
    TYPE = "AWS::IAM::UserToGroupAddition"

    @staticmethod
    def _reconcile(group, was, is_now):
        for user in sorted(set(was) - set(is_now)):
            with forgiving(GONE):
                call("iam", "RemoveUserFromGroup", GroupName=group, UserName=user)
        for user in sorted(set(is_now) - set(was)):
            call("iam", "AddUserToGroup", GroupName=group, UserName=user)

    @classmethod
    def create(cls, logical_id, properties, stack_name):
        known(cls.TYPE, properties, "GroupName", "Users")
        cls._reconcile(properties["GroupName"], [], properties["Users"])
        return physical_name(stack_name, logical_id), {}

    @classmethod
    def update(cls, physical_id, old, new, stack_name, logical_id):
        if old["GroupName"] != new["GroupName"]:
            cls._reconcile(old["GroupName"], old["Users"], [])
            old = {"Users": []}
        cls._reconcile(new["GroupName"], old["Users"], new["Users"])
        return physical_id, {}

    @classmethod
    def delete(cls, physical_id, properties):
        cls._reconcile(properties["GroupName"], properties["Users"], [])


resource(_Membership.TYPE, create=_Membership.create, update=_Membership.update, delete=_Membership.delete)


class _Provider:
    TYPE = "AWS::IAM::OIDCProvider"

    @classmethod
    def create(cls, logical_id, properties, stack_name):
        known(cls.TYPE, properties, "Url", "ClientIdList", "ThumbprintList", "Tags")
        arn = call("iam", "CreateOpenIDConnectProvider", Url=properties["Url"], **present(
            ClientIDList=properties.get("ClientIdList"), ThumbprintList=properties.get("ThumbprintList"), Tags=tags(properties)))
        return arn["OpenIDConnectProviderArn"], {"Arn": arn["OpenIDConnectProviderArn"]}

    @staticmethod
    def update(physical_id, old, new, stack_name, logical_id):
        iam._oidc_providers[physical_id]["ClientIDList"] = list(new.get("ClientIdList") or [])
        if new.get("ThumbprintList") and old.get("ThumbprintList") != new["ThumbprintList"]:
            call("iam", "UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=physical_id, ThumbprintList=new["ThumbprintList"])
        return physical_id, {"Arn": physical_id}

    @staticmethod
    def delete(physical_id, properties):
        with forgiving(GONE):
            call("iam", "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=physical_id)


resource(_Provider.TYPE, create=_Provider.create, update=_Provider.update, delete=_Provider.delete, replace=("Url",))


def _inline_policy(owner):
    """AWS::IAM::RolePolicy and its likes: one inline policy of one role, user or group."""
    resource_type, name_of_owner = f"AWS::IAM::{owner}Policy", f"{owner}Name"

    def put(properties):
        known(resource_type, properties, name_of_owner, "PolicyName", "PolicyDocument")
        call("iam", f"Put{owner}Policy", **{name_of_owner: properties[name_of_owner]}, PolicyName=properties["PolicyName"],
             PolicyDocument=_document(properties["PolicyDocument"]))
        return f"{properties['PolicyName']}|{properties[name_of_owner]}", {}

    def delete(physical_id, properties):
        with forgiving(GONE):
            call("iam", f"Delete{owner}Policy", **{name_of_owner: properties[name_of_owner]}, PolicyName=properties["PolicyName"])

    resource(resource_type, create=lambda logical_id, properties, stack_name: put(properties),
             update=lambda physical_id, old, new, stack_name, logical_id: put(new), delete=delete, replace=("PolicyName", name_of_owner))


for _owner in ("Role", "User", "Group"):
    _inline_policy(_owner)


def _boundary(physical_id, properties, attributes):
    """The stock handler loses it."""
    boundary = properties.get("PermissionsBoundary")
    if boundary:
        call("iam", "PutRolePermissionsBoundary", RoleName=physical_id, PermissionsBoundary=boundary)
    elif iam._roles[physical_id].get("PermissionsBoundary"):
        call("iam", "DeleteRolePermissionsBoundary", RoleName=physical_id)


amend("AWS::IAM::Role", after=_boundary)

_delete_role = provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]["delete"]


def _delete_role_as_aws(physical_id, properties):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html: what others gave the role keeps it."""
    role = iam._roles.get(physical_id)
    if role:
        own = {policy["PolicyName"] for policy in properties.get("Policies") or []}
        if set(role.get("InlinePolicies") or {}) - own:
            raise ValueError("Cannot delete entity, must delete policies first. (Service: Iam, Status Code: 409)")
        if set(role.get("AttachedPolicies") or []) - set(properties.get("ManagedPolicyArns") or []):
            raise ValueError("Cannot delete entity, must detach all policies first. (Service: Iam, Status Code: 409)")
    return _delete_role(physical_id, properties)


provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"]["delete"] = _delete_role_as_aws
