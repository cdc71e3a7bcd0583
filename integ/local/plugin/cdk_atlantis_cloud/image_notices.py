"""What EC2 Image Builder tells of an image: events, notifications, and the log of its build."""

import json
import time

from ministack.core.responses import get_account_id
from ministack.services import sns

from .api import ApiError, call, forgiving
from .image_events import tell
from .image_store import order, parsed

SOURCE = "aws.imagebuilder"


def event(detail_type, arn, detail):
    """https://docs.aws.amazon.com/imagebuilder/latest/userguide/integ-eventbridge.html"""
    tell(SOURCE, detail_type, arn, detail)


def state_changed(image, previous):
    event("EC2 Image Builder Image State Change", image["arn"], {"previous-state": {"status": previous}, "state": image["state"]})


def notify(image):
    """To the infrastructure configuration's topic, once the image ended.

    https://docs.aws.amazon.com/imagebuilder/latest/userguide/integ-sns.html
    """
    topic = image["infrastructureConfiguration"].get("snsTopicArn")
    if not topic or image["state"]["status"] not in ("AVAILABLE", "FAILED"):
        return
    number = order(image)
    told = {
        key: image.get(key)
        for key in (
            "arn",
            "name",
            "version",
            "type",
            "state",
            "platform",
            "imageRecipe",
            "sourcePipelineArn",
            "infrastructureConfiguration",
            "distributionConfiguration",
            "dateCreated",
            "outputResources",
            "enhancedImageMetadataEnabled",
            "buildType",
        )
        if image.get(key) is not None
    }
    sns.publish_internal(
        topic,
        json.dumps({**told, "versionlessArn": image["arn"].rsplit("/", 2)[0], "buildVersion": number[-1], "accountId": get_account_id()}),
    )


class BuildLog:
    """The stream <version>/<build> of /aws/imagebuilder/<name>, or of the log group that was configured."""

    def __init__(self, image):
        parts = parsed(image["arn"])
        self.group = (image.get("loggingConfiguration") or {}).get("logGroupName") or f"/aws/imagebuilder/{parts['name']}"
        self.stream = f"{parts['version']}/{parts['build']}"
        self.lines = []
        for operation, names in (("CreateLogGroup", {}), ("CreateLogStream", {"logStreamName": self.stream})):
            with forgiving("AlreadyExists"):
                call("logs", operation, logGroupName=self.group, **names)

    def write(self, line):
        self.lines.append(line)
        try:
            call(
                "logs",
                "PutLogEvents",
                logGroupName=self.group,
                logStreamName=self.stream,
                logEvents=[{"timestamp": int(time.time() * 1000), "message": line or " "}],
            )
        except ApiError:
            # Who deletes the log group of a build that runs loses its lines, and not the image.
            pass

    def keep(self, image):
        """A copy in the bucket of the infrastructure configuration."""
        where = ((image["infrastructureConfiguration"].get("logging") or {}).get("s3Logs")) or {}
        if where.get("s3BucketName"):
            key = "/".join(part for part in (where.get("s3KeyPrefix"), image["name"], self.stream, "console.log") if part)
            try:
                call("s3", "PutObject", Bucket=where["s3BucketName"], Key=key, Body="\n".join(self.lines).encode())
            except ApiError as problem:
                self.write(f"The log could not be kept in the bucket {where['s3BucketName']}: {problem}")
