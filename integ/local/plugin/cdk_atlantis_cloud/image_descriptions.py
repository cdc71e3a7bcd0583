"""DescribeImages: when an image was made, and all that was said of its volumes.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EbsBlockDevice.html
"""

from ministack.services import ec2

_FIELDS = {
    "SnapshotId": "snapshotId",
    "VolumeSize": "volumeSize",
    "VolumeType": "volumeType",
    "DeleteOnTermination": "deleteOnTermination",
    "Encrypted": "encrypted",
    "Iops": "iops",
    "Throughput": "throughput",
}

_stock_view = ec2._image_view
_stock_volumes = ec2._image_bdm_xml


def _view(image):
    return {**_stock_view(image), "CreationDate": image.get("CreationDate")}


def _volumes(view):
    made = f"<creationDate>{view['CreationDate']}</creationDate>" if view.get("CreationDate") else ""
    if view["RootDeviceType"] != "ebs" or not view["BlockDeviceMappings"]:
        return made + _stock_volumes(view)
    items = ""
    for mapping in view["BlockDeviceMappings"]:
        volume = {"DeleteOnTermination": "true", "Encrypted": "false", **(mapping.get("Ebs") or {})}
        fields = "".join(f"<{ours}>{volume[name]}</{ours}>" for name, ours in _FIELDS.items() if volume.get(name))
        items += f"<item><deviceName>{mapping['DeviceName']}</deviceName><ebs>{fields}</ebs></item>"
    return f"{made}<blockDeviceMapping>{items}</blockDeviceMapping>"


ec2._image_view = _view
ec2._image_bdm_xml = _volumes
