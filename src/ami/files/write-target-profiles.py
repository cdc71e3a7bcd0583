#!/usr/bin/python3 -IB
"""Makes a profile of each target role, for the server's AWS_CONFIG_FILE. Run at each start: the machine's own targets may be new."""
import glob
import json
import os
import re
import socket
import sys

DESTINATION = "/etc/atlantis/aws-config"
PROCESS = "credential_process = /usr/libexec/cdk-atlantis/target-credentials %s\n"
PATHS = ["/etc/atlantis/targets.json"] + sorted(glob.glob("/etc/atlantis/targets.d/*.json"))


def fail(message):
    """Says it to who looks at this unit, and to who looks at the server's."""
    line = "cdk-atlantis: " + message
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            fields = ("MESSAGE=" + line, "PRIORITY=3", "SYSLOG_IDENTIFIER=targets", "OBJECT_SYSTEMD_UNIT=atlantis.service")
            journal.sendto("".join(field + "\n" for field in fields).encode(), "/run/systemd/journal/socket")
    except OSError:
        print(line, file=sys.stderr)
    sys.exit(1)


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return {}
    except ValueError as error:
        fail("%s is not JSON (%s); correct it" % (path, error))
    if not isinstance(found, dict):
        fail("%s is no JSON object; write it as in the image's own /etc/atlantis/targets.json" % path)
    for name, target in found.items():
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name) or name == "default":
            fail('%s has the name "%s"; give letters, digits, _ and -, and not "default"' % (path, name))
        if not isinstance(target, dict) or not re.match(r"arn:[a-z-]+:iam::\d{12}:role/", str(target.get("roleArn"))):
            fail('%s has no role for "%s"; give its roleArn, such as arn:aws:iam::111122223333:role/terraform' % (path, name))
    return found


targets = {}
for file_path in PATHS:
    targets.update(read(file_path))
defaults = [name for name, target in targets.items() if target.get("default")]
if len(defaults) > 1:
    fail("%s are all the default target role; let one be it" % " and ".join(defaults))
lines = ["# Made by cdk-atlantis at each start of the server.\n"]
lines += ["[default]\n", PROCESS % defaults[0]] if defaults else []
for name in sorted(targets):
    lines += ["[profile %s]\n" % name, PROCESS % name]
with open(DESTINATION + ".new", "w", encoding="utf-8") as file:
    file.writelines(lines)
os.chmod(DESTINATION + ".new", 0o644)
os.replace(DESTINATION + ".new", DESTINATION)
