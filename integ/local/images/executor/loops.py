"""`loop` of a step: its index and value, one after the other."""

from .problems import Refused

DELIMITERS = ".,;:\n\t -_"


def check(where, loop):
    kinds = set(loop) - {"name"} if isinstance(loop, dict) else set()
    if kinds == {"for"}:
        bounds = loop["for"]
        if not isinstance(bounds, dict) or set(bounds) != {"start", "end", "updateBy"}:
            raise Refused(f"{where}: a `for` loop has `start`, `end` and `updateBy`, and nothing else")
        if any(isinstance(bound, bool) or not isinstance(bound, int) for bound in bounds.values()):
            raise Refused(f"{where}: the bounds of a `for` loop are whole numbers")
        if bounds["updateBy"] == 0 or (bounds["end"] - bounds["start"]) * bounds["updateBy"] < 0:
            raise Refused(f"{where}: the `for` loop would not end")
        return
    if kinds != {"forEach"}:
        raise Refused(f"{where}: a loop is either a `for` or a `forEach` loop")
    each = loop["forEach"]
    if isinstance(each, dict):
        if not {"list"} <= set(each) <= {"list", "delimiter"} or not isinstance(each["list"], str):
            raise Refused(f"{where}: a `forEach` loop has a `list`, which is a string, and a `delimiter`")
        if each.get("delimiter", ",") not in tuple(DELIMITERS):
            raise Refused(f"{where}: {each['delimiter']!r} is no delimiter of a loop")
    elif not isinstance(each, list) or not all(isinstance(value, str) for value in each):
        raise Refused(f"{where}: the values of a `forEach` loop are strings")


def values_of(loop):
    """Given a loop whose references are resolved."""
    if "for" in loop:
        bounds = loop["for"]
        step = bounds["updateBy"]
        return list(range(bounds["start"], bounds["end"] + (1 if step > 0 else -1), step))
    each = loop["forEach"]
    return each["list"].split(each.get("delimiter", ",")) if isinstance(each, dict) else each
