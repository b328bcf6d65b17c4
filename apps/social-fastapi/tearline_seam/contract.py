"""Contracts, read from the files that `npm run contracts -- export` writes."""
import json
from pathlib import Path
from typing import Any, Dict, Optional

from .compatibility import is_plain_json
from .errors import BUILT_IN
from .schema import InvalidValue, compile_schema
from .values import UNDEFINED, from_wire, to_wire

MAX_TIMEOUT = 24 * 3600.0


class Codec:
    """Turns the values of one place of a contract into JSON and back, validated."""

    def __init__(self, place: str, schema: Optional[dict], shape: dict):
        self.place = place
        self._parse = compile_schema(schema) if schema is not None else None
        self._is_plain = is_plain_json(shape)
        self._may_be_missing = any(each["type"] in ("nothing", "any") for each in (shape, *shape.get("options", ())))

    def encode(self, value: Any) -> Any:
        """Returns the value in wire form, UNDEFINED for nothing. @raises InvalidValue"""
        if self._parse is None:
            return UNDEFINED
        wire = value if self._is_plain or value is UNDEFINED else to_wire(value)
        return self._validated(wire)

    def decode(self, wire: Any) -> Any:
        """Returns the value of parsed JSON that a peer has sent. @raises InvalidValue"""
        if self._parse is None:
            return UNDEFINED
        named = self._validated(wire)
        try:
            return named if self._is_plain or named is UNDEFINED else from_wire(named)
        except (ValueError, TypeError, OverflowError, AttributeError, IndexError) as error:
            raise InvalidValue(self.place, [((), "is not in wire form")]) from error

    def _validated(self, wire: Any) -> Any:
        if wire is UNDEFINED and self._may_be_missing:
            return UNDEFINED
        issues: list = []
        named = self._parse(wire, (), issues) if wire is not UNDEFINED else issues.append(((), "is missing"))
        if issues:
            raise InvalidValue(self.place, issues)
        return named


class Method:
    """One method of a contract."""

    def __init__(self, contract: str, key: str, exported: dict):
        self.contract = contract
        self.key = key
        self.path = f"{contract}.{key}"
        self.kind = exported["kind"]
        self.errors = frozenset(exported.get("errors", ()))
        # In seconds; in contracts, in milliseconds.
        self.timeout = exported["timeout"] / 1000 if "timeout" in exported else MAX_TIMEOUT
        self.input = Codec(f"{self.path} input", exported.get("input"), exported["shape"]["input"])
        self.output = Codec(f"{self.path} output", exported.get("output"), exported["shape"]["output"])

    def declares(self, code: str) -> bool:
        return code in BUILT_IN or code in self.errors


class Contract:
    """What a module answers: its methods, and their description for the comparison of versions."""

    def __init__(self, exported: dict):
        self.name: str = exported["name"]
        self.version: str = exported["version"]
        methods = exported["methods"]
        self.methods: Dict[str, Method] = {key: Method(self.name, key, each) for key, each in methods.items()}
        self.description = {
            "name": self.name,
            "methods": {key: {"kind": each["kind"], **each["shape"]} for key, each in methods.items()},
        }

    @staticmethod
    def read(file: Path) -> "Contract":
        return Contract(json.loads(file.read_text("utf-8")))
