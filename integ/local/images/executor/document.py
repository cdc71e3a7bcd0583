"""Reads a component document and refuses, before anything runs, whatever this executor would not run as AWS does."""

import json
import re

from . import actions, conditions, loops, references
from .problems import Refused

PHASES = ("build", "validate", "test")
DOCUMENT_KEYS = {"name", "description", "schemaVersion", "parameters", "constants", "phases"}
PHASE_KEYS = {"name", "steps"}
STEP_KEYS = {"name", "action", "timeoutSeconds", "onFailure", "maxAttempts", "inputs", "loop", "if"}
ON_FAILURE = ("Abort", "Continue", "Ignore")
VARIABLE = re.compile(r"^[A-Za-z0-9_-]{3,128}$")


def read(text, where):
    """JSON is YAML, and is read without the YAML package, which a machine need not have."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        import yaml
    except ImportError:
        raise Refused(f"{where}: it is not JSON, and YAML is read only with the package PyYAML") from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as problem:
        raise Refused(f"{where}: it is neither JSON nor YAML: {problem}") from None


def _keys(where, value, allowed, required=()):
    if not isinstance(value, dict):
        raise Refused(f"{where}: it has to be a map")
    for key in value:
        if key not in allowed:
            raise Refused(f"{where}: `{key}` is not known there")
    for key in required:
        if key not in value:
            raise Refused(f"{where}: `{key}` is missing")


def _whole(where, step, key, default, allowed):
    value = step.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not allowed(value):
        raise Refused(f"{where}: `{key}` cannot be {value!r}")
    return value


class Document:
    """A document that has been checked, with the values of its parameters."""

    def __init__(self, title, text, given=None):
        self.title = title
        self.data = read(text, title)
        _keys(title, self.data, DOCUMENT_KEYS, ("schemaVersion", "phases"))
        if str(self.data["schemaVersion"]) not in ("1.0", "1"):
            raise Refused(f"{title}: the schema version {self.data['schemaVersion']} is not known")
        self.names = self._names(dict(given or {}))
        self.phases = self._phases()

    def _variables(self, kind, value_key, keys):
        for entry in self.data.get(kind) or []:
            if not isinstance(entry, dict) or len(entry) != 1:
                raise Refused(f"{self.title}: each of its {kind} is a map with one name")
            (name, options), where = next(iter(entry.items())), f"{self.title}, {kind}"
            if not isinstance(name, str) or not VARIABLE.match(name):
                raise Refused(f"{where}: {name!r} is no name: 3 to 128 letters, digits, dashes and underscores")
            _keys(f"{where}, {name}", options, keys, ("type",))
            if options["type"] != "string":
                raise Refused(f"{where}, {name}: the type `{options['type']}` is not known")
            yield name, options.get(value_key)

    def _names(self, given):
        names = {}
        for name, default in self._variables("parameters", "default", {"type", "default", "description"}):
            value = given.pop(name, default)
            if value is None:
                raise Refused(f"{self.title}: its parameter `{name}` has no value and no default")
            names[name] = str(value)
        if given:
            raise Refused(f"{self.title}: it has no parameter `{next(iter(given))}`")
        for name, value in self._variables("constants", "value", {"type", "value"}):
            if value is None or name in names:
                raise Refused(f"{self.title}: its constant `{name}` has no value, or the name of a parameter")
            names[name] = str(value)
        return names

    def _phases(self):
        phases, earlier = {}, set()
        for phase in self.data["phases"] or []:
            _keys(f"{self.title}, a phase", phase, PHASE_KEYS, ("name", "steps"))
            name = phase["name"]
            if name not in PHASES or name in phases:
                raise Refused(f"{self.title}: the phase `{name}` is not known, or is there twice")
            phases[name] = [self._step(name, step, earlier) for step in phase["steps"] or []]
        if not phases:
            raise Refused(f"{self.title}: it has no phase")
        return phases

    def _step(self, phase, step, earlier):
        where = f"{self.title}, {phase}"
        _keys(where, step, STEP_KEYS, ("name", "action"))
        where = f"{where}, {step['name']}"
        if (phase, step["name"]) in earlier:
            raise Refused(f"{where}: another step of the phase has this name")
        if step["action"] not in actions.ACTIONS:
            raise Refused(f"{where}: the action `{step['action']}` is not one that this executor knows: {', '.join(actions.ACTIONS)}")
        action = actions.ACTIONS[step["action"]]
        action.check(where, step.get("inputs"))
        if step.get("onFailure", "Abort") not in ON_FAILURE:
            raise Refused(f"{where}: `onFailure` cannot be {step['onFailure']!r}")
        _whole(where, step, "timeoutSeconds", 7200, lambda seconds: seconds == -1 or seconds > 0)
        _whole(where, step, "maxAttempts", 1, lambda attempts: attempts > 0)
        if "loop" in step:
            loops.check(where, step["loop"])
        if "if" in step:
            conditions.check(where, step["if"])
        references.check(where, step, self.names, earlier)
        earlier.add((phase, step["name"]))
        return step
