"""Files of buckets in documents: the machine that the image is made on gets and puts them as its role.

https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-action-modules.html (S3Download, S3Upload)
"""

from ministack.services import iam

from .image_documents import document_of
from .image_roles import MACHINES, RoleRefused, require, role_of

_ACTIONS = {"S3Download": ("source", "s3:GetObject"), "S3Upload": ("destination", "s3:PutObject")}


def _addresses(data):
    """(action, address in S3) of each step; what a variable says is only known when it runs."""
    for phase in document_of(data)["phases"]:
        for step in phase["steps"]:
            side, action = _ACTIONS.get(step.get("action"), (None, None))
            for entry in (step.get("inputs") or []) if side else []:
                if entry[side].startswith("s3://") and "{{" not in entry[side]:
                    yield action, entry[side].removeprefix("s3://")


def check_role(profile_name, documents):
    """Raises RoleRefused where the role of the instance profile may not do what the documents do."""
    asked = [each for _, data, _ in documents for each in _addresses(data)]
    if not asked:
        return
    roles = (iam._instance_profiles.get(profile_name) or {}).get("Roles") or []
    if not roles:
        raise RoleRefused(f"The instance profile {profile_name} has no role.")
    role = role_of(roles[0], service=MACHINES)
    for action, address in asked:
        require(role, action, f"arn:aws:s3:::{address}")
