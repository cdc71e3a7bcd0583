"""The actions that fetch and send files. The network is this process's; what is written or read is the root's."""

import hashlib
import os
import posixpath
import shutil
import ssl
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from . import files
from .problems import StepFailed

ALGORITHMS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
ATTEMPTS = 5
TIMEOUT = 60


def _fetch(url, trust):
    """A temporary file with what an address gives, in as many attempts as AWS's own."""
    scheme = urllib.parse.urlsplit(url).scheme
    if scheme not in ("http", "https"):
        raise StepFailed(f"{url} is no address of HTTP or HTTPS")
    context = ssl.create_default_context(cafile=trust)
    for attempt in range(1, ATTEMPTS + 1):
        target = tempfile.TemporaryFile()
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT, context=context) as answer:
                if answer.status != 200:
                    raise StepFailed(f"{url} cannot be downloaded: it answered {answer.status}")
                shutil.copyfileobj(answer, target)
            return target
        except (OSError, urllib.error.URLError) as problem:
            target.close()
            if attempt == ATTEMPTS or isinstance(problem, urllib.error.HTTPError) and problem.code < 500:
                raise StepFailed(f"{url} cannot be downloaded: {problem}") from None
            time.sleep(0.25 * 2**attempt)
    raise AssertionError("not reached")


def _digest(file, algorithm):
    hasher = hashlib.new(ALGORITHMS[algorithm.upper()])
    file.seek(0)
    for block in iter(lambda: file.read(1 << 20), b""):
        hasher.update(block)
    return hasher.hexdigest()


def _has_already(path, entry):
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return _digest(file, entry["algorithm"]) == entry["checksum"].lower()


def _save_web(entry, destination, content):
    os.makedirs(posixpath.dirname(destination) or "/", exist_ok=True)
    files.save(content.fileno(), destination, entry.get("overwrite", True))


def web(inputs, place, _deadline):
    destinations = []
    for entry in inputs:
        destination = entry["destination"]
        if destination.endswith("/"):
            destination += posixpath.basename(urllib.parse.urlsplit(entry["source"]).path)
        destinations.append(destination)
        has_checksum = "checksum" in entry
        if has_checksum and entry.get("overwrite", True) and place.call(lambda: _has_already(destination, entry)):
            continue
        with _fetch(entry["source"], place.trust) as content:
            if has_checksum:
                found = _digest(content, entry["algorithm"])
                if found != entry["checksum"].lower():
                    raise StepFailed(
                        f"{entry['source']} has the {entry['algorithm'].upper()} {found}, and {entry['checksum'].lower()} is expected"
                    )
            place.call(lambda: _save_web(entry, destination, content))
    return {"destination": "\n".join(destinations)}


def _bucket_of(address):
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/") or "*" in parts.path:
        raise StepFailed(f"{address} is no address of one object in a bucket")
    return {"Bucket": parts.netloc, "Key": parts.path.lstrip("/")}


def _client():
    try:
        import boto3
    except ImportError:
        raise StepFailed("files of a bucket are fetched only by a Python that has boto3") from None
    return boto3.client("s3")


def _owner(entry):
    return {"ExpectedBucketOwner": entry["expectedBucketOwner"]} if "expectedBucketOwner" in entry else {}


def from_bucket(inputs, place, _deadline):
    for entry in inputs:
        with tempfile.TemporaryFile() as content:
            try:
                answer = _client().get_object(**_bucket_of(entry["source"]), **_owner(entry))
                shutil.copyfileobj(answer["Body"], content)
            except StepFailed:
                raise
            except Exception as problem:
                raise StepFailed(f"{entry['source']} cannot be fetched: {problem}") from None
            content.flush()
            # Unlike a download of the web, it makes no folder.
            place.call(lambda: files.save(content.fileno(), entry["destination"], entry.get("overwrite", True)))
    return {}


def to_bucket(inputs, place, _deadline):
    for entry in inputs:
        with tempfile.TemporaryFile() as content:

            def read():
                with open(entry["source"], "rb") as source:
                    shutil.copyfileobj(source, os.fdopen(os.dup(content.fileno()), "wb"))

            place.call(read)
            content.seek(0)
            try:
                _client().put_object(Body=content.read(), **_bucket_of(entry["destination"]), **_owner(entry))
            except StepFailed:
                raise
            except Exception as problem:
                raise StepFailed(f"{entry['destination']} cannot be written: {problem}") from None
    return {}
