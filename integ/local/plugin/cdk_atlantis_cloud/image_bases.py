"""The publishers' images: their public parameters, and what EC2 tells of the images that they name."""

import re
from dataclasses import dataclass

import ministack.app as app
from ministack.core.responses import get_region
from ministack.services import ec2, ssm

from .image_store import find, is_managed
from .image_wire import invalid


@dataclass(frozen=True)
class Base:
    """A publisher's image. `root` names the root file system that stands for it, None where there is none here."""

    image_id: str
    parameter: str
    name: str
    architecture: str
    owner: str
    root_device: str
    root: str | None
    volume_gigabytes: int


def _bases():
    for architecture, debian, tail in (("x86_64", "amd64", "1"), ("arm64", "arm64", "2")):
        yield Base(
            f"ami-0deb120000000000{tail}",
            f"/aws/service/debian/release/12/latest/{debian}",
            f"debian-12-{debian}-20260101-1",
            architecture,
            "136693071363",
            "/dev/xvda",
            "debian-12",
            8,
        )
        yield Base(
            f"ami-0cab240400000000{tail}",
            f"/aws/service/canonical/ubuntu/server/24.04/stable/current/{debian}/hvm/ebs-gp3/ami-id",
            f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{debian}-server-20260101",
            architecture,
            "099720109477",
            "/dev/sda1",
            "ubuntu-24.04",
            8,
        )
        yield Base(
            f"ami-0a12023000000000{tail}",
            f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}",
            f"al2023-ami-2023.9.20260101.0-kernel-6.1-{architecture}",
            architecture,
            "137112412989",
            "/dev/xvda",
            None,
            8,
        )


BASES = tuple(_bases())
_BY_ID = {base.image_id: base for base in BASES}

ssm._PUBLIC_AMI_PARAMETERS.update({base.parameter: base.image_id for base in BASES})


def _publish():
    """The images are in every region, and everyone's."""
    for base in BASES:
        if not ec2._images.contains_scoped(base.owner, get_region(), base.image_id):
            ec2._images.set_scoped(
                base.owner,
                get_region(),
                base.image_id,
                {
                    "ImageId": base.image_id,
                    "Name": base.name,
                    "ImageLocation": "",
                    "Description": base.name,
                    "Architecture": base.architecture,
                    "RootDeviceType": "ebs",
                    "RootDeviceName": base.root_device,
                    "BlockDeviceMappings": [
                        {"DeviceName": base.root_device, "Ebs": {"VolumeSize": str(base.volume_gigabytes), "VolumeType": "gp3"}}
                    ],
                    "VirtualizationType": "hvm",
                    "CreationDate": "2026-01-01T00:00:00Z",
                    "OwnerId": base.owner,
                    "LaunchPermissions": [{"Group": "all"}],
                },
            )


_handle_ec2 = app.SERVICE_HANDLERS["ec2"]


async def _handle(method, path, headers, body, query):
    _publish()
    return await _handle_ec2(method, path, headers, body, query)


app.SERVICE_HANDLERS["ec2"] = _handle


@dataclass(frozen=True)
class Parent:
    """What a recipe builds on."""

    image_id: str
    architecture: str
    root_device: str
    root: str | None
    what: str


def _of_ami(image_id, what):
    if base := _BY_ID.get(image_id):
        return Parent(image_id, base.architecture, base.root_device, base.root, what)
    own = ec2._images.get(image_id)
    if own is None:
        raise invalid(f"The value supplied for parameter 'parentImage' is not valid. The AMI {image_id} does not exist.")
    return Parent(image_id, own["Architecture"], own["RootDeviceName"], None, what)


def base_of_parent(parent):
    """An AMI's id, ssm: and a parameter, or an ARN of Image Builder.

    https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateImageRecipe.html (parentImage)
    """
    if parent.startswith("ssm:"):
        name = parent[len("ssm:") :]
        value = ssm.resolve_parameter_value(name)
        if value is None:
            raise invalid(f"The value supplied for parameter 'parentImage' is not valid. The parameter {name} does not exist.")
        return _of_ami(value, parent)
    if re.fullmatch(r"ami-[0-9a-f]{8,17}", parent):
        return _of_ami(parent, parent)
    if parent.startswith("arn:") and ":imagebuilder:" in parent:
        if is_managed(parent):
            return Parent("", "arm64" if "arm64" in parent else "x86_64", "/dev/xvda", None, parent)
        image = find(parent)
        amis = ((image or {}).get("outputResources") or {}).get("amis") or []
        if not amis:
            raise invalid(f"The value supplied for parameter 'parentImage' is not valid. There is no AMI of the image {parent}.")
        return _of_ami(amis[0]["image"], parent)
    raise invalid(f"The value supplied for parameter 'parentImage' is not valid: {parent}")
