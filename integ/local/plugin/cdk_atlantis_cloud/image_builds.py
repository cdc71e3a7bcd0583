"""Images: each build runs in a thread of its own, and ends AVAILABLE, FAILED or CANCELLED.

https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_ImageState.html
"""

import re
import threading
import traceback

from ministack.core.concurrency import spawn_background

from .api import ApiError
from .image_bases import base_of_parent
from .image_bucket_files import check_role
from .image_distribution import DistributionFailed, distribute
from .image_documents import document_of
from .image_executor import ExecutionFailed, Root
from .image_findings import severity_counts
from .image_machine import Machine, MachineFailed
from .image_notices import BuildLog, event, notify, state_changed
from .image_pipelines import check_execution
from .image_roles import RoleRefused
from .image_roots import keep
from .image_store import add, arn_of, find, get, is_managed, matching, now, order, remove
from .image_wire import Refused, operation
from .image_workflows import WorkflowFailed, run as run_workflow, workflows_of

ENDED = ("AVAILABLE", "FAILED", "CANCELLED")
_LONGEST_REASON = 1024
_GRAVITON = re.compile(r"[a-z]+\d+g[a-z]*\.")

_running = {}


class BuildFailed(Exception):
    pass


class _Build:
    """One build, from PENDING to its end."""

    def __init__(self, image):
        self.image, self.ended, self.root, self.cancelled = image, threading.Event(), None, False

    def go(self):
        image = self.image
        try:
            self.log = BuildLog(image)
            self._produce()
            self._become("AVAILABLE")
        except (BuildFailed, ExecutionFailed, DistributionFailed, MachineFailed, RoleRefused, WorkflowFailed, ApiError, Refused) as failed:
            self._failed(failed)
        except Exception as problem:
            traceback.print_exc()
            self._failed(problem)
        finally:
            if self.root:
                self.root.close()
            self.log.keep(image)
            _running.pop(image["arn"], None)
            notify(image)
            self.ended.set()

    def _failed(self, problem):
        reason = str(problem)[:_LONGEST_REASON]
        self.log.write(f"{self.image['state']['status']}: {reason}")
        if self.cancelled:
            self._become("CANCELLED")
        else:
            self._become("FAILED", reason)

    def _become(self, status, reason=None):
        previous = self.image["state"]["status"]
        if self.cancelled and status != "CANCELLED":
            raise BuildFailed("It was cancelled.")
        self.image["state"] = {"status": status, **({"reason": reason} if reason else {})}
        self.log.write(f"The image is {status}.")
        state_changed(self.image, previous)

    def _produce(self):
        parent = base_of_parent(self.image["imageRecipe"]["parentImage"])
        self.log.write(f"The image {self.image['arn']} is built on {parent.what} ({parent.image_id}, {parent.architecture}).")
        self._check_instance_types(parent)
        for kind, workflow, on_failure in workflows_of(self.image):
            status = {"build": "BUILDING", "test": "TESTING", "distribution": "DISTRIBUTING"}[kind]
            if self.image["state"]["status"] != status:
                self._become(status)
            try:
                self._workflow(kind, workflow, parent)
            except WorkflowFailed as failed:
                if on_failure != "CONTINUE":
                    raise
                self.log.write(f"{failed} It continues.")
        self._become("DISTRIBUTING")
        self.image["outputResources"] = {"amis": distribute(self.image, parent, self.log.write)}
        if self.root:
            keep(self.root.path, [ami["image"] for ami in self.image["outputResources"]["amis"]])

    def _workflow(self, kind, workflow, parent):
        if workflow:
            run_workflow(workflow, self.image, self.log.write)
        elif kind == "build":
            self._build(parent)
        elif kind == "test":
            self._test()

    def _check_instance_types(self, parent):
        for instance_type in self.image["infrastructureConfiguration"].get("instanceTypes") or []:
            needs = "arm64" if _GRAVITON.match(instance_type) else "x86_64"
            if needs != parent.architecture:
                raise BuildFailed(
                    f"The architecture '{needs}' of the specified instance type {instance_type} does not match the architecture "
                    f"'{parent.architecture}' of the specified AMI."
                )

    def _documents(self, *phases):
        """(title, data, parameters) of the components that have one of the phases, in the recipe's order."""
        for asked in self.image["imageRecipe"]["components"]:
            arn = asked["componentArn"]
            if is_managed(arn):
                self.log.write(f"NOT EXECUTED here: {arn}, a component that is AWS's or a third party's ({', '.join(phases)}).")
                continue
            component = get(arn)
            if {each["name"] for each in document_of(component["data"])["phases"]} & set(phases):
                yield component["name"], component["data"], {each["name"]: each["value"][0] for each in asked.get("parameters") or []}

    def _build(self, parent):
        documents = list(self._documents("build", "validate"))
        if documents:
            check_role(self.image["infrastructureConfiguration"]["instanceProfileName"], documents)
            self.root = Root(parent)
            self.root.execute(["build", "validate"], documents, self.log.write)

    def _test_documents(self, documents):
        """On a machine that is started from the image, as AWS does."""
        if documents and self.root and self.root.boots():
            with Machine(self.root.path) as machine:
                self.log.write("A machine was booted from the image.")
                self.root.execute(["test"], documents, self.log.write, machine)
            return
        for title, _, _ in documents:
            self.log.write(f"NOT EXECUTED here: the test phase of {title}, since no machine can be booted from this root.")

    def _test(self):
        if (self.image.get("imageTestsConfiguration") or {}).get("imageTestsEnabled", True):
            self._test_documents(list(self._documents("test")))
        if (self.image.get("imageScanningConfiguration") or {}).get("imageScanningEnabled"):
            found = severity_counts(self.image)
            self.image["scanState"] = {"status": "COMPLETED"}
            if found["all"]:
                event(
                    "EC2 Image Builder CVE Detected",
                    self.image["arn"],
                    {"resource-id": self.image["arn"], "finding-severity-counts": found},
                )


