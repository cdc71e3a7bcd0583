"""Policy variables such as ${aws:username} in Resource, NotResource and Condition; ministack knows none.

A variable without a value and without a default matches nothing. Date, numeric and Boolean operators take none.
"""
import dataclasses
import re

from ministack.core import iam_evaluator

_VARIABLE = re.compile(r"\$\{([^},]+?)(?:\s*,\s*'([^']*)')?\s*\}")
_LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}
"""What stands for a character that is no wildcard, while patterns are compared."""
_TAKES_VARIABLES = ("string", "arn", "null", "bool")


class _NoValue(Exception):
    pass


def _literal(text):
    return "".join(_LITERALS.get(character, character) for character in text)


def _substituted(text, context, pattern):
    def value(match):
        name, default = match[1].strip(), match[2]
        if name in _LITERALS:
            return _LITERALS[name] if pattern else name
        found = iam_evaluator._resolve_condition_key(name, context)
        if isinstance(found, list):
            found = found[0] if len(found) == 1 else None
        if found is None:
            found = default
        if found is None:
            raise _NoValue(name)
        return _literal(str(found)) if pattern else str(found)

    return _VARIABLE.sub(value, text)


def _all(texts, context, pattern=True):
    """The texts with their variables' values; those that name an absent one are left out."""
    values = []
    for text in texts:
        try:
            values.append(_substituted(str(text), context, pattern))
        except _NoValue:
            pass
    return values


_NOTHING = ["\ue002"]
"""A resource that no request names: an empty list would match every one."""

_first_match = iam_evaluator._first_match


def _first_match_with_variables(context, statements, effect):
    def resolved(statement):
        if not any("${" in text for text in (*statement.resources, *statement.not_resources)):
            return statement
        return dataclasses.replace(
            statement, resources=statement.resources and (_all(statement.resources, context) or _NOTHING),
            not_resources=statement.not_resources and (_all(statement.not_resources, context) or _NOTHING))

    return _first_match(context, [resolved(statement) for statement in statements], effect)


def _resolved_block(operator, block, context):
    kind = operator.lower().rpartition(":")[2]
    if not isinstance(block, dict) or not kind.startswith(_TAKES_VARIABLES):
        return block
    pattern = "like" in kind or kind.startswith("arn")

    def values(expected):
        if isinstance(expected, str):
            return _all([expected], context, pattern)
        return _all(expected, context, pattern) if isinstance(expected, list) else expected

    return {key: values(expected) for key, expected in block.items()}


_conditions_met = iam_evaluator._conditions_met


def _conditions_met_with_variables(conditions, context):
    return _conditions_met({operator: _resolved_block(operator, block, context) for operator, block in (conditions or {}).items()}, context)


_compile = iam_evaluator._fnmatch_compile


def _compile_with_literals(pattern, ignore_case):
    compiled = _compile(pattern, ignore_case)
    if "\ue000" not in pattern and "\ue001" not in pattern:
        return compiled
    return re.compile(compiled.pattern.replace("\ue000", r"\*").replace("\ue001", r"\?"), compiled.flags)


iam_evaluator._first_match = _first_match_with_variables
iam_evaluator._conditions_met = _conditions_met_with_variables
iam_evaluator._fnmatch_compile = _compile_with_literals
