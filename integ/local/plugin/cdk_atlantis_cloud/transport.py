"""Policies that ask for TLS: the local cloud speaks plain HTTP on loopback, so on request its calls count as encrypted."""
import ministack.app as app
from ministack.core import iam_evaluator

from .settings import ASSUME_TLS

if ASSUME_TLS:
    _pin = iam_evaluator.pin_request_origin

    def _pin_as_encrypted(source_ip, secure_transport):
        return _pin(source_ip, True)

    iam_evaluator.pin_request_origin = _pin_as_encrypted
    if hasattr(app, "pin_request_origin"):
        app.pin_request_origin = _pin_as_encrypted
