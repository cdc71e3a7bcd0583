#!/opt/python-tooling/bin/python -IB
"""Fetches what the server must not have on its image, and checks it: the first thing that is wrong stops the start with one line.

/etc/atlantis/secrets.json and /etc/atlantis/secrets.d/*.json name the secrets; they never hold one. What the secrets say comes to
/opt/atlantis/config.yaml, whose flags they may replace, and all of it to /run/atlantis-secrets, which only root may read.
"""
import base64
import glob
import grp
import json
import os
import re
import socket
import ssl
import subprocess
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

NAMES = ["/etc/atlantis/secrets.json"] + sorted(glob.glob("/etc/atlantis/secrets.d/*.json"))
MINIMAL = "/opt/atlantis/config.yaml"
KNOWN = "/usr/share/cdk-atlantis/atlantis-flags"
RUN = "/run/atlantis-secrets/"
CREDENTIALS = "/run/credentials/atlantis.service/"
OWN = ("config", "data-dir", "ssl-cert-file", "ssl-key-file", "gh-app-key-file", "gh-token-file")
COMMAND_SECONDS = 60


def fail(message):
    """Says it to who looks at this unit, and to who looks at the server's."""
    line = "cdk-atlantis: " + " ".join(message.split())
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
            fields = ("MESSAGE=" + line, "PRIORITY=3", "SYSLOG_IDENTIFIER=fetch-secrets", "OBJECT_SYSTEMD_UNIT=atlantis.service")
            journal.sendto("".join(field + "\n" for field in fields).encode(), "/run/systemd/journal/socket")
    except OSError:
        print(line, file=sys.stderr)
    sys.exit(1)


def client(service, source):
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3})
    return boto3.client(service, region_name=source.get("region"), config=config)


def fetched(source, service, ask):
    """The text that a store holds."""
    label = called(source)
    try:
        return ask(client(service, source))
    except NoCredentialsError:
        fail("%s cannot be read: this machine has no role; give the instance one that AtlantisAmi.grantRun was called with" % label)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("ResourceNotFoundException", "ParameterNotFound"):
            fail("%s does not exist, or has no value yet; store it" % label)
        if code in ("AccessDeniedException", "AccessDenied"):
            fail("%s cannot be read: the instance's role may not; call AtlantisAmi.grantRun with it" % label)
        fail("%s cannot be read: %s" % (label, error))
    except BotoCoreError as error:
        fail("%s cannot be read (%s); check the instance's way to %s" % (label, error, service))


def called(source):
    return 'the %s "%s" (%s)' % ({"command": "command", "parameter": "parameter"}.get(source["kind"], "secret"), source["label"],
                                 source.get("id") or source["command"][0])


def from_secret(source):
    answer = fetched(source, "secretsmanager", lambda store: store.get_secret_value(SecretId=source["id"]))
    if not answer.get("SecretString"):
        fail("%s holds no text; store its value as text" % called(source))
    return answer["SecretString"]


def from_parameter(source):
    return fetched(source, "ssm", lambda store: store.get_parameter(Name=source["id"], WithDecryption=True))["Parameter"]["Value"]


