"""CloudFormation's types of EC2 Image Builder: what they take, what they refuse, and what Ref and GetAtt give."""

import json

import pytest

from cloud import DeployFailed
from image_templates import bash, component, distribution, document, execution_role, infrastructure, pipeline, template, unique
from people import ACCOUNT
from templates import att, changed, ref

ARN = f"arn:aws:imagebuilder:us-east-1:{ACCOUNT}"


def everything(name):
    """One resource of each type, but an image."""
    made = pipeline(
        name,
        template(name, parameter=f"/imagebuilder/{name}/candidate"),
        Schedule={
            "ScheduleExpression": "cron(0 3 ? * sun *)",
            "PipelineExecutionStartCondition": "EXPRESSION_MATCH_AND_DEPENDENCY_UPDATES_AVAILABLE",
            "AutoDisablePolicy": {"FailureCount": 3},
        },
        ImageTags={"made": "by us"},
    )
    made["Resources"]["Keeper"] = execution_role()
    made["Resources"]["Lifecycle"] = {
        "Type": "AWS::ImageBuilder::LifecyclePolicy",
        "Properties": {
            "Name": name,
            "ExecutionRole": att("Keeper", "Arn"),
            "ResourceType": "AMI_IMAGE",
            "Status": "ENABLED",
            "ResourceSelection": {"Recipes": [{"Name": name, "SemanticVersion": "1.x.x"}]},
            "PolicyDetails": [
                {
                    "Action": {"Type": "DELETE", "IncludeResources": {"Amis": True, "Snapshots": True}},
                    "Filter": {"Type": "COUNT", "Value": 3},
                    "ExclusionRules": {"Amis": {"LastLaunched": {"Value": 30, "Unit": "DAYS"}, "TagMap": {"in-use": "true"}}},
                }
            ],
        },
    }
    made["Resources"]["Workflow"] = {
        "Type": "AWS::ImageBuilder::Workflow",
        "Properties": {
            "Name": name,
            "Version": "1.0.0",
            "Type": "TEST",
            "Data": json.dumps(
                {
                    "name": name,
                    "schemaVersion": 1.0,
                    "steps": [{"name": "Gate", "action": "ExecuteStateMachine", "inputs": {"stateMachineArn": "arn"}}],
                }
            ),
        },
    }
    made["Outputs"].update(
        {key: {"Value": ref(key)} for key in ("Lifecycle", "Workflow")},
        **{
            f"{key}{name}": {"Value": att(key, attribute)}
            for key, name, attribute in (
                ("Component", "Type", "Type"),
                ("Component", "Name", "Name"),
                ("Component", "Minor", "LatestVersion.Minor"),
                ("Recipe", "Major", "LatestVersion.Major"),
                ("Recipe", "Latest", "LatestVersion.Arn"),
                ("Pipeline", "Deployment", "DeploymentId"),
                ("Infrastructure", "Arn", "Arn"),
                ("Workflow", "Patch", "LatestVersion.Patch"),
            )
        },
    )
    return made


def test_each_type_has_its_arn_and_its_attributes(builder, stacks):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ImageBuilder.html (return values)"""
    name = unique()
    outputs = stacks(everything(name)).outputs
    assert {
        key: outputs[key] for key in ("Component", "Recipe", "Infrastructure", "Distribution", "Pipeline", "Lifecycle", "Workflow")
    } == {
        "Component": f"{ARN}:component/{name}/1.0.0/1",
        "Recipe": f"{ARN}:image-recipe/{name}/1.0.0",
        "Infrastructure": f"{ARN}:infrastructure-configuration/{name}",
        "Distribution": f"{ARN}:distribution-configuration/{name}",
        "Pipeline": f"{ARN}:image-pipeline/{name}",
        "Lifecycle": f"{ARN}:lifecycle-policy/{name}",
        "Workflow": f"{ARN}:workflow/test/{name}/1.0.0/1",
    }
    assert (outputs["ComponentType"], outputs["ComponentName"]) == ("BUILD", name)
    assert outputs["ComponentMinor"] == f"{ARN}:component/{name}/1.0.x"
    assert (outputs["RecipeMajor"], outputs["RecipeLatest"]) == (f"{ARN}:image-recipe/{name}/1.x.x", f"{ARN}:image-recipe/{name}/x.x.x")
    assert outputs["WorkflowPatch"] == f"{ARN}:workflow/test/{name}/1.0.0"
    assert outputs["InfrastructureArn"] == outputs["Infrastructure"]
    assert outputs["PipelineDeployment"]


def test_what_was_deployed_is_what_the_service_has(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_GetImagePipeline.html and its likes"""
    name, service = unique(), builder.client("imagebuilder")
    outputs = stacks(everything(name)).outputs
    found = service.get_image_pipeline(imagePipelineArn=outputs["Pipeline"])["imagePipeline"]
    assert (found["imageRecipeArn"], found["status"], found["imageTags"]) == (outputs["Recipe"], "ENABLED", {"made": "by us"})
    assert found["schedule"]["autoDisablePolicy"] == {"failureCount": 3}
    read = service.get_component(componentBuildVersionArn=f"{ARN}:component/{name}/x.x.x")["component"]
    assert (read["arn"], read["platform"], json.loads(read["data"])["schemaVersion"]) == (outputs["Component"], "Linux", "1.0")
    assert service.get_image_recipe(imageRecipeArn=outputs["Recipe"])["imageRecipe"]["components"] == [
        {"componentArn": outputs["Component"]}
    ]
    spread = service.get_distribution_configuration(distributionConfigurationArn=outputs["Distribution"])["distributionConfiguration"]
    assert spread["distributions"][0]["ssmParameterConfigurations"][0]["dataType"] == "aws:ec2:image"
    policy = service.get_lifecycle_policy(lifecyclePolicyArn=outputs["Lifecycle"])["lifecyclePolicy"]
    assert policy["policyDetails"][0]["exclusionRules"]["amis"]["lastLaunched"] == {"value": 30, "unit": "DAYS"}
    assert outputs["Workflow"] in [each["arn"] for each in service.list_workflows()["workflowVersionList"]]


