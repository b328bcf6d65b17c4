"""Values that JSON has no form for, as objects with one field: `{"$date":0}`, `{"$bigint":"12"}`, `{"$bytes":"AAEC"}`, …"""
import base64
import math
from datetime import datetime, timedelta, timezone
from typing import Any

MAX_DEPTH = 500
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Undefined:
    """JavaScript's `undefined`: a field that is missing, an item of a list without a value."""

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False


UNDEFINED = Undefined()


class BigInt(int):
    """A whole number of any size, which JavaScript keeps apart from its numbers."""


class Buffer(bytes):
    """Bytes that Node.js has as a Buffer, not as a Uint8Array."""


class InvalidDate:
    """A date that is none; JavaScript has such a value."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InvalidDate)


class NotCarried(ValueError):
    """A value that no wire carries."""


def to_wire(value: Any, depth: int = 0) -> Any:
    """Returns a value in wire form. @raises NotCarried"""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, BigInt):
        return {"$bigint": str(int(value))}
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$number": number_name(value)}
    if depth > MAX_DEPTH:
        raise NotCarried(f"a contract cannot carry a value nested {MAX_DEPTH} levels deep")
    if isinstance(value, datetime):
        return {"$date": (value - EPOCH) // timedelta(milliseconds=1)}
    if isinstance(value, InvalidDate):
        return {"$date": None}
    if isinstance(value, bytes):
        return {"$buffer" if isinstance(value, Buffer) else "$bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [{"$undefined": True} if item is UNDEFINED else to_wire(item, depth + 1) for item in value]
    if isinstance(value, dict):
        fields = {key: to_wire(item, depth + 1) for key, item in value.items() if item is not UNDEFINED}
        # As in JavaScript, a field without a value counts here, although it does not travel.
        return {"$literal": fields} if is_tag(value) else fields
    raise NotCarried(f"a contract cannot carry an instance of {type(value).__name__}")


def number_name(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def is_tag(fields: dict) -> bool:
    return len(fields) == 1 and next(iter(fields)).startswith("$")


def from_wire(json: Any) -> Any:
    """Returns the value of a wire form. @raises ValueError, TypeError or OverflowError for what no sender writes"""
    if isinstance(json, list):
        return [from_wire(item) for item in json]
    if not isinstance(json, dict):
        return json
    if is_tag(json):
        tag, content = next(iter(json.items()))
        if tag in TAGS:
            return TAGS[tag](content)
    return fields_from_wire(json)


def fields_from_wire(json: dict) -> dict:
    return {key: value for key, value in ((key, from_wire(item)) for key, item in json.items()) if value is not UNDEFINED}


def date_from_wire(milliseconds: Any) -> Any:
    return InvalidDate() if milliseconds is None else EPOCH + timedelta(milliseconds=milliseconds)


TAGS = {
    "$date": date_from_wire,
    "$bigint": lambda json: BigInt(json),
    "$bytes": lambda json: base64.b64decode(json, validate=True),
    "$buffer": lambda json: Buffer(base64.b64decode(json, validate=True)),
    "$number": lambda json: float(json.replace("Infinity", "inf")),
    "$undefined": lambda _: UNDEFINED,
    "$literal": fields_from_wire,
    # The class exists at the other side alone.
    "$instance": lambda json: fields_from_wire(json[1]),
}
