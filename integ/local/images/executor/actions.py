"""The action modules that this executor knows, each with the inputs that AWS's page names for it."""

from . import conditions, downloads, files
from .problems import RestartAsked, Refused, StepFailed

RESTART = 194


class Action:
    """An action module: what its inputs are, and what it does."""

    def __init__(self, run, fields, required, listed=False):
        self.run = run
        self.fields = fields
        self.required = required
        self.listed = listed

    def check(self, where, inputs):
        if self.listed:
            if not isinstance(inputs, list) or not inputs:
                raise Refused(f"{where}: its inputs are a list of maps")
            for entry in inputs:
                self._check_map(where, entry)
        else:
            self._check_map(where, {} if inputs is None else inputs)

    def _check_map(self, where, entry):
        if not isinstance(entry, dict):
            raise Refused(f"{where}: its inputs are a map")
        for key, value in entry.items():
            if key not in self.fields:
                raise Refused(f"{where}: this executor does not know its input `{key}`")
            kind = self.fields[key]
            ok = isinstance(value, kind) if kind is not STRINGS else isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not ok or (kind is int and isinstance(value, bool)):
                raise Refused(f"{where}: its input `{key}` cannot be {value!r}")
        for key in self.required:
            if key not in entry:
                raise Refused(f"{where}: its input `{key}` is missing")


class Check(Action):
    """Assert, whose inputs are a condition."""

    def __init__(self):
        super().__init__(_assert, {}, ())

    def check(self, where, inputs):
        conditions.check(where, inputs)


class Download(Action):
    """WebDownload, whose checksum has two parts."""

    def _check_map(self, where, entry):
        super()._check_map(where, entry)
        if ("checksum" in entry) != ("algorithm" in entry):
            raise Refused(f"{where}: AWS compares a checksum only when both `checksum` and `algorithm` are given")
        if "algorithm" in entry and entry["algorithm"].upper() not in downloads.ALGORITHMS:
            raise Refused(f"{where}: the algorithm `{entry['algorithm']}` is not known")


STRINGS = object()


def _ended(code, stdout, printed):
    if code == RESTART:
        raise RestartAsked(again=True)
    if code != 0:
        raise StepFailed(f"exit code {code}", code, printed)
    return {"stdout": stdout.rstrip("\n")}


def _bash(inputs, place, deadline):
    folder = place.call(lambda: files.make_script("\n".join(inputs["commands"]) + "\n"))
    try:
        return _ended(*place.execute(["/bin/bash", f"{folder}/input.sh"], deadline))
    finally:
        place.call(lambda: files.remove_script(folder))


def _binary(inputs, place, deadline):
    return _ended(*place.execute([inputs["path"], *inputs.get("arguments", [])], deadline))


def _assert(inputs, place, _deadline):
    if not place.call(lambda: conditions.holds(inputs)):
        raise StepFailed(f"what is asserted does not hold: {inputs}")
    return {}


def _reboot(_inputs, _place, _deadline):
    raise RestartAsked(again=False)


UPDATE = """set -eu
export DEBIAN_FRONTEND=noninteractive
if command -v apt-get > /dev/null; then
  apt-get -o DPkg::Lock::Timeout=600 update
  for name in $EXCLUDE; do apt-mark hold "$name"; done
  options='-o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold'
  if [ -n "$INCLUDE" ]; then apt-get $options --yes install --only-upgrade $INCLUDE; else apt-get $options --yes upgrade; fi
  for name in $EXCLUDE; do apt-mark unhold "$name"; done
elif command -v dnf > /dev/null; then
  dnf --assumeyes $(for name in $EXCLUDE; do printf -- '--exclude=%s ' "$name"; done) update $INCLUDE
else
  echo 'there is neither apt-get nor dnf' >&2
  exit 1
fi
"""


def _update(inputs, place, deadline):
    exported = "".join(f"{name.upper()}='{' '.join((inputs or {}).get(name, []))}'\n" for name in ("include", "exclude"))
    _bash({"commands": [exported + UPDATE]}, place, deadline)
    return {}


def _each(work):
    """An action that does its work for each entry of its inputs, within the root."""

    def run(inputs, place, _deadline):
        for entry in inputs:
            place.call(lambda: work(entry))
        return {}

    return run


OWNED = {"path": str, "owner": str, "group": str, "permissions": str, "overwrite": bool}
BUCKET = {"source": str, "destination": str, "expectedBucketOwner": str}

ACTIONS = {
    "ExecuteBash": Action(_bash, {"commands": STRINGS}, ("commands",)),
    "ExecuteBinary": Action(_binary, {"path": str, "arguments": STRINGS}, ("path",)),
    "Assert": Check(),
    "WebDownload": Download(
        downloads.web,
        {"source": str, "destination": str, "overwrite": bool, "checksum": str, "algorithm": str},
        ("source", "destination"),
        listed=True,
    ),
    "S3Download": Action(downloads.from_bucket, {**BUCKET, "overwrite": bool}, ("source", "destination"), listed=True),
    "S3Upload": Action(downloads.to_bucket, BUCKET, ("source", "destination"), listed=True),
    "CreateFile": Action(_each(files.create_file), {**OWNED, "content": str, "encoding": str}, ("path",), listed=True),
    "CreateFolder": Action(_each(files.create_folder), OWNED, ("path",), listed=True),
    "CreateSymlink": Action(_each(files.create_symlink), {"path": str, "target": str, "force": bool}, ("path", "target"), listed=True),
    "DeleteFile": Action(_each(files.delete_file), {"path": str}, ("path",), listed=True),
    "DeleteFolder": Action(_each(files.delete_folder), {"path": str, "force": bool}, ("path",), listed=True),
    "SetFileOwner": Action(_each(files.set_owner), {"path": str, "owner": str, "group": str}, ("path", "owner"), listed=True),
    "SetFilePermissions": Action(_each(files.set_permissions), {"path": str, "permissions": str}, ("path", "permissions"), listed=True),
    "SetFolderOwner": Action(_each(files.set_owner), {"path": str, "owner": str, "group": str}, ("path", "owner"), listed=True),
    "SetFolderPermissions": Action(_each(files.set_permissions), {"path": str, "permissions": str}, ("path", "permissions"), listed=True),
    "Reboot": Action(_reboot, {"delaySeconds": int}, ()),
    "UpdateOS": Action(_update, {"include": STRINGS, "exclude": STRINGS}, ()),
}
