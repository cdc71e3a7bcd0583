"""What EC2 Image Builder answers about images."""

from .image_kinds import filtered
from .image_store import get, latest_version_references, matching, of_kind
from .image_wire import operation


@operation("GetImage")
def _get(request):
    image = get(request["imageBuildVersionArn"])
    return {"image": image, "latestVersionReferences": latest_version_references(image["arn"])}


@operation("ListImages")
def _versions(request):
    """Versions, each once, without their builds: https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImageVersion.html"""
    newest = {image["arn"].rsplit("/", 1)[0]: image for image in of_kind("image")}
    return {"imageVersionList": filtered([{**image, "arn": arn} for arn, image in newest.items()], request)}


@operation("ListImageBuildVersions")
def _builds(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImageBuildVersions.html"""
    asked = request.get("imageVersionArn")
    return {"imageSummaryList": filtered(reversed(matching(asked) if asked else of_kind("image")), request)}


@operation("ListImagePipelineImages")
def _of_pipeline(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImagePipelineImages.html"""
    pipeline = get(request["imagePipelineArn"])
    own = [image for image in reversed(of_kind("image")) if image.get("sourcePipelineArn") == pipeline["arn"]]
    return {"imageSummaryList": filtered(own, request)}
