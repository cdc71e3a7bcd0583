"""`{{ ... }}` in the inputs of a step: parameters, constants, what other steps had and gave, and the loop's value."""

import re

from .problems import Refused, StepFailed

REFERENCE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
CHAINED = re.compile(r"^([\w-]+)\.([\w -]+)\.(inputs|outputs)(?:\[(\d+)\])?\.([\w-]+)$")
LOOP = re.compile(r"^([\w-]+)\.(index|value)$")


def texts_of(value):
    """All strings in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts_of(one)


def check(where, step, names, earlier):
    """Refuses a reference to what is not there. `earlier` has the steps that have run by then, by phase and name."""
    loop_names = {"loop", (step.get("loop") or {}).get("name", "loop")}
    values = [step.get("inputs"), step.get("loop"), step.get("if")]
    for text in texts_of(values):
        for found in REFERENCE.findall(text):
            chained, loop = CHAINED.match(found), LOOP.match(found)
            if found in names:
                continue
            if chained and (chained[1], chained[2]) in earlier:
                continue
            if loop and loop[1] in loop_names:
                continue
            raise Refused(f"{where}: {{{{ {found} }}}} refers to nothing: no parameter, no earlier step and no loop has this name")


def _chained(match, history, text):
    phase, step, kind, index, name = match.groups()
    values = history[(phase, step)][kind]
    if isinstance(values, list):
        position = int(index or 0)
        if position >= len(values):
            raise StepFailed(f"{{{{ {text} }}}} refers to the input {position} of a step that has {len(values)}")
        values = values[position]
    if not isinstance(values, dict) or name not in values:
        raise StepFailed(f"{{{{ {text} }}}} refers to `{name}`, which that step does not have")
    value = values[name]
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def resolve(value, names, history, loop=None, loop_name=None):
    """The value with all references replaced."""
    if isinstance(value, list):
        return [resolve(one, names, history, loop, loop_name) for one in value]
    if isinstance(value, dict):
        return {key: resolve(one, names, history, loop, loop_name) for key, one in value.items()}
    if not isinstance(value, str):
        return value

    def replaced(match):
        text = match[1]
        if text in names:
            return names[text]
        chained, looped = CHAINED.match(text), LOOP.match(text)
        if looped and looped[1] in ("loop", loop_name):
            # As AWS says: outside of a loop it stays as it is.
            return match[0] if loop is None else str(loop[looped[2]])
        if chained and (chained[1], chained[2]) in history:
            return _chained(chained, history, text)
        raise StepFailed(f"{{{{ {text} }}}} refers to a step that has not run in this stage")

    return REFERENCE.sub(replaced, value)
