#!/usr/bin/python3 -IB
"""The credential_process of the profiles in /etc/atlantis/aws-config: prints the credentials of the target role that it is told."""
import json
import random
import socket
import sys
import time

# how long it goes on asking while others ask, or while the socket is restarted
PATIENCE_SECONDS = 30


def asked(name):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as helper:
        helper.settimeout(60)
        helper.connect("/run/atlantis-credentials.sock")
        helper.sendall(name.encode() + b"\n")
        helper.shutdown(socket.SHUT_WR)
        return json.loads(b"".join(iter(lambda: helper.recv(65536), b"")))


def answer_for(name):
    end, pause = time.monotonic() + PATIENCE_SECONDS, 0.1
    while True:
        try:
            return asked(name)
        # over its most connections systemd closes one without a word
        except (OSError, ValueError) as error:
            if time.monotonic() > end:
                sys.exit("cdk-atlantis: atlantis-credentials.socket does not answer (%s); look at its lines in the journal" % error)
        time.sleep(pause * random.uniform(0.5, 1))
        pause = min(2 * pause, 3)


credentials = answer_for(sys.argv[1])
if "error" in credentials:
    sys.exit(credentials["error"])
print(json.dumps(credentials))
