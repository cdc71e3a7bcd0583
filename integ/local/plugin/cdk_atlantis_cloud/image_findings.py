"""Findings of the scan of an image: Amazon Inspector is not emulated, a test says what it found."""

from .image_store import find, get
from .image_wire import Refused, operation, test_hook

_injected = {}


@test_hook("/_cdk-atlantis/findings")
def _inject(request):
    """{"imagePipelineArn": ..., "severityCounts": {"critical": 1, ...}}: what the scans of that pipeline's images find from now on."""
    _injected[get(request["imagePipelineArn"])["arn"]] = request["severityCounts"]


def severity_counts(image):
    found = {"critical": 0, "high": 0, "medium": 0, **_injected.get(image.get("sourcePipelineArn"), {})}
    return {**found, "all": max(found.get("all", 0), sum(found[name] for name in ("critical", "high", "medium")))}


@operation("ListImageScanFindingAggregations")
def _aggregations(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ListImageScanFindingAggregations.html"""
    asked = request.get("filter") or {}
    if asked.get("name") != "imageBuildVersionArn":
        raise Refused("InvalidRequestException", "The local cloud aggregates findings by imageBuildVersionArn alone.")
    scanned = [
        image for image in map(find, asked.get("values") or []) if image and (image.get("scanState") or {}).get("status") == "COMPLETED"
    ]
    return {
        "aggregationType": "imageBuildVersionArn",
        "responses": [
            {"imageAggregation": {"imageBuildVersionArn": image["arn"], "severityCounts": severity_counts(image)}} for image in scanned
        ],
    }
