"""The subset of JSON Schema that exported contracts use. A value is validated, and loses the fields that no schema names."""
import re
from typing import Any, Callable, List, Tuple

# Parses a value; appends to the issues what is wrong with it, each with its path.
Parse = Callable[[Any, tuple, list], Any]

ANNOTATIONS = frozenset(("$schema", "title", "description", "format"))
TYPES = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}
LIMITS = {
    "minimum": (lambda value, limit: value >= limit, "must be at least {}"),
    "maximum": (lambda value, limit: value <= limit, "must be at most {}"),
    "exclusiveMinimum": (lambda value, limit: value > limit, "must be above {}"),
    "exclusiveMaximum": (lambda value, limit: value < limit, "must be below {}"),
    "minLength": (lambda value, limit: utf16_length(value) >= limit, "is shorter than {}"),
    "maxLength": (lambda value, limit: utf16_length(value) <= limit, "is longer than {}"),
    "minItems": (lambda value, limit: len(value) >= limit, "has fewer than {} items"),
    "maxItems": (lambda value, limit: len(value) <= limit, "has more than {} items"),
    "pattern": (lambda value, limit: re.search(limit, value) is not None, "does not match {}"),
}


class InvalidValue(ValueError):
    """A value that its schema does not allow."""

    def __init__(self, place: str, issues: List[Tuple[tuple, str]]):
        path, message = issues[0]
        super().__init__(f"{place}{path_text(path)}: {message}")
        self.issues = [{"path": ".".join(map(str, path)), "message": message} for path, message in issues]


def path_text(path: tuple) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)


def utf16_length(text: str) -> int:
    """The length as JavaScript counts it."""
    return len(text) + sum(character > "\uffff" for character in text)


def compile_schema(schema: dict) -> Parse:
    """@raises ValueError for a keyword that this subset does not have"""
    schema = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    if not schema:
        return lambda value, path, issues: value
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return any_of([compile_schema(each) for each in schema[key]])
    if isinstance(schema.get("type"), list):
        return any_of([compile_schema({**schema, "type": kind}) if kind != "null" else compile_schema({"type": kind}) for kind in schema["type"]])
    allowed = [schema.pop("const")] if "const" in schema else schema.pop("enum", None)
    kind = schema.pop("type", None)
    limits = [(LIMITS[key], schema.pop(key)) for key in list(schema) if key in LIMITS]
    inner = inner_of(kind, schema)
    if schema or (kind is None and allowed is None):
        raise ValueError(f"schemas of contracts cannot have {', '.join(schema) or 'no type'}")

    def parse(value: Any, path: tuple, issues: list) -> Any:
        if kind is not None and not TYPES[kind](value):
            issues.append((path, f"expected {kind}"))
            return None
        if allowed is not None and not any(value == each and type(value) is type(each) for each in allowed):
            issues.append((path, f"expected one of {allowed}"))
        for (holds, message), limit in limits:
            if not holds(value, limit):
                issues.append((path, message.format(limit)))
        return inner(value, path, issues)

    return parse


def inner_of(kind: Any, schema: dict) -> Parse:
    """Takes the keywords of lists and objects out of the schema."""
    if kind == "array" and "items" in schema:
        item = compile_schema(schema.pop("items"))
        return lambda value, path, issues: [item(each, (*path, at), issues) for at, each in enumerate(value)]
    if kind != "object":
        return lambda value, path, issues: value
    fields = {key: compile_schema(each) for key, each in schema.pop("properties", {}).items()}
    required, others = frozenset(schema.pop("required", ())), schema.pop("additionalProperties", None)
    schema.pop("propertyNames", None)
    other = compile_schema(others) if isinstance(others, dict) else None

    def parse(value: dict, path: tuple, issues: list) -> dict:
        if other:
            return {key: other(each, (*path, key), issues) for key, each in value.items()}
        for key in required:
            if key not in value:
                issues.append(((*path, key), "is missing"))
        return {key: field(value[key], (*path, key), issues) for key, field in fields.items() if key in value}

    return parse


def any_of(options: List[Parse]) -> Parse:
    def parse(value: Any, path: tuple, issues: list) -> Any:
        for option in options:
            wrong: list = []
            parsed = option(value, path, wrong)
            if not wrong:
                return parsed
        issues.append((path, "is none of what is allowed"))
        return None

    return parse
