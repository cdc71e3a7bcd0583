"""Resources of the network that ministack lacks."""
import pytest

from cloud import DeployFailed
from templates import allow, att, changed, ref, role


def network(common, **resources):
    return {"Resources": resources, "Outputs": {name: {"Value": ref(name)} for name in resources}}


def nat(common):
    return network(
        common, Address={"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc", "Tags": [{"Key": "Name", "Value": "one"}]}},
        Gateway={"Type": "AWS::EC2::NatGateway", "Properties": {
            "SubnetId": common["SubnetA"], "AllocationId": att("Address", "AllocationId"), "Tags": [{"Key": "Name", "Value": "one"}]}},
        Table={"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": common["Vpc"]}},
        Route={"Type": "AWS::EC2::Route", "Properties": {
            "RouteTableId": ref("Table"), "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": ref("Gateway")}})


def test_a_nat_gateway_has_its_address_and_its_route(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html"""
    stack = deploy(nat(common))
    ec2 = stack.cloud.client("ec2")
    gateway = ec2.describe_nat_gateways(NatGatewayIds=[stack.outputs["Gateway"]])["NatGateways"][0]
    assert gateway["SubnetId"] == common["SubnetA"]
    assert stack.outputs["Address"] in [address["PublicIp"] for address in ec2.describe_addresses()["Addresses"]]
    routes = ec2.describe_route_tables(RouteTableIds=[stack.outputs["Table"]])["RouteTables"][0]["Routes"]
    assert stack.outputs["Gateway"] in [route.get("NatGatewayId") for route in routes]


def test_tags_of_an_address_and_a_gateway_can_change(common, deploy):
    template = nat(common)
    stack = deploy(template)
    before = stack.outputs

    def retag(resources):
        for name in ("Address", "Gateway"):
            resources[name]["Properties"]["Tags"] = [{"Key": "Name", "Value": "two"}]

    stack.update(changed(template, retag))
    gateway = stack.cloud.client("ec2").describe_nat_gateways(NatGatewayIds=[before["Gateway"]])["NatGateways"][0]
    assert {tag["Key"]: tag["Value"] for tag in gateway["Tags"]}["Name"] == "two"
    assert stack.outputs == before


def test_a_deleted_stack_leaves_no_address_and_no_gateway(common, deploy):
    stack = deploy(nat(common))
    outputs = stack.outputs
    stack.delete()
    ec2 = stack.cloud.client("ec2")
    assert outputs["Address"] not in [address["PublicIp"] for address in ec2.describe_addresses()["Addresses"]]
    gateways = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [common["Vpc"]]}])["NatGateways"]
    assert outputs["Gateway"] not in [gateway["NatGatewayId"] for gateway in gateways if gateway["State"] == "available"]


def test_a_public_nat_gateway_needs_an_address(common, deploy):
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNatGateway.html (AllocationId)"""
    for allocation in ({}, {"AllocationId": "eipalloc-none"}):
        with pytest.raises(DeployFailed, match="InvalidAllocationID.NotFound"):
            deploy(network(common, Gateway={"Type": "AWS::EC2::NatGateway", "Properties": {"SubnetId": common["SubnetA"], **allocation}}))


def test_a_property_that_would_be_lost_is_refused(common, deploy):
    template = nat(common)
    template["Resources"]["Gateway"]["Properties"]["SecondaryPrivateIpAddressCount"] = 2
    with pytest.raises(DeployFailed, match="does not emulate SecondaryPrivateIpAddressCount"):
        deploy(template)


def rules(common, **more):
    return {
        "Server": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "server", "VpcId": common["Vpc"]}},
        "In": {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": {
            "GroupId": att("Server", "GroupId"), "IpProtocol": "tcp", "FromPort": 4141, "ToPort": 4141,
            "SourceSecurityGroupId": common["GroupId"], "Description": "from the load balancer", **more}},
        "Out": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": {
            "GroupId": att("Server", "GroupId"), "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "203.0.113.0/24"}}}


