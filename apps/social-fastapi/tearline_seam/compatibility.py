"""Compares two versions of a contract, by the shapes of its methods, when a connection opens."""
import json
from typing import Any, Callable, Dict, Iterable, Optional, Tuple

# Where a value of one shape is none of another: path, what is given, what is expected.
Problem = Optional[Tuple[str, str, str]]
TAGGED = frozenset(("Date", "BigInt", "Uint8Array", "any", "arguments"))


def incompatibilities(caller: dict, callee: Optional[dict]) -> Dict[str, str]:
    """Returns, for each method that the caller cannot call, a sentence with the method and the field."""
    found = {}
    for key, asked in caller["methods"].items():
        method = f"{caller['name']}.{key}"
        problem = problem_of(asked, callee["methods"].get(key)) if callee else ": the callee does not answer this contract"
        if problem:
            found[method] = method + problem
    return found


def problem_of(asked: dict, answered: Optional[dict]) -> Optional[str]:
    if answered is None:
        return ": the callee has no such method"
    if asked["kind"] == "query" and answered["kind"] == "command":
        return ": the caller takes it for a query, for the callee it is a command"
    given, expected = asked["input"], answered["input"]
    wrong = compare(given, expected) or removed_field(given, expected, "")
    if wrong:
        place = "args" if given["type"] == "arguments" else "input"
        return f" {place}{wrong[0]}: the caller gives {wrong[1]}, the callee expects {wrong[2]}"
    wrong = compare(answered["output"], asked["output"])
    if wrong:
        return f" output{wrong[0]}: the caller expects {wrong[2]}, the callee gives {wrong[1]}"
    return None


def removed_field(given: dict, expected: dict, path: str) -> Problem:
    """A field that the callee no longer knows would be dropped."""
    if given["type"] == expected["type"] == "list":
        return removed_field(given["item"], expected["item"], f"{path}[]")
    if given["type"] == expected["type"] == "arguments":
        pairs = enumerate(zip(given["items"], expected["items"]))
        return first(pairs, lambda each: removed_field(each[1][0]["shape"], each[1][1]["shape"], f"{path}[{each[0]}]"))
    if not given["type"] == expected["type"] == "object":
        return None

    def of_field(entry: Tuple[str, dict]) -> Problem:
        at, known = f"{path}.{entry[0]}", expected["fields"].get(entry[0])
        if known is None:
            return None if entry[1].get("optional") else (at, "this field", "none")
        return removed_field(entry[1]["shape"], known["shape"], at)

    return first(given["fields"].items(), of_field)


def compare(a: dict, b: dict, path: str = "", scopes: Tuple[dict, dict, frozenset] = ({}, {}, frozenset())) -> Problem:
    """Returns the first place where a value of `a` is not, and cannot be stripped to, a value of `b`."""
    if "arguments" in (a["type"], b["type"]):
        return compare_arguments(a, b, path, scopes)
    if "any" in (a["type"], b["type"]):
        return None
    if "ref" in (a["type"], b["type"]):
        return compare_refs(a, b, path, scopes)
    if a["type"] == "recursive":
        return compare(a["shape"], b, path, ({**scopes[0], a["id"]: a}, scopes[1], scopes[2]))
    if b["type"] == "recursive":
        return compare(a, b["shape"], path, (scopes[0], {**scopes[1], b["id"]: b}, scopes[2]))
    if a["type"] == "union":
        return first(a["options"], lambda option: compare(option, b, path, scopes))
    if a["type"] == "literal" and len(a["values"]) > 1:
        return first(a["values"], lambda value: compare({"type": "literal", "values": [value]}, b, path, scopes))
    if b["type"] == "union":
        return compare_with_union(a, b["options"], path, scopes)
    no = (path, name_of(a), name_of(b))
    kind = a["type"]
    if kind == "never":
        return None
    if kind == "integer":
        return None if b["type"] in ("integer", "number") else no
    if kind == "literal":
        return None if is_value_of(a["values"][0], b) else no
    if kind == "null" and b["type"] == "literal":
        return None if None in b["values"] else no
    if kind != b["type"]:
        return no
    if kind == "list":
        return compare(a["item"], b["item"], f"{path}[]", scopes)
    if kind == "record":
        return compare(a["value"], b["value"], f"{path}{{}}", scopes)
    if kind == "tuple":
        return compare_tuples(a, b, path, scopes)
    if kind == "object":
        return compare_fields(a, b, path, scopes)
    return None


def is_value_of(value: Any, shape: dict) -> bool:
    kind = shape["type"]
    if kind == "literal":
        return any(value == each and type(value) is type(each) for each in shape["values"])
    if value is None:
        return kind == "null"
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, str):
        return kind == "string"
    return kind == "number" or (kind == "integer" and float(value).is_integer())


