"""An emulator with the plugin, the engine that DOCKER_HOST names, an image, and what several stacks share."""
import io
import json
import shutil
import subprocess
import tarfile
import uuid

import docker
import pytest

from emulator import emulator
from image_templates import busybox_root
from templates import IMAGE, shared


@pytest.fixture(scope="session")
def run():
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def engine():
    try:
        client = docker.from_env()
        client.ping()
    except docker.errors.DockerException as error:
        pytest.exit(f"These tests need a Docker engine: set DOCKER_HOST ({error}).", returncode=1)
    return client


@pytest.fixture(scope="session")
def image(engine):
    """A root of busybox alone: a shell, a web server, and nothing that takes time to import."""
    busybox = shutil.which("busybox")
    if not busybox:
        pytest.exit("These tests need a static busybox: install the package busybox-static.", returncode=1)
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("tmp", 0o1777), ("etc", 0o755), ("data", 0o755), ("seeded", 0o755)):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        for name, text in (("etc/passwd", b"root:x:0:0::/:/bin/sh\n"), ("seeded/file", b"from the image\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
        tar.add(busybox, "bin/busybox")
        for applet in applets:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            if applet != "busybox":
                tar.addfile(entry)
    repository, _, tag = IMAGE.rpartition(":")
    engine.api.import_image_from_data(archive.getvalue(), repository=repository, tag=tag, changes=["ENV PATH=/bin"])
    yield IMAGE
    engine.images.remove(IMAGE, force=True)


@pytest.fixture(scope="session")
def network(engine, run):
    made = engine.networks.create(run, driver="bridge", labels={"cdk-atlantis.run": run})
    yield made.name
    made.remove()


@pytest.fixture(scope="session")
def cloud(image, network, run, engine, tmp_path_factory):
    with emulator(tmp_path_factory.mktemp("emulator"), run, network, engine) as started:
        yield started
    assert not started.left()


@pytest.fixture(scope="session")
def common(cloud):
    """A network, a cluster and a load balancer."""
    stack = cloud.deploy(shared())
    yield stack.outputs
    stack.delete()


@pytest.fixture
def deploy(cloud):
    """Deploys stacks that are deleted after the test."""
    stacks = []

    def deploy(template, **options):
        stack = cloud.deploy(template, **options)
        stacks.append(stack)
        return stack

    yield deploy
    for stack in reversed(stacks):
        stack.delete()


@pytest.fixture(scope="session")
def enforced(network, run, engine, tmp_path_factory):
    """An emulator that checks every call against the caller's policies."""
    settings = {"AUTH": "true", "CDK_ATLANTIS_CLOUD_ASSUME_TLS": "1"}
    with emulator(tmp_path_factory.mktemp("enforced"), f"{run}-iam", network, engine, **settings) as started:
        yield started


@pytest.fixture(scope="session")
def builder(run, tmp_path_factory):
    """An emulator whose EC2 Image Builder builds on a root of busybox; it needs no engine."""
    directory = tmp_path_factory.mktemp("builder")
    roots = json.dumps({"debian-12": str(busybox_root(directory / "root.tar"))})
    with emulator(directory, f"{run}-images", "bridge", None, CDK_ATLANTIS_CLOUD_IMAGE_ROOTS=roots,
                  CDK_ATLANTIS_CLOUD_IMAGES=str(directory / "images")) as started:
        yield started


@pytest.fixture
def stacks(builder):
    """Deploys stacks with images, which are deleted after the test."""
    made = []

    def deploy(template):
        made.append(builder.deploy(template))
        return made[-1]

    yield deploy
    for stack in reversed(made):
        stack.delete()


@pytest.fixture(scope="session")
def enforced_builder(run, tmp_path_factory):
    """An emulator that checks every call against the caller's policies, without an engine and without a root."""
    with emulator(tmp_path_factory.mktemp("enforced-builder"), f"{run}-images-iam", "bridge", None, AUTH="true",
                  CDK_ATLANTIS_CLOUD_ASSUME_TLS="1") as started:
        yield started
