"""Attributes of a VPC that ministack's own handler leaves out."""
from .resources import amend


def _attributes(physical_id, properties, attributes):
    if properties.get("CidrBlock"):
        attributes.setdefault("CidrBlock", properties["CidrBlock"])
    attributes.setdefault("CidrBlockAssociations", [])
    attributes.setdefault("Ipv6CidrBlocks", [])


amend("AWS::EC2::VPC", after=_attributes)