def compare_refs(a: dict, b: dict, path: str, scopes: Tuple[dict, dict, frozenset]) -> Problem:
    """A recursive type fits when it does so under the assumption that it does."""
    mark = (a.get("id") if a["type"] == "ref" else None, b.get("id") if b["type"] == "ref" else None)
    if mark in scopes[2]:
        return None
    opened = [scope[shape["id"]] if shape["type"] == "ref" else shape for shape, scope in ((a, scopes[0]), (b, scopes[1]))]
    return compare(opened[0], opened[1], path, (scopes[0], scopes[1], scopes[2] | {mark}))


def compare_with_union(a: dict, options: list, path: str, scopes: tuple) -> Problem:
    found = [compare(a, option, path, scopes) for option in options]
    if None in found:
        return None
    # When one option alone differs only inside, its difference says more.
    near = [each for each in found if each and each[0] != path]
    return near[0] if len(near) == 1 else (path, name_of(a), " or ".join(map(name_of, options)))


def compare_tuples(a: dict, b: dict, path: str, scopes: tuple) -> Problem:
    if len(a["items"]) != len(b["items"]) or ("rest" in a and "rest" not in b):
        return path, name_of(a), name_of(b)
    pairs = enumerate(zip(a["items"], b["items"]))
    items = first(pairs, lambda each: compare(each[1][0], each[1][1], f"{path}[{each[0]}]", scopes))
    return items or (compare(a["rest"], b["rest"], f"{path}[]", scopes) if "rest" in a and "rest" in b else None)


def compare_arguments(a: dict, b: dict, path: str, scopes: tuple) -> Problem:
    given, expected = as_arguments(a), as_arguments(b)
    if given is None or expected is None:
        return path, name_of(a), name_of(b)

    def at(shape: dict, index: int) -> Optional[dict]:
        if index < len(shape["items"]):
            return shape["items"][index]
        return {"shape": shape["rest"], "optional": True} if "rest" in shape else None

    def of_argument(index: int) -> Problem:
        gives, expects, place = at(given, index), at(expected, index), f"{path}[{index}]"
        if expects is None:
            return None if gives.get("optional") else (place, "this argument", "none")
        if gives and (not gives.get("optional") or expects.get("optional") or gives["shape"]["type"] == "any"):
            return compare(gives["shape"], expects["shape"], place, scopes)
        if expects.get("optional"):
            return None
        return place, f"{name_of(gives['shape'])} or nothing" if gives else "nothing", name_of(expects["shape"])

    count = max(len(given["items"]), len(expected["items"]), 1 if "rest" in given and "rest" in expected else 0)
    return first(range(count), of_argument)


def as_arguments(shape: dict) -> Optional[dict]:
    if shape["type"] == "nothing":
        return {"type": "arguments", "items": []}
    return shape if shape["type"] == "arguments" else None


def compare_fields(a: dict, b: dict, path: str, scopes: tuple) -> Problem:
    def of_field(entry: Tuple[str, dict]) -> Problem:
        key, field = entry
        given, at = a["fields"].get(key), f"{path}.{key}"
        if given and (not given.get("optional") or field.get("optional")):
            return compare(given["shape"], field["shape"], at, scopes)
        if field.get("optional"):
            return None
        return at, f"{name_of(given['shape'])} or nothing" if given else "nothing", name_of(field["shape"])

    return first(b["fields"].items(), of_field)


def first(items: Iterable, find: Callable[[Any], Problem]) -> Problem:
    return next((problem for problem in map(find, items) if problem), None)


def name_of(shape: dict) -> str:
    kind = shape["type"]
    if kind == "literal":
        return " or ".join(json.dumps(value, ensure_ascii=False) for value in shape["values"])
    if kind == "union":
        return " or ".join(map(name_of, shape["options"]))
    if kind == "list":
        return f"list of {name_of(shape['item'])}"
    if kind == "recursive":
        return name_of(shape["shape"])
    return "positional arguments" if kind == "arguments" else kind


def is_plain_json(shape: dict) -> bool:
    """Whether values of a shape travel as they are: JSON has them all, and none can look like a tag."""
    kind = shape["type"]
    if kind in TAGGED or kind == "record":
        return False
    if kind == "object":
        fields = shape["fields"]
        return not any(key.startswith("$") for key in fields) and all(is_plain_json(each["shape"]) for each in fields.values())
    inner = [shape[key] for key in ("item", "shape", "rest") if key in shape]
    return all(map(is_plain_json, inner + list(shape.get("items", [])) + list(shape.get("options", []))))
