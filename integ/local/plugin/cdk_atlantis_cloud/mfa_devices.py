"""Virtual MFA devices: a real seed, two consecutive codes to enable or resynchronise one, eight a user."""
import base64
import re

from ministack.services import iam

from . import totp

DEVICES_OF_A_USER = 8

_stock = dict(iam._IAM_HANDLERS)


def _refused(status, code, message):
    return iam._error(status, code, message, ns="iam")


def _create(parameters):
    """The stock seed is no base32: no authenticator reads it."""
    before = set(iam._mfa_devices)
    status, headers, body = _stock["CreateVirtualMFADevice"](parameters)
    for serial in set(iam._mfa_devices) - before:
        device = iam._mfa_devices[serial]
        device["Base32StringSeed"] = totp.new_seed()
        seed = base64.b64encode(device["Base32StringSeed"].encode()).decode()
        text = body.decode() if isinstance(body, bytes) else body
        body = re.sub("<Base32StringSeed>[^<]*<", f"<Base32StringSeed>{seed}<", text).encode()
    return status, headers, body


def _pair_is_right(parameters, serial):
    codes = [iam._p(parameters, f"AuthenticationCode{number}") for number in (1, 2)]
    return totp.take_pair(serial, iam._mfa_devices[serial]["Base32StringSeed"], *codes)


def _wrong_codes(serial):
    return _refused(403, "InvalidAuthenticationCode", f"Authentication code for device {serial} is not valid.")


def _enable(parameters):
    serial, user = iam._p(parameters, "SerialNumber"), iam._p(parameters, "UserName")
    device = iam._mfa_devices.get(serial)
    if device is not None and device["User"] is None and user in iam._users:
        if sum(other.get("User") == user for other in iam._mfa_devices.values()) >= DEVICES_OF_A_USER:
            return _refused(409, "LimitExceeded", f"Cannot exceed quota for MFADevicesPerUser: {DEVICES_OF_A_USER}")
        if not _pair_is_right(parameters, serial):
            return _wrong_codes(serial)
    return _stock["EnableMFADevice"](parameters)


def _resync(parameters):
    serial = iam._p(parameters, "SerialNumber")
    device = iam._mfa_devices.get(serial)
    if device is not None and device["User"] == iam._p(parameters, "UserName") and not _pair_is_right(parameters, serial):
        return _wrong_codes(serial)
    return _stock["ResyncMFADevice"](parameters)


def _delete(parameters):
    answer = _stock["DeleteVirtualMFADevice"](parameters)
    if answer[0] < 300:
        totp.forget(iam._p(parameters, "SerialNumber"))
    return answer


_delete_user = iam._delete_user


def _delete_user_without_device(parameters):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html: devices are deactivated first."""
    name = iam._p(parameters, "UserName")
    if any(device.get("User") == name for device in iam._mfa_devices.values()):
        return _refused(409, "DeleteConflict", "Cannot delete entity, must delete MFA device first.")
    return _delete_user(parameters)


iam._delete_user = iam._IAM_HANDLERS["DeleteUser"] = _delete_user_without_device
iam._IAM_HANDLERS.update(CreateVirtualMFADevice=_create, EnableMFADevice=_enable, ResyncMFADevice=_resync, DeleteVirtualMFADevice=_delete)


def take_code(serial, code, user_name):
    """Whether the device is the user's and the code its own and unused; None where the device is not the user's."""
    device = iam._mfa_devices.get(serial)
    if device is None or not user_name or device.get("User") != user_name:
        return None
    return totp.take(serial, device["Base32StringSeed"], code)