def test_a_deleted_stack_leaves_nothing(builder):
    name, service = unique(), builder.client("imagebuilder")
    stack = builder.deploy(everything(name))
    outputs = stack.outputs
    stack.delete()
    with pytest.raises(service.exceptions.ResourceNotFoundException):
        service.get_image_pipeline(imagePipelineArn=outputs["Pipeline"])
    assert outputs["Component"] not in [each["arn"] for each in service.list_components()["componentVersionList"]]


def test_configurations_and_tags_change_in_place(builder, stacks):
    name, service = unique(), builder.client("imagebuilder")
    made = everything(name)
    stack = stacks(made)
    before = stack.outputs

    def change(resources):
        resources["Infrastructure"]["Properties"].update(InstanceTypes=["t4g.large"])
        resources["Pipeline"]["Properties"].update(Status="DISABLED")
        resources["Component"]["Properties"]["Tags"] = {"level": "common"}

    stack.update(changed(made, change))
    assert stack.outputs["Infrastructure"] == before["Infrastructure"]
    found = service.get_infrastructure_configuration(infrastructureConfigurationArn=before["Infrastructure"])["infrastructureConfiguration"]
    assert found["instanceTypes"] == ["t4g.large"]
    assert service.get_image_pipeline(imagePipelineArn=before["Pipeline"])["imagePipeline"]["status"] == "DISABLED"
    assert service.list_tags_for_resource(resourceArn=before["Component"])["tags"] == {"level": "common"}
    assert stack.outputs["PipelineDeployment"] != before["PipelineDeployment"]


