"""Runs component documents on the root that stands for a publisher's image, by the executor of integ/local/images in a process of its own.

CDK_ATLANTIS_CLOUD_IMAGE_ARGUMENTS are arguments more for it: ["--host", "github.com=127.0.0.1"].
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from ministack.core.responses import get_account_id, get_region

from .image_roots import archive_of, kept, remove

EXECUTOR = os.environ.get("CDK_ATLANTIS_CLOUD_IMAGE_EXECUTOR") or str(Path(__file__).resolve().parents[2] / "images")
ARGUMENTS = json.loads(os.environ.get("CDK_ATLANTIS_CLOUD_IMAGE_ARGUMENTS") or "[]")
_LINES_OF_FAILURE = 5


class ExecutionFailed(Exception):
    """A document that failed, or could not be run. `failure` is what the executor says of the step."""

    def __init__(self, reason, failure=None):
        super().__init__(reason)
        self.failure = failure or {}


_roots = set()


def _account():
    """Files of buckets come from the emulated account; what the machine's role may read is checked before."""
    address = f"http://127.0.0.1:{os.environ.get('GATEWAY_PORT', '4566')}"
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ENDPOINT_URL_S3": address,
        "AWS_ACCESS_KEY_ID": get_account_id(),
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": get_region(),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class Root:
    """A fresh copy of a root, for one build. Ends with `close`, which may be called from elsewhere: what runs then is killed."""

    def __init__(self, parent):
        own = kept(parent.image_id)
        archive = archive_of(parent.root) if parent.root else None
        if not own and not archive:
            raise ExecutionFailed(
                f"The local cloud has no root of {parent.root or parent.what}: documents for it are only read by linters."
            )
        if not Path(EXECUTOR, "executor", "__main__.py").exists():
            raise ExecutionFailed("The local cloud has no executor of component documents.")
        self._directory = tempfile.mkdtemp(prefix="image-")
        self._running, self._closed, self._lock = None, False, threading.Lock()
        self.path = os.path.join(self._directory, "root")
        os.mkdir(self.path)
        _roots.add(self)
        laid_out = (
            ["cp", "--archive", "--reflink=auto", f"{own}/.", self.path]
            if own
            else ["tar", "--numeric-owner", "--directory", self.path, "--extract", "--file", archive]
        )
        self._program(laid_out, lambda line: None, "The root could not be laid out")

    def _program(self, command, each_line, problem, **options):
        with self._lock:
            if self._closed:
                raise ExecutionFailed("It was cancelled.")
            self._running = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True, **options
            )
        lines = []
        for line in self._running.stdout:
            lines.append(line.rstrip("\n"))
            each_line(lines[-1])
        code = self._running.wait()
        if self._closed:
            raise ExecutionFailed("It was cancelled.")
        if code != 0:
            raise ExecutionFailed(f"{problem}: {' '.join(lines[-_LINES_OF_FAILURE:])}")

    def execute(self, phases, documents, each_line, machine=None):
        """`documents` are (title, data, parameters). They run in the root, or in the machine that was booted from it."""
        result = os.path.join(self._directory, f"{phases[0]}.json")
        where = ["--into", str(machine.pid)] if machine else ["--root", self.path, *ARGUMENTS]
        command = [sys.executable, "-m", "executor", *where, "--result", result, "--verbose"]
        command += [argument for phase in phases for argument in ("--phase", phase)]
        for index, (title, data, parameters) in enumerate(documents):
            file = os.path.join(self._directory, f"document-{index}.json")
            Path(file).write_text(data, encoding="utf-8")
            command += ["--document", file, "--title", title, *(f"--parameter={name}={value}" for name, value in parameters.items())]
        try:
            self._program(
                command,
                each_line,
                "The documents failed",
                cwd=EXECUTOR,
                env={**os.environ, **_account(), "PYTHONPATH": EXECUTOR, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        except ExecutionFailed as failed:
            try:
                failure = json.loads(Path(result).read_text(encoding="utf-8"))["failure"]
            except (OSError, ValueError, KeyError):
                raise failed from None
            if not failure or self._closed:
                raise
            raise ExecutionFailed(
                f"{failure['component']}, phase {failure['phase']}, step {failure['step']}: {failure['reason']}", failure
            ) from None

    def boots(self):
        """Whether it has what a machine is booted by."""
        return os.path.exists(os.path.join(self.path, "usr/lib/systemd/systemd"))

    def close(self):
        with self._lock:
            self._closed = True
            if self._running and self._running.poll() is None:
                self._running.kill()
        remove(self._directory)
        # Only now: whoever ends the emulator meanwhile removes it as well.
        _roots.discard(self)


def close():
    """Ends the builds that run, when the emulator ends."""
    for root in list(_roots):
        root.close()
