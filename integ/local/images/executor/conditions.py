"""`if` of a step, and the action Assert."""

import hashlib
import os
import re
import shutil
import stat

from .problems import Refused

LOGICAL = ("and", "or", "not")
DEEPEST = 4


def _number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _numbers(compare):
    def compared(operand, value):
        left, right = _number(value), _number(operand)
        return left is not None and right is not None and compare(left, right)

    return compared


def _digest(algorithm):
    def compared(operand, value):
        with open(value, "rb") as file:
            return hashlib.new(algorithm, file.read()).hexdigest() == operand

    return compared


def _is(path, kind):
    return os.path.exists(path) and kind(os.stat(path).st_mode)


# Given what stands after the operator, and after `value`.
WITH_VALUE = {
    "stringEquals": lambda operand, value: str(operand) == str(value),
    "patternMatches": lambda operand, value: re.search(operand, str(value)) is not None,
    "numberEquals": _numbers(lambda left, right: left == right),
    "numberLessThan": _numbers(lambda left, right: left < right),
    "numberLessThanEquals": _numbers(lambda left, right: left <= right),
    "numberGreaterThan": _numbers(lambda left, right: left > right),
    "numberGreaterThanEquals": _numbers(lambda left, right: left >= right),
}
WITH_PATH = {"fileMD5Equals": _digest("md5"), "fileSHA256Equals": _digest("sha256"), "fileSHA512Equals": _digest("sha512")}
ALONE = {
    "stringIsEmpty": lambda operand: operand == "",
    "stringIsWhitespace": lambda operand: operand != "" and operand.strip() == "",
    "fileExists": lambda operand: _is(operand, stat.S_ISREG),
    "folderExists": lambda operand: _is(operand, stat.S_ISDIR),
    "binaryExists": lambda operand: shutil.which(operand) is not None,
}


def _expression(where, condition):
    """The operator of a condition, which may stand in a list of one."""
    if isinstance(condition, list) and len(condition) == 1:
        condition = condition[0]
    if not isinstance(condition, dict):
        raise Refused(f"{where}: a condition is a map with one operator")
    operators = [key for key in condition if key not in ("value", "path", "then", "else")]
    if len(operators) != 1:
        raise Refused(f"{where}: a condition has one operator, and not {len(operators)}")
    return operators[0], condition


def check(where, condition, depth=0):
    operator, whole = _expression(where, condition)
    for outcome in ("then", "else"):
        if outcome in whole and (depth > 0 or whole[outcome] not in ("Abort", "Execute", "Skip")):
            raise Refused(f"{where}: `{outcome}` cannot be {whole[outcome]!r}")
    if operator in LOGICAL:
        if depth == DEEPEST:
            raise Refused(f"{where}: conditions are nested more than {DEEPEST} times")
        operands = whole[operator] if isinstance(whole[operator], list) else [whole[operator]]
        for operand in operands:
            check(where, operand, depth + 1)
        return
    if operator not in {**WITH_VALUE, **WITH_PATH, **ALONE}:
        raise Refused(f"{where}: the operator `{operator}` is not one that this executor knows")
    needed = "value" if operator in WITH_VALUE else "path" if operator in WITH_PATH else None
    if needed and needed not in whole:
        raise Refused(f"{where}: the operator `{operator}` needs a `{needed}`")


def holds(condition):
    """Whether a condition holds here: this runs within the root, for the sake of the operators that look at files."""
    operator, whole = _expression("", condition)
    operand = whole[operator]
    if operator in LOGICAL:
        results = [holds(one) for one in (operand if isinstance(operand, list) else [operand])]
        return not results[0] if operator == "not" else all(results) if operator == "and" else any(results)
    if operator in ALONE:
        return ALONE[operator](operand)
    if operator in WITH_PATH:
        return WITH_PATH[operator](operand, whole["path"])
    return WITH_VALUE[operator](operand, whole["value"])


def outcome(condition, is_true):
    _, whole = _expression("", condition)
    return whole.get("then", "Execute") if is_true else whole.get("else", "Skip")
