#!/usr/bin/python3 -IB
"""Gives the server its configuration, once. Run by atlantis.service as root, after the server was started and before it has read anything.

The server waits at a FIFO. The credential is read, removed from everywhere and only then written to the FIFO, so that nothing that the
server starts finds it. A certificate's key stays where the server looks at its date, and loses its permissions once it was read.
"""
import contextlib
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time

CREDENTIALS = "/run/credentials/atlantis.service"
RUN = "/run/atlantis-secrets"
FIFO = RUN + "/once.yaml"
PROCESSES = "/sys/fs/cgroup/system.slice/atlantis.service/cgroup.procs"
SERVER = os.environ["MAINPID"]
SECONDS = 90


def fail(message):
    sys.exit("cdk-atlantis: " + message)


def until(attempt, message):
    """Tries until there is a result."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            return attempt()
        if not os.path.exists("/proc/" + SERVER):
            fail("the server ended; look at its own lines above")
        time.sleep(0.02)
    fail("%s for %d s; look at the lines of atlantis.service in the journal" % (message, SECONDS))


def remount(how):
    # read-only is a property of the mount, and this one is the machine's own; without a mount of its own it is a folder that can be written
    subprocess.run(["mount", "-o", "remount,bind," + how, CREDENTIALS], stderr=subprocess.DEVNULL, check=False)


def take(path):
    """The content of a file that is no more."""
    with open(path, "r+b") as file:
        content = file.read()
        file.truncate(0)
    os.remove(path)
    return content


def hand_over(content):
    writer = until(lambda: os.open(FIFO, os.O_WRONLY | os.O_NONBLOCK), "the server did not read its configuration")
    os.set_blocking(writer, True)
    with os.fdopen(writer, "wb") as fifo:
        fifo.write(content)


def listening(port):
    return until(lambda: socket.create_connection(("127.0.0.1", port), timeout=5), "the server did not listen on port %d" % port)


def leave_only(server):
    """Ends what the server has started so far. An earlier plan may have left something in the data directory that runs at the start."""
    stopped = set()
    for _ in range(200):
        with open(PROCESSES, encoding="ascii") as file:
            others = {int(line) for line in file} - {server, os.getpid()}
        if not others:
            return
        # who is stopped starts nothing more
        for process in others - stopped or others:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL if others <= stopped else signal.SIGSTOP)
        stopped |= others
        time.sleep(0.01)
    fail("the server's children do not end, so it gets no certificate; look at what is in /opt/atlantis/data/bin")


def greet(port):
    """The server reads certificate and key at the first greeting, and again only when their dates change."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_socket(listening(port)).close()
    except OSError as error:
        fail("the server does not speak TLS (%s); look at the lines of atlantis.service in the journal" % error)


def hand_over_key(key, owner, port):
    """No webhook comes before the server has its key, so it starts no plan that could read it too."""
    listening(port).close()
    leave_only(int(SERVER))
    try:
        os.chown(key, owner.st_uid, owner.st_gid)
        # as it was: newer systemds give the user its right by a list, which the bits of the group mask
        os.chmod(key, stat.S_IMODE(owner.st_mode))
        greet(port)
    finally:
        keep_from_all(key)


def keep_from_all(key):
    os.chmod(key, 0)
    os.chown(key, 0, 0)


def main():
    key = CREDENTIALS + "/tls.key"
    remount("rw")
    config = take(CREDENTIALS + "/config.yaml")
    os.remove(RUN + "/config.yaml")
    if os.path.exists(key):
        owner = os.stat(key)
        keep_from_all(key)
        take(RUN + "/tls.key")
        with open(RUN + "/tls.json", encoding="utf-8") as file:
            port = json.load(file)["port"]
        hand_over(config)
        hand_over_key(key, owner, port)
    else:
        hand_over(config)
    remount("ro")


main()