def test_a_new_version_takes_the_place_of_the_old_one(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/ibhow-semantic-versioning.html"""
    name = unique()
    made = template(name)
    made["Resources"]["Recipe"]["Properties"]["Version"] = "1.0.x"
    stack = stacks(made)
    assert stack.outputs["Recipe"].endswith("/1.0.0")

    def change(resources):
        resources["Component"]["Properties"].update(Version="1.0.1", Data=document([bash("Write", "echo other > /etc/ours")]))

    stack.update(changed(made, change))
    assert stack.outputs["Component"].endswith("/1.0.1/1")
    assert stack.outputs["Recipe"].endswith("/1.0.1")


def test_a_version_that_exists_is_never_made_again(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html (ResourceAlreadyExistsException)"""
    name = unique()
    made = template(name)
    stack = stacks(made)
    other = document([bash("Write", "echo other > /etc/ours")])
    with pytest.raises(DeployFailed, match=f"The following resource 'Component' already exists: '{ARN}:component/{name}/1.0.0/1'"):
        stack.update(changed(made, lambda resources: resources["Component"]["Properties"].update(Data=other)))
    with pytest.raises(DeployFailed, match="The following resource 'ImageRecipe' already exists"):
        stack.update(changed(made, lambda resources: resources["Recipe"]["Properties"].update(WorkingDirectory="/var/tmp")))


def test_what_is_used_is_not_deleted(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DeleteComponent.html (ResourceDependencyException)"""
    name, service = unique(), builder.client("imagebuilder")
    outputs = stacks(everything(name)).outputs
    for delete, argument, key in (
        ("component", "componentBuildVersionArn", "Component"),
        ("image_recipe", "imageRecipeArn", "Recipe"),
        ("infrastructure_configuration", "infrastructureConfigurationArn", "Infrastructure"),
    ):
        with pytest.raises(service.exceptions.ResourceDependencyException):
            getattr(service, f"delete_{delete}")(**{argument: outputs[key]})


DATA = {
    "is not JSON": ("{", "local cloud reads documents that are JSON|not valid"),
    "has another schema": (json.dumps({"schemaVersion": "2.0", "phases": []}), "schemaVersion 1.0"),
    "has no phases": (json.dumps({"schemaVersion": "1.0"}), "A document has phases"),
    "has a phase that there is not": (
        json.dumps({"schemaVersion": "1.0", "phases": [{"name": "deploy", "steps": [bash("a", "b")]}]}),
        "phases of a document are build, validate, test",
    ),
    "has a step without a name": (
        json.dumps({"schemaVersion": "1.0", "phases": [{"name": "build", "steps": [{"action": "ExecuteBash"}]}]}),
        "no name or no action",
    ),
    "is too long": (document([bash("Long", "#" * 16000)]), "data must have a length from 1 to 16000"),
}


@pytest.mark.parametrize("kind", DATA)
def test_a_document_that_is_none_is_refused(builder, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html, API_CreateComponent (data: 16,000 characters)"""
    data, problem = DATA[kind]
    with pytest.raises(DeployFailed, match=problem):
        builder.deploy({"Resources": {"Component": component(unique(), data)}})


REFUSED = {
    "twenty-one components": (
        lambda resources: resources["Recipe"]["Properties"].update(Components=[{"ComponentArn": ref("Component")}] * 21),
        "at most 20 components",
    ),
    "a component that does not exist": (
        lambda resources: resources["Recipe"]["Properties"].update(Components=[{"ComponentArn": f"{ARN}:component/none/1.0.0"}]),
        "does not exist",
    ),
    "a parameter that it does not have": (
        lambda resources: resources["Recipe"]["Properties"].update(
            Components=[{"ComponentArn": ref("Component"), "Parameters": [{"Name": "level", "Value": ["a"]}]}]
        ),
        "has no parameter 'level'",
    ),
    "no build component": (
        lambda resources: resources["Component"]["Properties"].update(Data=document(test=[bash("Boot", "true")])),
        "at least one build component",
    ),
    "a parent parameter that does not exist": (
        lambda resources: resources["Recipe"]["Properties"].update(ParentImage="ssm:/none"),
        "The parameter /none does not exist",
    ),
    "a parent image that does not exist": (
        lambda resources: resources["Recipe"]["Properties"].update(ParentImage="ami-0123456789abcdef1"),
        "The AMI ami-0123456789abcdef1 does not",
    ),
    "a parent of no known form": (
        lambda resources: resources["Recipe"]["Properties"].update(ParentImage="debian"),
        "'parentImage' is not valid",
    ),
    "a profile that does not exist": (
        lambda resources: resources["Infrastructure"]["Properties"].update(InstanceProfileName="none"),
        "instance profile does not exist",
    ),
    "a subnet that does not exist": (
        lambda resources: resources["Infrastructure"]["Properties"].update(SubnetId="subnet-none", SecurityGroupIds=["sg-1"]),
        "subnet-none",
    ),
    "a name that is too short": (lambda resources: resources["Infrastructure"]["Properties"].update(Name="a"), "name does not match"),
    "a volume of no size": (
        lambda resources: resources["Recipe"]["Properties"].update(BlockDeviceMappings=[{"Ebs": {"VolumeSize": 0}}]),
        "volumeSize",
    ),
    "an unknown property": (
        lambda resources: resources["Infrastructure"]["Properties"].update(Spot=True),
        "has no member for the property Spot",
    ),
    "a volume type that there is not": (
        lambda resources: resources["Recipe"]["Properties"].update(BlockDeviceMappings=[{"Ebs": {"VolumeType": "gp9"}}]),
        "must be one of",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_the_service_does_not_take_is_refused(builder, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateImageRecipe.html, ...CreateInfrastructureConfiguration,
    quotas: https://docs.aws.amazon.com/general/latest/gr/imagebuilder.html"""
    change, problem = REFUSED[kind]
    with pytest.raises(DeployFailed, match=problem):
        builder.deploy(changed(template(unique()), change))


PIPELINES = {
    "a schedule that is none": ({"Schedule": {"ScheduleExpression": "sundays"}}, "neither cron"),
    "a recipe that does not exist": ({"ImageRecipeArn": f"{ARN}:image-recipe/none/1.0.0"}, "does not exist"),
    "workflows without a role": (
        {"Workflows": [{"WorkflowArn": "arn:aws:imagebuilder:us-east-1:aws:workflow/build/build-image/x.x.x"}]},
        "executionRole must be given",
    ),
    "a role that it cannot assume": ({"ExecutionRole": att("InstanceRole", "Arn")}, "is not authorized to assume the role"),
    "a failure count that is too high": (
        {"Schedule": {"ScheduleExpression": "rate(7 days)", "AutoDisablePolicy": {"FailureCount": 11}}},
        "failureCount must have a value",
    ),
}


@pytest.mark.parametrize("kind", PIPELINES)
def test_a_pipeline_that_cannot_run_is_refused(builder, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateImagePipeline.html"""
    more, problem = PIPELINES[kind]
    name = unique()
    with pytest.raises(DeployFailed, match=problem):
        builder.deploy(pipeline(name, template(name), **more))


DISTRIBUTIONS = {
    "a property in the wrong case, which CloudFormation would not see": (
        {"AmiDistributionConfiguration": {"name": "ours"}},
        "AmiDistributionConfiguration has no property name",
    ),
    "a name without a letter at its end": (
        {"AmiDistributionConfiguration": {"Name": "ours-{{ imagebuilder:buildDate }} "}},
        "name does not match",
    ),
    "more launch templates than five": (
        {"LaunchTemplateConfigurations": [{"LaunchTemplateId": f"lt-0000000000000000{i}"} for i in range(6)]},
        "at most 5 launch templates",
    ),
    "a parameter of an account that gets no image": (
        {"SsmParameterConfigurations": [{"ParameterName": "/a", "AmiAccountId": "210987654321"}]},
        "not among the target accounts",
    ),
}


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_a_distribution_that_cannot_be_is_refused(builder, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_Distribution.html"""
    more, problem = DISTRIBUTIONS[kind]
    with pytest.raises(DeployFailed, match=problem):
        builder.deploy({"Resources": {"Distribution": distribution(unique(), **more)}})


POLICIES = {
    "an age without a unit": ({"Filter": {"Type": "AGE", "Value": 3}}, "has a unit"),
    "a count that disables": ({"Action": {"Type": "DISABLE"}, "Filter": {"Type": "COUNT", "Value": 3}}, "by count deletes"),
}


@pytest.mark.parametrize("kind", POLICIES)
def test_a_lifecycle_that_cannot_be_is_refused(builder, kind):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LifecyclePolicyDetail.html"""
    more, problem = POLICIES[kind]
    made = everything(unique())["Resources"]
    policy = made["Lifecycle"]["Properties"]
    policy["PolicyDetails"] = [{**policy["PolicyDetails"][0], **more}]
    with pytest.raises(DeployFailed, match=problem):
        builder.deploy({"Resources": {"Keeper": made["Keeper"], "Lifecycle": made["Lifecycle"]}})


def test_ref_of_an_instance_profile_is_its_name(builder, stacks):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html"""
    resources = infrastructure(unique())
    stack = stacks({"Resources": resources, "Outputs": {"Profile": {"Value": ref("Profile")}, "Arn": {"Value": att("Profile", "Arn")}}})
    found = builder.client("iam").get_instance_profile(InstanceProfileName=stack.outputs["Profile"])["InstanceProfile"]
    assert (found["Arn"], found["Roles"][0]["RoleName"]) == (stack.outputs["Arn"], stack.physical_id("InstanceRole"))
    resources["Profile"]["Properties"]["Roles"] = ["none"]
    with pytest.raises(DeployFailed, match="NoSuchEntity"):
        builder.deploy({"Resources": resources})


def test_what_is_not_emulated_says_so(builder):
    service = builder.client("imagebuilder")
    with pytest.raises(service.exceptions.InvalidRequestException, match="does not emulate ListLifecycleExecutions"):
        service.list_lifecycle_executions(resourceArn=f"{ARN}:image/none/1.0.0/1")


def test_a_document_may_lie_in_a_bucket_but_not_nowhere(builder, stacks):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html (uri)"""
    name, s3 = unique(), builder.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_object(
        Bucket=name,
        Key="document.yml",
        Body=b"schemaVersion: 1.0\nphases:\n  - name: build\n    steps:\n"
        b"      - name: Write\n        action: ExecuteBash\n        inputs:\n          commands: [true]\n",
    )
    made = {
        "Resources": {"Component": component(name, Data=None, Uri=f"s3://{name}/document.yml")},
        "Outputs": {"Arn": {"Value": ref("Component")}},
    }
    arn = stacks(made).outputs["Arn"]
    assert builder.client("imagebuilder").get_component(componentBuildVersionArn=arn)["component"]["type"] == "BUILD"
    with pytest.raises(DeployFailed, match="There is no object s3"):
        builder.deploy({"Resources": {"Component": component(unique(), Data=None, Uri=f"s3://{name}/none.yml")}})
