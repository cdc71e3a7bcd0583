"""What an account has in EC2 Image Builder, by ARN; an ARN may leave versions open, and then means the newest."""

import re
from datetime import datetime, timezone

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from .image_wire import Refused

_records = AccountRegionScopedDict()

_ARN = re.compile(
    r"arn:aws[^:]*:imagebuilder:[^:]+:(?P<owner>[^:]+):(?P<kind>workflow/[a-z]+|[a-z-]+)/(?P<name>[a-z0-9-_]+)"
    r"(?:/(?P<version>[0-9x]+\.[0-9x]+\.[0-9x]+)(?:/(?P<build>[0-9]+))?)?"
)


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def arn_of(kind, name, version=None, build=None):
    """ARNs have the name in lower case and without spaces."""
    slug = re.sub(r"[^a-z0-9-_]", "-", name.lower())
    versioned = "".join(f"/{part}" for part in (version, build) if part)
    return f"arn:aws:imagebuilder:{get_region()}:{get_account_id()}:{kind}/{slug}{versioned}"


def parsed(arn):
    found = _ARN.fullmatch(arn)
    if not found:
        raise Refused("InvalidParameterException", f"{arn} is no ARN of Image Builder.")
    return found.groupdict()


def is_managed(arn):
    """Whether AWS or a third party, and not the account, owns it."""
    return not parsed(arn)["owner"].isdigit()


def order(record):
    """Sorts versions and builds as numbers."""
    parts = parsed(record["arn"])
    return [int(part) for part in (parts["version"] or "0").split(".")] + [int(parts["build"] or 0)]


def _meant_by(wanted, record):
    parts = parsed(record["arn"])
    if (parts["kind"], parts["name"]) != (wanted["kind"], wanted["name"]):
        return False
    pairs = zip((wanted["version"] or "x.x.x").split("."), (parts["version"] or "0.0.0").split("."))
    return all(asked in ("x", has) for asked, has in pairs) and wanted["build"] in (None, parts["build"])


def matching(arn):
    """Everything that an ARN means, the newest last."""
    wanted = parsed(arn)
    return sorted((record for record in _records.values() if _meant_by(wanted, record)), key=order)


def find(arn):
    return _records.get(arn) or next(reversed(matching(arn)), None)


def get(arn):
    record = find(arn)
    if record is None:
        raise Refused("ResourceNotFoundException", f"The resource with ARN {arn} does not exist.")
    return record


def of_kind(kind):
    return sorted((record for record in _records.values() if parsed(record["arn"])["kind"].split("/")[0] == kind), key=order)


def add(what, record):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_CreateComponent.html (ResourceAlreadyExistsException)"""
    parts = parsed(record["arn"])
    same = _records.get(record["arn"]) or next(
        (other for other in _records.values() if {**parsed(other["arn"]), "build": None} == {**parts, "build": None}), None
    )
    if same and parts["kind"] != "image":
        raise Refused("ResourceAlreadyExistsException", f"The following resource '{what}' already exists: '{same['arn']}'.")
    _records[record["arn"]] = {"dateCreated": now(), "owner": get_account_id(), **record}
    return _records[record["arn"]]


def remove(arn):
    _records.pop(get(arn)["arn"])


def latest_version_references(arn):
    """https://docs.aws.amazon.com/imagebuilder/latest/APIReference/API_LatestVersionReferences.html"""
    parts = parsed(arn)
    if not parts["version"]:
        return None
    stem = arn[: arn.index(f"/{parts['version']}")]
    major, minor, patch = parts["version"].split(".")
    return {
        "latestVersionArn": f"{stem}/x.x.x",
        "latestMajorVersionArn": f"{stem}/{major}.x.x",
        "latestMinorVersionArn": f"{stem}/{major}.{minor}.x",
        "latestPatchVersionArn": f"{stem}/{major}.{minor}.{patch}",
    }


def next_version(kind, name, asked):
    """A version whose last open part is the next free number: 1.0.x, after 1.0.3, is 1.0.4."""
    if "x" not in asked:
        return asked
    parts = asked.split(".")
    at = parts.index("x")
    if set(parts[at:]) != {"x"} or at == 0:
        raise Refused("InvalidVersionNumberException", f"The version {asked} may leave open its last parts alone.")
    taken = [order(record) for record in matching(f"{arn_of(kind, name)}/{asked}")]
    made = [int(part) for part in parts[:at]] + [max((have[at] for have in taken), default=-1) + 1] + [0] * (2 - at)
    return ".".join(str(part) for part in made)
