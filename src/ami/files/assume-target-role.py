#!/opt/python-tooling/bin/python -IB
"""Assumes the target role that the other side of the socket names. The names and their roles are root's, and no other role is assumed."""
import glob
import json
import os
import re
import socket
import sys
import urllib.request

METADATA = "http://169.254.169.254/latest/"
# the longest session that a role may get from another role's credentials
SESSION_SECONDS = 3600
# who connects says a name at once; who does not only keeps others out
NAME_SECONDS = 2


def answer(document):
    print(json.dumps(document), flush=True)


def refuse(message):
    print("cdk-atlantis: " + message, file=sys.stderr)
    answer({"error": "cdk-atlantis: " + message})
    sys.exit(0)


def targets():
    known = {}
    for path in ["/etc/atlantis/targets.json"] + sorted(glob.glob("/etc/atlantis/targets.d/*.json")):
        try:
            with open(path, encoding="utf-8") as file:
                known.update(json.load(file))
        except FileNotFoundError:
            continue
        except ValueError as error:
            refuse("%s is not JSON (%s), so no target role is assumed" % (path, error))
    return known


def metadata(path):
    """What the instance's metadata says, or nothing where there is none."""
    try:
        wanted = urllib.request.Request(METADATA + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
        with urllib.request.urlopen(wanted, timeout=2) as response:
            token = response.read().decode()
        wanted = urllib.request.Request(METADATA + "meta-data/" + path, headers={"X-aws-ec2-metadata-token": token})
        with urllib.request.urlopen(wanted, timeout=2) as response:
            return response.read().decode()
    except OSError:
        return ""


def assumed(name, target):
    # only now, as they take a second and much memory, which nobody gets by connecting
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    who = metadata("instance-id") or socket.gethostname()
    request = {
        "RoleArn": target["roleArn"],
        "RoleSessionName": ("atlantis-" + re.sub(r"[^A-Za-z0-9_=,.@-]", "-", who))[:64],
        "DurationSeconds": SESSION_SECONDS,
    }
    if target.get("externalId"):
        request["ExternalId"] = target["externalId"]
    try:
        region = os.environ.get("AWS_REGION") or metadata("placement/region") or "us-east-1"
        config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
        return boto3.client("sts", region_name=region, config=config).assume_role(**request)["Credentials"]
    except ClientError as error:
        refuse("the target role %s (%s) cannot be assumed: %s" % (name, target["roleArn"], error.response["Error"]["Code"]))
    except BotoCoreError as error:
        refuse("the target role %s (%s) cannot be assumed: %s" % (name, target["roleArn"], error))


def main():
    connection = socket.socket(fileno=os.dup(0))
    connection.settimeout(NAME_SECONDS)
    try:
        name = connection.recv(256).decode("utf-8", "replace").strip()
    except OSError:
        refuse("nobody asked for a target role for %d s" % NAME_SECONDS)
    target = targets().get(name) if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", name) else None
    if target is None:
        refuse("there is no target role %s; add it to the image's targetRoles or to /etc/atlantis/targets.d" % json.dumps(name[:64]))
    session = assumed(name, target)
    answer({
        "Version": 1,
        "AccessKeyId": session["AccessKeyId"],
        "SecretAccessKey": session["SecretAccessKey"],
        "SessionToken": session["SessionToken"],
        "Expiration": session["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
    })


main()
