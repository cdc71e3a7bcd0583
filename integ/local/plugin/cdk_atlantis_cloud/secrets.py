"""Secrets: Ref is the ARN, generated values follow what was asked for, a secret without a value has no version."""
import json

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

from .resources import amend

_BOOLEANS = ("ExcludeLowercase", "ExcludeNumbers", "ExcludePunctuation", "ExcludeUppercase", "IncludeSpace", "RequireEachIncludedType")


def _value(properties):
    if properties.get("SecretString"):
        return properties["SecretString"]
    generate = properties.get("GenerateSecretString")
    if generate is None:
        return ""
    request = {name: str(generate[name]).lower() == "true" for name in _BOOLEANS if name in generate}
    request["PasswordLength"] = int(generate.get("PasswordLength", 32))
    request["ExcludeCharacters"] = generate.get("ExcludeCharacters", "")
    status, _, body = secretsmanager._get_random_password(request)
    if status >= 300:
        raise ValueError(f"AWS::SecretsManager::Secret: {body!r}")
    password = json.loads(body)["RandomPassword"]
    if "SecretStringTemplate" not in generate:
        return password
    template = json.loads(generate["SecretStringTemplate"])
    return json.dumps({**template, generate["GenerateStringKey"]: password})


provisioners._sm_secret_string = _value


def _without_value(physical_id, properties, attributes):
    if not properties.get("SecretString") and properties.get("GenerateSecretString") is None:
        secretsmanager._secrets[physical_id]["Versions"].clear()


amend("AWS::SecretsManager::Secret", after=_without_value)


def _name(physical_id):
    return next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == physical_id), physical_id)


def _ref_is_the_arn():
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    stock = dict(handlers)

    def create(*arguments):
        _, attributes = stock["create"](*arguments)
        return attributes["Arn"], attributes

    def update(physical_id, *arguments):
        name, attributes = stock["update"](_name(physical_id), *arguments)
        return secretsmanager._secrets[name]["ARN"], attributes

    def delete(physical_id, properties):
        stock["delete"](_name(physical_id), properties)

    handlers |= {"create": create, "update": update, "delete": delete}


_ref_is_the_arn()