def permissions(stack, group):
    described = stack.cloud.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return ([(rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) for rule in described["IpPermissions"]],
            [(rule.get("FromPort"), rule["IpRanges"][0]["CidrIp"]) for rule in described["IpPermissionsEgress"]])


def test_rules_of_a_security_group_come_and_go_with_their_resources(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupingress.html"""
    resources = rules(common)
    template = {"Resources": resources, "Outputs": {"Server": {"Value": att("Server", "GroupId")}}}
    stack = deploy(template)
    group = stack.outputs["Server"]
    ingress, egress = permissions(stack, group)
    assert ingress == [(4141, common["GroupId"])]
    assert (443, "203.0.113.0/24") in egress
    stack.update({**template, "Resources": {"Server": resources["Server"]}})
    ingress, egress = permissions(stack, group)
    assert ingress == []
    assert (443, "203.0.113.0/24") not in egress


def test_a_changed_rule_replaces_the_old_one(common, deploy):
    template = {"Resources": rules(common), "Outputs": {"Server": {"Value": att("Server", "GroupId")}}}
    stack = deploy(template)
    stack.update(changed(template, lambda resources: resources["In"]["Properties"].update(FromPort=4242, ToPort=4242)))
    assert permissions(stack, stack.outputs["Server"])[0] == [(4242, common["GroupId"])]


def test_a_rule_from_a_prefix_list_is_refused(common, deploy):
    with pytest.raises(DeployFailed, match="does not emulate SourcePrefixListId"):
        deploy({"Resources": rules(common, SourcePrefixListId="pl-1")})


def test_a_flow_log_of_a_network_is_kept(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-flowlog.html"""
    template = network(
        common, Logs={"Type": "AWS::Logs::LogGroup"}, Role=role(allow("logs:*", "*"), service="vpc-flow-logs.amazonaws.com"),
        Flow={"Type": "AWS::EC2::FlowLog", "Properties": {
            "ResourceId": common["Vpc"], "ResourceType": "VPC", "TrafficType": "REJECT", "LogGroupName": ref("Logs"),
            "DeliverLogsPermissionArn": att("Role", "Arn"), "Tags": [{"Key": "Name", "Value": "flow"}]}})
    stack = deploy(template)
    ec2 = stack.cloud.client("ec2")
    flow = stack.outputs["Flow"]
    assert ec2.describe_flow_logs(FlowLogIds=[flow])["FlowLogs"][0]["TrafficType"] == "REJECT"
    stack.delete()
    assert flow not in [entry["FlowLogId"] for entry in ec2.describe_flow_logs()["FlowLogs"]]
    template["Resources"]["Flow"]["Properties"]["DestinationOptions"] = {"FileFormat": "parquet"}
    with pytest.raises(DeployFailed, match="does not emulate DestinationOptions"):
        deploy(template)


def test_a_network_tells_its_address_range(common):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html (return values)"""
    assert common["CidrBlock"] == "10.0.0.0/16"


def test_a_cluster_has_the_capacity_providers_that_were_associated(common, deploy):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ecs-clustercapacityproviderassociations.html"""
    def associations(*providers):
        return {"Resources": {"Cluster": {"Type": "AWS::ECS::Cluster"}, "Providers": {
            "Type": "AWS::ECS::ClusterCapacityProviderAssociations", "Properties": {
                "Cluster": ref("Cluster"), "CapacityProviders": list(providers),
                "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1, "Base": 1}]}}}}
    stack = deploy(associations("FARGATE", "FARGATE_SPOT"))
    cluster = stack.cloud.client("ecs").describe_clusters(clusters=[stack.physical_id("Cluster")])["clusters"][0]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
    assert cluster["defaultCapacityProviderStrategy"] == [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}]
    with pytest.raises(DeployFailed, match="FARGATE is not among the cluster's capacity providers"):
        deploy(associations("FARGATE_SPOT"))
