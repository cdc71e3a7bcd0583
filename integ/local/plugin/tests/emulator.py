"""The emulator as a process of its own."""
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from cloud import Cloud

PLUGIN = Path(__file__).parent.parent


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def emulator(directory, run, network, engine, **more):
    port, log = _free_port(), directory / "log"
    environment = {
        **os.environ, "MINISTACK_ACCOUNT_ID": "123456789012", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "false", "TMPDIR": str(directory), "PYTHONPATH": str(PLUGIN), "PYTHONUNBUFFERED": "1",
        "CDK_ATLANTIS_CLOUD_RUN": run, "CDK_ATLANTIS_CLOUD_NETWORK": network, "CDK_ATLANTIS_CLOUD_STEADY_SECONDS": "20",
        "CDK_ATLANTIS_CLOUD_UNWATCHED_SECONDS": "0.7", **more}
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, "-m", "cdk_atlantis_cloud"], env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        _answers(f"http://127.0.0.1:{port}/_ministack/health", process, log)
        yield Cloud(port, log, run, engine)
    finally:
        process.terminate()
        process.wait(60)


def _answers(url, process, log):
    ends = time.monotonic() + 30
    while time.monotonic() < ends and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The emulator does not answer:\n{log.read_text()[-3000:]}")
