"""Condition operators that ministack evaluates otherwise than AWS: ARNs are compared part by part, a wildcard does not cross a colon."""
from ministack.core import iam_evaluator

_PARTS = 6


def _arn_like(actual, expected):
    if expected == "*":
        return True
    parts, patterns = actual.split(":", _PARTS - 1), expected.split(":", _PARTS - 1)
    if len(parts) < _PARTS or len(patterns) < _PARTS:
        return False
    return all(iam_evaluator.fnmatch_iam_cs(part, pattern) for part, pattern in zip(parts, patterns))


def _arn_not_like(actual, expected):
    return not _arn_like(actual, expected)


iam_evaluator._CONDITION_OPS.update(arnequals=_arn_like, arnlike=_arn_like, arnnotequals=_arn_not_like, arnnotlike=_arn_not_like)
