"""dynamodb:LeadingKeys: the partition keys that a request names.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""
import json
import re

from ministack.core import iam_actions
from ministack.services import dynamodb


def _hash_key(table):
    schema = (dynamodb._tables.get((table or "").rsplit("/", 1)[-1]) or {}).get("KeySchema") or []
    return next((element["AttributeName"] for element in schema if element["KeyType"] == "HASH"), None)


def _value(attribute):
    return str(next(iter(attribute.values()))) if isinstance(attribute, dict) and attribute else None


def _queried(request, hash_key):
    """The partition key that a Query's condition asks for."""
    names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
    for name, value in re.findall(r"([#\w.-]+)\s*=\s*(:\w+)", request.get("KeyConditionExpression") or ""):
        if names.get(name, name) == hash_key:
            return [_value(values.get(value))]
    condition = (request.get("KeyConditions") or {}).get(hash_key) or {}
    return [_value(value) for value in condition.get("AttributeValueList") or []]


def _of_items(table, items):
    hash_key = _hash_key(table)
    return [_value(item[hash_key]) for item in items if isinstance(item, dict) and hash_key in item]


def leading_keys(request):
    table = request.get("TableName")
    if table:
        return _of_items(table, [request.get("Key"), request.get("Item")]) + _queried(request, _hash_key(table))
    found = []
    for name, entry in (request.get("RequestItems") or {}).items():
        if isinstance(entry, dict):
            found += _of_items(name, entry.get("Keys") or [])
        else:
            requests = [part for write in entry for part in write.values()]
            found += _of_items(name, [part.get("Item") or part.get("Key") for part in requests])
    for item in request.get("TransactItems") or []:
        for part in item.values():
            found += _of_items(part.get("TableName"), [part.get("Key"), part.get("Item")])
    return found


_service_context = iam_actions.dynamodb_service_context


def _service_context_with_keys(body):
    context = _service_context(body)
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return context
    keys = [key for key in leading_keys(request) if key is not None]
    if keys:
        context["dynamodb:LeadingKeys"] = keys
    return context


iam_actions.dynamodb_service_context = _service_context_with_keys
