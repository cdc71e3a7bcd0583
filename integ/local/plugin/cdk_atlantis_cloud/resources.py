"""How a CloudFormation type is added to ministack, or one of its own is amended."""
from ministack.services.cloudformation import provisioners, stacks

from .api import model

_ours = set()
_runs_on_worker_thread = stacks._runs_on_worker_thread
# Our handlers call services on the event loop and wait for containers: on the loop itself they would never return.
stacks._runs_on_worker_thread = lambda resource_type: resource_type in _ours or _runs_on_worker_thread(resource_type)

_sent_back = set()
_sends_back_failed_update = stacks._sends_back_failed_update
stacks._sends_back_failed_update = lambda resource_type: resource_type in _sent_back or _sends_back_failed_update(resource_type)


def resource(resource_type, *, create, delete, update=None, replace=(), sent_back=False):
    """Handlers of a type.

    create(logical_id, properties, stack_name) -> (Ref, attributes)
    update(physical_id, old, new, stack_name, logical_id) -> (Ref, attributes)
    delete(physical_id, properties)
    A change of a property in `replace` is a replacement. Any other change without `update` is refused.
    `sent_back`: a rollback also updates the resource back whose own update failed.
    """
    def refuse(physical_id, old, new, stack_name, logical_id):
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        raise ValueError(f"{resource_type}: the local cloud does not change {', '.join(changed)} of an existing resource")

    provisioners._RESOURCE_HANDLERS[resource_type] = {
        "create": create, "delete": delete, "update": update or refuse, "update_with_logical_id": True}
    provisioners._CUSTOM_NAME_REPLACEMENT.pop(resource_type, None)
    if replace:
        provisioners._REPLACING_PROPERTIES[resource_type] = tuple(replace)
    _ours.add(resource_type)
    if sent_back:
        _sent_back.add(resource_type)


def amend(resource_type, before=None, after=None, after_delete=None):
    """Runs `before(properties, physical_id)` (None on a create) and `after(physical_id, properties, attributes)` around ministack's own
    create and update, and `after_delete(physical_id)` after its delete."""
    handlers = dict(provisioners._RESOURCE_HANDLERS[resource_type])
    stock_create, stock_update = handlers["create"], handlers["update"]

    def done(result, properties):
        physical_id, attributes = result
        attributes = dict(attributes or {})
        if after:
            after(physical_id, properties, attributes)
        return physical_id, attributes

    def create(logical_id, properties, stack_name):
        if before:
            before(properties, None)
        return done(stock_create(logical_id, properties, stack_name), properties)

    def update(physical_id, old, new, *rest):
        if before:
            before(new, physical_id)
        return done(stock_update(physical_id, old, new, *rest), new)

    def delete(physical_id, *rest):
        handlers["delete"](physical_id, *rest)
        if after_delete:
            after_delete(physical_id)

    provisioners._RESOURCE_HANDLERS[resource_type] = {**handlers, "create": create, "update": update, "delete": delete}
    _ours.add(resource_type)


def physical_name(stack_name, logical_id, **options):
    return provisioners._physical_name(stack_name, logical_id, **options)


def known(resource_type, properties, *names):
    """Refuses a property that the local cloud would lose silently."""
    unknown = sorted(key for key, value in properties.items() if key not in names and value not in (None, [], {}))
    if unknown:
        raise ValueError(f"{resource_type}: the local cloud does not emulate {', '.join(unknown)}")


def tags(properties):
    return [{"Key": tag["Key"], "Value": str(tag["Value"])} for tag in properties.get("Tags") or []]


def present(**parameters):
    return {name: value for name, value in parameters.items() if value not in (None, "", [], {})}


def to_api(service, operation, properties, skip=()):
    """Properties as the operation's parameters: names and types follow the wire model, an unknown one raises."""
    shape = model(service).operation_model(operation).input_shape
    return _cast(shape, {key: value for key, value in properties.items() if key not in skip})


def parameters_of(service, operation):
    return {name.lower() for name in model(service).operation_model(operation).input_shape.members}


def _cast(shape, value):
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        members = {}
        for key, member in value.items():
            name = names.get(key.lower())
            if name is None:
                raise ValueError(f"{shape.name} has no member for the property {key}")
            members[name] = _cast(shape.members[name], member)
        return members
    if kind == "list" and isinstance(value, list):
        return [_cast(shape.member, item) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: _cast(shape.value, item) for key, item in value.items()}
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise ValueError(f"{shape.name} is a {kind}, got {value!r}")
