"""Addresses, NAT gateways, flow logs, and rules of security groups that are resources of their own."""
import uuid

from .api import call, forgiving
from .resources import known, present, resource, tags


def _tag_specifications(kind, properties):
    return [{"ResourceType": kind, "Tags": tags(properties)}] if properties.get("Tags") else []


def _retag(resource_id, old, new):
    gone = {tag["Key"] for tag in tags(old)} - {tag["Key"] for tag in tags(new)}
    if gone:
        call("ec2", "DeleteTags", Resources=[resource_id], Tags=[{"Key": key} for key in sorted(gone)])
    if tags(new):
        call("ec2", "CreateTags", Resources=[resource_id], Tags=tags(new))


def _create_address(logical_id, properties, stack_name):
    known("AWS::EC2::EIP", properties, "Domain", "Tags")
    address = call("ec2", "AllocateAddress", Domain=properties.get("Domain", "vpc"),
                   TagSpecifications=_tag_specifications("elastic-ip", properties))
    return address["PublicIp"], {"AllocationId": address["AllocationId"], "PublicIp": address["PublicIp"]}


def _address(public_ip):
    found = call("ec2", "DescribeAddresses").get("Addresses", [])
    return next((address for address in found if address["PublicIp"] == public_ip), None)


def _update_address(physical_id, old, new, stack_name, logical_id):
    known("AWS::EC2::EIP", new, "Domain", "Tags")
    allocation = _address(physical_id)["AllocationId"]
    _retag(allocation, old, new)
    return physical_id, {"AllocationId": allocation, "PublicIp": physical_id}


def _delete_address(physical_id, properties):
    address = _address(physical_id)
    if address:
        call("ec2", "ReleaseAddress", AllocationId=address["AllocationId"])


resource("AWS::EC2::EIP", create=_create_address, update=_update_address, delete=_delete_address, replace=("Domain",))


def _create_gateway(logical_id, properties, stack_name):
    known("AWS::EC2::NatGateway", properties, "SubnetId", "AllocationId", "ConnectivityType", "Tags")
    if properties.get("ConnectivityType", "public") == "public":
        allocations = [address["AllocationId"] for address in call("ec2", "DescribeAddresses").get("Addresses", [])]
        if properties.get("AllocationId") not in allocations:
            raise ValueError(f"InvalidAllocationID.NotFound: The allocation '{properties.get('AllocationId')}' does not exist")
    gateway = call("ec2", "CreateNatGateway", TagSpecifications=_tag_specifications("natgateway", properties), **present(
        SubnetId=properties["SubnetId"], AllocationId=properties.get("AllocationId"),
        ConnectivityType=properties.get("ConnectivityType")))["NatGateway"]
    return gateway["NatGatewayId"], {"NatGatewayId": gateway["NatGatewayId"]}


def _update_gateway(physical_id, old, new, stack_name, logical_id):
    _retag(physical_id, old, new)
    return physical_id, {"NatGatewayId": physical_id}


def _delete_gateway(physical_id, properties):
    with forgiving("NotFound"):
        call("ec2", "DeleteNatGateway", NatGatewayId=physical_id)


resource("AWS::EC2::NatGateway", create=_create_gateway, update=_update_gateway, delete=_delete_gateway,
         replace=("SubnetId", "AllocationId", "ConnectivityType"))

_FLOW_LOG = ("ResourceType", "TrafficType", "LogGroupName", "LogDestination", "LogDestinationType", "DeliverLogsPermissionArn",
             "LogFormat", "MaxAggregationInterval")


def _create_flow_log(logical_id, properties, stack_name):
    known("AWS::EC2::FlowLog", properties, "ResourceId", "Tags", *_FLOW_LOG)
    parameters = present(**{name: properties.get(name) for name in _FLOW_LOG})
    if "MaxAggregationInterval" in parameters:
        parameters["MaxAggregationInterval"] = int(parameters["MaxAggregationInterval"])
    created = call("ec2", "CreateFlowLogs", ResourceIds=[properties["ResourceId"]],
                   TagSpecifications=_tag_specifications("vpc-flow-log", properties), **parameters)
    return created["FlowLogIds"][0], {"Id": created["FlowLogIds"][0]}


def _update_flow_log(physical_id, old, new, stack_name, logical_id):
    _retag(physical_id, old, new)
    return physical_id, {"Id": physical_id}


def _delete_flow_log(physical_id, properties):
    with forgiving("NotFound"):
        call("ec2", "DeleteFlowLogs", FlowLogIds=[physical_id])


resource("AWS::EC2::FlowLog", create=_create_flow_log, update=_update_flow_log, delete=_delete_flow_log,
         replace=("ResourceId", *_FLOW_LOG))


def _permission(properties, peer):
    described = present(Description=properties.get("Description"))
    permission = {"IpProtocol": str(properties["IpProtocol"])}
    permission |= {key: int(properties[key]) for key in ("FromPort", "ToPort") if key in properties}
    if properties.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": properties["CidrIp"], **described}]
    if properties.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": properties["CidrIpv6"], **described}]
    if properties.get(peer):
        permission["UserIdGroupPairs"] = [{"GroupId": properties[peer], **described}]
    return [permission]


def _security_group_rule(direction, peer):
    resource_type = f"AWS::EC2::SecurityGroup{direction}"
    identity = ("GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", peer)

    def create(logical_id, properties, stack_name):
        known(resource_type, properties, "Description", *identity)
        answer = call("ec2", f"AuthorizeSecurityGroup{direction}", GroupId=properties["GroupId"],
                      IpPermissions=_permission(properties, peer))
        rules = answer.get("SecurityGroupRules") or [{}]
        rule = rules[0].get("SecurityGroupRuleId") or f"sgr-{uuid.uuid4().hex[:17]}"
        return rule, {"Id": rule}

    def delete(physical_id, properties):
        with forgiving("NotFound"):
            call("ec2", f"RevokeSecurityGroup{direction}", GroupId=properties["GroupId"],
                 IpPermissions=_permission(properties, peer))

    resource(resource_type, create=create, delete=delete, replace=("Description", *identity))


_security_group_rule("Ingress", "SourceSecurityGroupId")
_security_group_rule("Egress", "DestinationSecurityGroupId")
