"""Codes of virtual MFA devices (RFC 6238 as AWS uses it: SHA-1, six digits, 30 seconds), each of them good for one use."""
import base64
import hashlib
import hmac
import os
import struct
import time

STEP_SECONDS = 30
DRIFT = 1
"""How many steps a device's clock may be off when it signs somebody in."""
ENROLMENT_DRIFT = 3
"""The same when it is enabled: somebody types two codes, one after the other."""

_spent = {}
"""The last step of each device whose code was taken."""


def new_seed():
    return base64.b32encode(os.urandom(40)).decode()


def _code(seed, step):
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def _is(seed, step, code):
    return hmac.compare_digest(_code(seed, step).encode(), (code or "").encode())


def _now():
    return int(time.time()) // STEP_SECONDS


def take(serial, seed, code):
    """Whether the code is the device's and newer than the last that it gave; it is spent then."""
    for step in range(_now() - DRIFT, _now() + DRIFT + 1):
        if step > _spent.get(serial, -1) and _is(seed, step, code):
            _spent[serial] = step
            return True
    return False


def take_pair(serial, seed, first, second):
    """Whether the codes are two consecutive ones of the device; both are spent then."""
    for step in range(_now() - ENROLMENT_DRIFT, _now() + DRIFT):
        if _is(seed, step, first) and _is(seed, step + 1, second):
            _spent[serial] = step + 1
            return True
    return False


def forget(serial):
    _spent.pop(serial, None)
