"""The JSON Schema for editors."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest

from gateway.site.document import parse
from gateway.site.schema import json_schema

SCHEMA = json_schema()
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """As much of JSON Schema 2020-12 as the site file's schema uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    options = schema.get("anyOf", schema.get("oneOf"))
    if options is not None:
        return any(fits(value, option) for option in options)
    wanted = schema.get("type")
    right_type = wanted is None or type(value) in TYPES[wanted]
    in_list = value in schema.get("enum", [value]) and value == schema.get("const", value)
    return right_type and in_list and content_fits(value, schema)


def content_fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, int | float):
        return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    if isinstance(value, list):
        firsts = schema.get("prefixItems", [])
        rest = [schema.get("items", {})] * (len(value) - len(firsts))
        enough = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return enough and all(map(fits, value, [*firsts, *rest]))
    return not isinstance(value, dict) or mapping_fits(value, schema)


def mapping_fits(value: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    if not set(schema.get("required", ())) <= set(value):
        return False
    return all(fits_under(key, item, schema) for key, item in value.items())


def fits_under(key: str, value: Any, schema: Mapping[str, Any]) -> bool:
    known = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    matching = [part for pattern, part in patterns.items() if re.search(pattern, key)]
    if key in known or matching:
        return all(fits(value, part) for part in [*matching, known.get(key, {})])
    other = schema.get("additionalProperties", True)
    return other is True or (other is not False and fits(value, other))


def demo() -> Any:
    text = (files("simulators") / "estates/demo.site.yaml").read_text("utf-8")
    return parse("demo", text, []).plain()


def register_map(level: Mapping[str, object], **keys: object) -> Any:
    points = {"level": {"address": 40001, "type": "uint16", **level}}
    return {
        **demo(),
        "registers": {"r": {"kind": "tank", "period": "1s", "points": points, **keys}},
    }


def test_the_schema_knows_register_maps() -> None:
    written = {"mask": "0x0F", "states": {"1-3": "on"}, "not_available": [7], "period": "2s"}
    assert fits(register_map(written, not_available=["0x8000", 9]), SCHEMA)
    for level in ({"bit": 16}, {"mask": -1}, {"mask": "0x"}, {"type": "int24"}, {"address": -1}):
        assert not fits(register_map(level), SCHEMA), level
    assert not fits(register_map({}, not_available=["0x8G"]), SCHEMA)
    assert not fits(register_map({}, limits={"registers": 126}), SCHEMA)


def test_the_schema_accepts_the_demo_estate_as_it_is_written() -> None:
    assert fits(demo(), SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["site", "perod"], "1s"),
        (["site", "id"], "Willow Court"),
        (["conections"], {}),
        (["connections", "broker", "port"], 70000),
        (["connections", "broker", "type"], "mqt"),
        (["connections", "plant-room", "timeout"], "soon"),
        (["devices", 0, "unit"], 248),
        (["devices", 0, "position"], [0.5]),
        (["devices", 0, "position"], [0.5, 2]),
        (["devices", 11, "rang"], [1, 2]),
        (["devices", 11, "template", "colour"], "red"),
        (["devices", 0, "rules"], {"low-level": {"when": {"belw": 1}}}),
        (["rules", 0, "priority"], "critcal"),
        (["rules", 0, "when"], {"event": "a/b", "unles": {}}),
        (["rules", 0, "latching"], "perhaps"),
    ],
)
def test_the_schema_rejects_what_the_loader_rejects(path: list[str | int], value: object) -> None:
    broken = demo()
    parent = broken
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    assert not fits(broken, SCHEMA)


def described(schema: Mapping[str, Any], where: str) -> Iterator[tuple[str, bool]]:
    for name, field in schema.get("properties", {}).items():
        # A key whose description is that of its type only refers to the type.
        part = SCHEMA["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
        yield f"{where}.{name}", bool(field.get("description") or part.get("description"))


def test_every_key_says_what_it_means() -> None:
    found = dict(described(SCHEMA, "site file"))
    for name, part in SCHEMA["$defs"].items():
        found |= dict(described(part, name))
    assert len(found) > 80
    assert [key for key, told in found.items() if not told] == []
