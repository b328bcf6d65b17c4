"""Errors as data: they travel as `{ code, message, data, retryable }`, and callers match the code."""
from typing import Any

from .values import UNDEFINED, from_wire, to_wire

BUILT_IN = frozenset(
    ("internal", "invalid-input", "deadline-exceeded", "cancelled", "unavailable", "incompatible")
)


class SeamError(Exception):
    """An error with a code: one that a contract declares (`<resource>/<reason>`), or a built-in one."""

    def __init__(self, code: str, message: str = "", data: Any = UNDEFINED, retryable: "bool | None" = None):
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.data = data
        self.retryable = code == "unavailable" if retryable is None else retryable


class TransportError(Exception):
    """Why a call got no reply from an address, whatever its method would have said."""

    def __init__(self, message: str, may_have_started: bool, endpoint_is_down: bool = True):
        super().__init__(message)
        self.may_have_started = may_have_started
        self.endpoint_is_down = endpoint_is_down


def error_to_wire(error: SeamError) -> dict:
    wire = {"code": error.code, "message": error.message, "retryable": error.retryable}
    return wire if error.data is UNDEFINED else {**wire, "data": to_wire(error.data)}


def error_from_wire(wire: dict) -> SeamError:
    data = from_wire(wire["data"]) if "data" in wire else UNDEFINED
    return SeamError(wire["code"], wire.get("message", ""), data, bool(wire.get("retryable")))