def _without(record, *names):
    return {key: value for key, value in record.items() if key not in names}


def _new(request, pipeline=None, build_type="USER_INITIATED"):
    recipe = get(request["imageRecipeArn"])
    stem = arn_of("image", recipe["name"], recipe["version"])
    number = max((order(each)[-1] for each in matching(stem)), default=0) + 1
    configured = request.get("distributionConfigurationArn")
    source = {"sourcePipelineArn": pipeline["arn"], "sourcePipelineName": pipeline["name"]} if pipeline else {}
    image = add(
        "Image",
        {
            "enhancedImageMetadataEnabled": True,
            "imageTestsConfiguration": {"imageTestsEnabled": True},
            **_without(request, "clientToken", "imageRecipeArn", "infrastructureConfigurationArn", "distributionConfigurationArn"),
            "arn": f"{stem}/{number}",
            "name": recipe["name"],
            "version": recipe["version"],
            "type": "AMI",
            "platform": "Linux",
            "imageSource": "CUSTOM",
            "state": {"status": "PENDING"},
            "outputResources": {"amis": []},
            "buildType": build_type,
            "imageRecipe": dict(recipe),
            "infrastructureConfiguration": dict(get(request["infrastructureConfigurationArn"])),
            **({"distributionConfiguration": dict(get(configured))} if configured else {}),
            **source,
        },
    )
    build = _running[image["arn"]] = _Build(image)
    spawn_background(build.go, thread_name=f"image-build-{number}")
    return image


def wait(arn):
    """The image, once its build ended."""
    build = _running.get(arn)
    if build:
        build.ended.wait()
    return find(arn)


@operation("CreateImage")
def _create(request):
    check_execution(request)
    return {"imageBuildVersionArn": _new(request)["arn"]}


def _of_pipeline(pipeline, build_type, tags=None):
    names = (
        "imageRecipeArn",
        "infrastructureConfigurationArn",
        "distributionConfigurationArn",
        "imageTestsConfiguration",
        "enhancedImageMetadataEnabled",
        "imageScanningConfiguration",
        "workflows",
        "executionRole",
    )
    group = (pipeline.get("loggingConfiguration") or {}).get("imageLogGroupName")
    return _new(
        {
            **{name: pipeline[name] for name in names if name in pipeline},
            "tags": {**(pipeline.get("imageTags") or {}), **(tags or {})},
            **({"loggingConfiguration": {"logGroupName": group}} if group else {}),
        },
        pipeline,
        build_type,
    )


@operation("StartImagePipelineExecution")
def _start(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_StartImagePipelineExecution.html"""
    pipeline = get(request["imagePipelineArn"])
    return {"imageBuildVersionArn": _of_pipeline(pipeline, "USER_INITIATED", request.get("tags"))["arn"]}


def scheduled(pipeline):
    """A run by the schedule. Failures in a row disable the pipeline:
    https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_AutoDisablePolicy.html"""
    image = wait(_of_pipeline(pipeline, "SCHEDULED")["arn"])
    failed = image["state"]["status"] == "FAILED"
    pipeline["consecutiveFailures"] = pipeline["consecutiveFailures"] + 1 if failed else 0
    limit = ((pipeline.get("schedule") or {}).get("autoDisablePolicy") or {}).get("failureCount", 5)
    pipeline["lastRunStatus"], pipeline["dateLastRun"] = image["state"]["status"], now()
    if pipeline["consecutiveFailures"] >= limit:
        pipeline["status"] = "DISABLED"
        event(
            "EC2 Image Builder Image Pipeline Automatically Disabled",
            pipeline["arn"],
            {"imagePipelineArn": pipeline["arn"], "failureCount": pipeline["consecutiveFailures"]},
        )


@operation("CancelImageCreation")
def _cancel(request):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CancelImageCreation.html"""
    image = get(request["imageBuildVersionArn"])
    build = _running.get(image["arn"])
    if build is None:
        raise Refused("InvalidRequestException", f"The image {image['arn']} is {image['state']['status']}: it cannot be cancelled.")
    build.cancelled = True
    if build.root:
        spawn_background(build.root.close, thread_name="image-cancel")
    return {"imageBuildVersionArn": image["arn"]}


@operation("DeleteImage")
def _delete(request):
    """The image of Image Builder; its AMIs and snapshots stay.

    https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_DeleteImage.html
    """
    image = get(request["imageBuildVersionArn"])
    if image["state"]["status"] not in ENDED:
        raise Refused(
            "ResourceDependencyException", f"The image {image['arn']} is {image['state']['status']}: it is not deleted before it ended."
        )
    remove(image["arn"])
    return {"imageBuildVersionArn": image["arn"]}
