"""A machine with a real systemd, booted from a root by the harness of integ/local/images, in which the test phase is run.

It has no network, no metadata service and no secrets; what it changes is no part of the image.
"""

import json
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from .image_executor import EXECUTOR

_KEEPER = Path(EXECUTOR, "machine", "keeper.py")
_BOOT_SECONDS = 180
_LONGEST_REASON = 800
_UP = ("running", "degraded")


class MachineFailed(Exception):
    pass


class Machine:
    def __init__(self, root):
        name = f"cdk-atlantis-machine-{uuid.uuid4().hex[:12]}"
        config = {
            "root": root,
            "id": name,
            "scratch": os.path.join(tempfile.gettempdir(), name),
            "name": "image-test",
            "forwards": [],
            "hosts": {},
            "files": {},
            "volumes": [],
        }
        self._errors = tempfile.TemporaryFile()
        # Its mounts are its own, and it goes away when its standard input ends.
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "python3", str(_KEEPER), json.dumps(config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        self.pid = None

    def __enter__(self):
        try:
            self._boot()
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self._keeper.stdin.close()
        self._keeper.stdout.read()
        self._keeper.wait()
        self._errors.close()

    def _failure(self):
        self._keeper.wait()
        self._errors.seek(0)
        return MachineFailed(f"The image does not boot. {self._errors.read().decode(errors='replace').strip()[-_LONGEST_REASON:]}")

    def _boot(self):
        for line in self._keeper.stdout:
            told = json.loads(line)
            if told["event"] == "started":
                self.pid = told["pid"]
                break
            if told["event"] == "ended":
                raise MachineFailed(f"The image does not boot: {told['reason'][-_LONGEST_REASON:]}")
        if self.pid is None:
            raise self._failure()
        self._wait()

    def _wait(self):
        """Until systemd has started everything; units that failed are what the tests are to find."""
        inside = ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"]
        ends, state = time.monotonic() + _BOOT_SECONDS, ""
        while state not in _UP:
            if time.monotonic() > ends:
                raise MachineFailed(f"The image was not up after {_BOOT_SECONDS} seconds: {state}")
            if self._keeper.poll() is not None:
                raise self._failure()
            time.sleep(0.2)
            state = subprocess.run(
                [*inside, "systemctl", "is-system-running"],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=False,
                env={"PATH": os.defpath},
            ).stdout.strip()
