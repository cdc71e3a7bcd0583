"""Tries, as what a pull request runs, to reach what it must not reach, and writes what came of it: hostile.py RESULT NEEDLE..."""
import ctypes
import glob
import json
import os
import socket
import subprocess
import sys

RESULT, NEEDLES = sys.argv[1], [needle.encode() for needle in sys.argv[2:]]
SERVER = os.environ["SYSTEMD_EXEC_PID"]
found = {}


def attempt(name, action):
    try:
        found[name] = action() or "done"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it was no success
        found[name] = "refused: %s" % (getattr(error, "strerror", None) or error)


def read(path):
    with open(path, "rb") as file:
        return repr(file.read(64))


def read_later(path):
    """Without waiting at a FIFO that nobody writes to."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.read(descriptor, 1 << 22)
    finally:
        os.close(descriptor)


def connect(family, address, port=80):
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(3)
        client.connect((address, port))
        return "connected"


def unix(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return "connected"


def attach():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, int(SERVER), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def credentials(name):
    done = subprocess.run(["/usr/libexec/cdk-atlantis/target-credentials", name], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.stdout.decode() if done.returncode == 0 else "refused: " + done.stderr.decode().strip()


for file_name in ("mem", "environ", "maps", "cmdline", "auxv"):
    attempt("server " + file_name, lambda: read("/proc/%s/%s" % (SERVER, file_name)))
attempt("server fd", lambda: str(os.listdir("/proc/%s/fd" % SERVER)))
attempt("server root", lambda: str(os.listdir("/proc/%s/root/" % SERVER)))
attempt("server alive", lambda: os.kill(int(SERVER), 0))
attempt("server ptrace", attach)
attempt("first process", lambda: read("/proc/1/environ"))
attempt("binary", lambda: read("/usr/bin/atlantis"))
attempt("binary written", lambda: open("/usr/bin/atlantis", "r+b").close())
attempt("credentials of the unit", lambda: str(os.listdir("/run/credentials/atlantis.service")))
attempt("units with credentials", lambda: str(os.listdir("/run/credentials")))
attempt("fetched secrets", lambda: str(os.listdir("/run/atlantis-secrets")))
attempt("configuration", lambda: repr(read_later("/opt/atlantis/config.yaml")))
attempt("configuration written", lambda: os.close(os.open("/opt/atlantis/config.yaml", os.O_WRONLY | os.O_NONBLOCK)))
attempt("targets written", lambda: open("/etc/atlantis/targets.d/mine.json", "w").close())
attempt("profiles written", lambda: open("/etc/atlantis/aws-config", "a").close())
attempt("metadata", lambda: connect(socket.AF_INET, "169.254.169.254"))
attempt("metadata over IPv6", lambda: connect(socket.AF_INET6, "fd00:ec2::254"))
attempt("credentials of ECS", lambda: connect(socket.AF_INET, "169.254.170.2"))
attempt("credentials of EKS", lambda: connect(socket.AF_INET, "169.254.170.23"))
attempt("the bus", lambda: unix("/run/dbus/system_bus_socket"))
attempt("systemd", lambda: unix("/run/systemd/private"))
attempt("root", lambda: os.setuid(0))
attempt("home of people", lambda: str(os.listdir("/home")))
attempt("target production", lambda: credentials("production"))
attempt("target of nobody", lambda: credentials("nobody"))
attempt("target by path", lambda: credentials("../../etc/passwd"))

holders = []
for top in ("/dev", "/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/var"):
    for folder, _, names in os.walk(top):
        for path in (os.path.join(folder, name) for name in names):
            # its own source, and its own command line
            if path == RESULT or path.startswith("/opt/atlantis/data/repos/"):
                continue
            try:
                content = read_later(path)
            except OSError:
                continue
            holders += [path + ": " + needle.decode() for needle in NEEDLES if needle in content]
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        content = read_later(path)
    except OSError:
        continue
    holders += [path + ": " + needle.decode() for needle in NEEDLES if needle in content]
found["holders"] = sorted(set(holders))
found["environment"] = dict(os.environ)
with open(RESULT, "w", encoding="utf-8") as file:
    json.dump(found, file, indent=1)
