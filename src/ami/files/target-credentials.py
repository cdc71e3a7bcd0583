#!/usr/bin/python3 -IB
"""The credential_process of the profiles in /etc/atlantis/aws-config: prints the credentials of the target role that it is told."""
import json
import socket
import sys

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as helper:
    helper.settimeout(60)
    try:
        helper.connect("/run/atlantis-credentials.sock")
        helper.sendall(sys.argv[1].encode() + b"\n")
        helper.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: helper.recv(65536), b""))
        credentials = json.loads(answer)
    except (OSError, ValueError) as error:
        sys.exit("cdk-atlantis: atlantis-credentials.socket does not answer (%s); look at its lines in the journal" % error)
if "error" in credentials:
    sys.exit(credentials["error"])
print(json.dumps(credentials))