def from_command(source):
    try:
        done = subprocess.run(source["command"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        fail("%s had no end after %d s; let it give up earlier" % (called(source), COMMAND_SECONDS))
    except OSError as error:
        fail("%s does not run (%s); check that the image has it" % (called(source), error.strerror))
    if done.returncode != 0:
        fail("%s ended with %d; look at its own lines in the journal" % (called(source), done.returncode))
    return done.stdout.decode("utf-8", "replace")


def parsed(source, text):
    try:
        document = json.loads(text)
    except ValueError as error:
        # the message has a place, and nothing of the text
        fail("%s is not JSON (%s); store an object such as {\"key\": \"value\"}" % (called(source), error))
    if not isinstance(document, dict):
        fail("%s is not a JSON object; store one such as {\"key\": \"value\"}" % called(source))
    return document


def checked(source, key, value, form):
    where = key + " in " + called(source) if key else called(source)
    if value is None or value == "":
        fail("%s is empty; store its value" % where)
    if form == "any":
        if not isinstance(value, (str, int, float, bool)):
            fail("%s is neither text nor number nor true or false; store the flag's value" % where)
        return value
    if form == "number":
        if isinstance(value, bool) or not re.fullmatch(r"[0-9]+", str(value)):
            fail("%s is not a number" % where)
        return int(value)
    if not isinstance(value, str):
        fail("%s is no text; store it in quotes" % where)
    if form == "pem":
        if not is_rsa_key(value):
            fail("%s is not an RSA private key in PEM form; store the whole file with its line breaks as \\n" % where)
    elif form == "text" and value[-1] in "\r\n":
        fail("%s ends with a line break; store it without" % where)
    return value


def is_rsa_key(text):
    """Whether the text is a whole key: its parts say how long they are, so one that is cut off is found."""
    found = re.fullmatch(r"-----BEGIN (RSA )?PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END (RSA )?PRIVATE KEY-----\s*", text)
    if not found or found.group(1) != found.group(3):
        return False
    try:
        body = base64.b64decode("".join(found.group(2).split()), validate=True)
    except ValueError:
        return False
    if body[:2] != b"\x30\x82" or len(body) != 4 + int.from_bytes(body[2:4], "big"):
        return False
    return bool(found.group(1)) or bytes.fromhex("2a864886f70d010101") in body


READERS = {"secret": from_secret, "parameter": from_parameter, "command": from_command, "settings": from_secret}


def settings_of(source):
    """The flags and values of one source."""
    text = READERS[source["kind"]](source)
    if source["kind"] == "parameter":
        return {source["flag"]: checked(source, "", text, source["form"])}
    document = parsed(source, text)
    if source["kind"] == "secret":
        for wanted in source["keys"]:
            if wanted["key"] not in document:
                fail("%s has no key %s; store its value" % (called(source), wanted["key"]))
        return {w["flag"]: checked(source, w["key"], document[w["key"]], w["form"]) for w in source["keys"]}
    for flag in source.get("flags", []):
        if flag not in document:
            fail("%s does not say %s; let it" % (called(source), flag))
    known = flags_of_the_server()
    for flag in document:
        if flag in OWN:
            fail("%s sets %s, which the image itself decides; leave it out" % (called(source), flag))
        if known and flag not in known:
            fail("%s sets %s, which is no flag of this server; correct its name" % (called(source), json.dumps(flag)))
    return {flag: checked(source, flag, value, "any") for flag, value in document.items()}


def flags_of_the_server():
    try:
        with open(KNOWN, encoding="utf-8") as file:
            return set(file.read().split())
    except FileNotFoundError:
        return set()


def merged(settings):
    """The minimal configuration without the flags that are replaced, then those. Its lines stay as they are written."""
    kept, keeping = [], True
    with open(MINIMAL, encoding="utf-8") as file:
        for line in file.read().splitlines():
            flag = re.match(r"[\"']?([a-z][a-z0-9-]*)[\"']?[ \t]*:", line)
            keeping = flag.group(1) not in settings if flag else keeping
            if keeping:
                kept.append(line)
    # JSON's texts are YAML's
    kept += ["%s: %s" % (flag, json.dumps(value, ensure_ascii=False)) for flag, value in settings.items()]
    return "\n".join(kept) + "\n"


def put(name, content):
    path = RUN + name
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    os.replace(path + ".new", path)


def put_certificate(tls):
    """Certificate and key become credentials of the unit. A pair that does not fit would only be found by the first visitor."""
    for part, name in (("certificate", "tls.crt"), ("key", "tls.key")):
        source = tls[part]
        text = READERS[source["kind"]](source)
        if source.get("key"):
            document = parsed(source, text)
            if source["key"] not in document:
                fail("%s has no key %s; store its value" % (called(source), source["key"]))
            text = document[source["key"]]
        put(name, checked(source, source.get("key", ""), text, "file"))
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(RUN + "tls.crt", RUN + "tls.key", password=lambda: "")
    except (OSError, ValueError) as error:
        for name in ("tls.crt", "tls.key"):
            os.remove(RUN + name)
        fail("%s and %s are no certificate and its key (%s); store both in PEM form" % (
            called(tls["certificate"]), called(tls["key"]), getattr(error, "reason", None) or error))
    put("tls.json", json.dumps({"port": tls["port"]}))
    return {"ssl-cert-file": CREDENTIALS + "tls.crt", "ssl-key-file": CREDENTIALS + "tls.key", "port": tls["port"]}


def main():
    for leftover in glob.glob(RUN + "*"):
        os.remove(leftover)
    settings, owners, tls = {}, {}, None
    for path in NAMES:
        try:
            with open(path, encoding="utf-8") as file:
                names = json.load(file)
        except FileNotFoundError:
            continue
        except ValueError as error:
            fail("%s is not JSON (%s); correct it" % (path, error))
        tls = names.get("tls") or tls
        for source in names.get("sources", []):
            for flag, value in settings_of(source).items():
                if flag in settings:
                    fail("%s sets %s, which %s sets too; leave it out of one" % (called(source), flag, owners[flag]))
                settings[flag], owners[flag] = value, called(source)
    if tls:
        settings.update(put_certificate(tls))
    for one, other in (("repo-config", "repo-config-json"), ("repo-config-json", "repo-config")):
        if one in settings and other not in settings:
            settings[other] = ""
    os.mkfifo(RUN + "once.yaml", 0o640)
    os.chown(RUN + "once.yaml", 0, grp.getgrnam("atlantis").gr_gid)
    os.chmod(RUN + "once.yaml", 0o640)
    put("config.yaml", merged(settings))


try:
    main()
except (KeyError, TypeError, AttributeError) as error:
    fail("a file of /etc/atlantis that names secrets is malformed (%s: %s); write it as the image's own secrets.json" % (
        type(error).__name__, error))
