"""Step Functions' AWS SDK calls of EC2 and Image Builder go by the services' own models: each parameter arrives under its name.

https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from datetime import datetime

from botocore.exceptions import ParamValidationError
from ministack.services import stepfunctions

from .api import ApiError, call, model
from .resources import to_api

_BY_MODEL = {"imagebuilder": "Imagebuilder", "ec2": "Ec2"}
"""With what their errors begin."""


def _named(value, shape):
    """Keys begin with a capital letter, but those of maps, which are data."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict) and shape.type_name == "structure":
        return {key[:1].upper() + key[1:]: _named(item, shape.members[key]) for key, item in value.items() if key in shape.members}
    if isinstance(value, list):
        return [_named(item, shape.member) for item in value]
    return value


def _failed(service, problem):
    """An error that the service's model does not know has the service's name: Ec2.Ec2Exception."""
    prefix = _BY_MODEL[service]
    known = [shape.name for shape in model(service).error_shapes]
    code = problem.code if problem.code in known else f"{prefix}Exception"
    return stepfunctions._ExecutionError(f"{prefix}.{code}", f"{problem} (Service: {prefix})")


def _by_model(service, action, parameters):
    name = action[:1].upper() + action[1:]
    if name not in model(service).operation_names:
        raise stepfunctions._ExecutionError("States.Runtime", f"{_BY_MODEL[service]} has no action {action}")
    operation = model(service).operation_model(name)
    try:
        answer = call(service, name, **to_api(service, name, parameters or {}))
    except ApiError as problem:
        raise _failed(service, problem) from None
    except (ParamValidationError, ValueError) as problem:
        raise stepfunctions._ExecutionError("States.Runtime", str(problem)) from None
    return (
        _named({key: value for key, value in answer.items() if key != "ResponseMetadata"}, operation.output_shape)
        if operation.output_shape
        else {}
    )


def _instead(dispatch):
    def handle(service_info, service, action, parameters):
        return _by_model(service, action, parameters) if service in _BY_MODEL else dispatch(service_info, service, action, parameters)

    return handle


stepfunctions._AWS_SDK_SERVICE_MAP["imagebuilder"] = {"protocol": "rest-json"}
stepfunctions._dispatch_aws_sdk_rest_json = _instead(stepfunctions._dispatch_aws_sdk_rest_json)
stepfunctions._dispatch_aws_sdk_query = _instead(stepfunctions._dispatch_aws_sdk_query)
