"""Pydantic's findings → problems with places, in words for the person who edits the file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.site.document import Node
from gateway.site.problems import Problem, suggestion

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


def checked(model: type[Model], node: Node, problems: list[Problem]) -> Model | None:
    """The node as that model; None when it does not fit, with the reasons in `problems`."""
    found, _ = validated(model, node, problems)
    return found


def validated(
    model: type[Model], node: Node, problems: list[Problem]
) -> tuple[Model | None, set[Location]]:
    """Like `checked`; also where it is wrong: keys and indexes on the way there."""
    try:
        return model.model_validate(node.plain()), set()
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems.extend(_problem(model, node, detail) for detail in details)
    return None, {detail["loc"] for detail in details}


def _problem(model: type[BaseModel], root: Node, detail: ErrorDetails) -> Problem:
    location = detail["loc"]
    node, name = _walked(root, location)
    match detail["type"], location:
        case "missing", (*_, int(index)):
            return Problem(node.at, f"item {index + 1} is missing", "expected a longer list")
        case "missing", (*_, key):
            means = _means(model, location)
            return Problem(node.at, f"key '{key}' is missing", f"expected {means}")
        case "extra_forbidden", (*way, _):
            known = _keys(model, tuple(way))
            return Problem(node.key, f"unknown key {name}", suggestion(name.strip("'"), known))
        case _, (*_, "[key]"):
            return Problem(node.key, f"{name} cannot be a key here", _expected(detail))
        case "union_tag_not_found", _:
            known = [word for part in _parts(model, location) for word in _type_words(part)]
            return Problem(node.at, "key 'type' is missing", f"expected one of: {', '.join(known)}")
        case "union_tag_invalid", _:
            node, name = node.get("type"), "'type'"
    shown = "not right" if _TELLING.intersection(location) else _shown(name, node)
    return Problem(node.at, f"{name} is {shown}", _expected(detail))


def _walked(root: Node, location: Location) -> tuple[Node, str]:
    """The node at that location, or as far as there is one, and what to call it."""
    node, name = root, "the file"
    for step in location:
        child = node.child(step)
        if child is not None:
            node, name = child, f"item {step + 1}" if isinstance(step, int) else f"'{step}'"
    return node, name


_MEANT = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dict_type": "a mapping (key: value)",
    "list_type": "a list",
    "tuple_type": "a list",
}


_BOUNDS = {
    "gt": "more than",
    "ge": "at least",
    "min_length": "at least",
    "le": "at most",
    "max_length": "at most",
}


def _expected(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in {"enum", "literal_error", "union_tag_invalid"}:
        known = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags"))))
        given = context.get("tag", detail["input"])
        return (
            suggestion(given, known) if isinstance(given, str) else f"expected {', '.join(known)}"
        )
    if kind == "string_type" and isinstance(detail["input"], int | float):
        return "expected text: put it in quotes"
    for bound, clause in _BOUNDS.items():
        if bound in context:
            return f"expected {clause} {context[bound]:g}"
    return f"expected {_MEANT[kind]}" if kind in _MEANT else detail["msg"]


def _shown(name: str, node: Node) -> str:
    """The value, short, on one line and without secrets."""
    value = node.value
    if name in _SECRETS:
        return "not right"
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "not right" if value else "empty"
    if isinstance(value, bool):
        return str(value).lower()
    text = re.sub(r"//[^/@]*@", "//…@", str(value))
    text = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
    return repr(text) if isinstance(value, str) else text


_SECRETS = frozenset({"'password'", "'token'", "'ledger'", "'secret'"})
_TELLING = frozenset({"notices", "webhooks", "heartbeat"})
"""Parts whose URLs are secrets as a whole."""
_SHOWN = 60

# --- the model at a location -------------------------------------------------------------------


def _keys(model: type[BaseModel], location: Location) -> list[str]:
    """Every key that the mapping at that location may have."""
    return [key for part in _parts(model, location) for key in _aliases(part)]


def _means(model: type[BaseModel], location: Location) -> str:
    """The key at that location, and its description."""
    key = str(location[-1])
    fields = [_aliases(part).get(key) for part in _parts(model, location[:-1])]
    told = next((field.description for field in fields if field and field.description), "")
    first = told.strip().partition("\n")[0].rstrip(".")
    return f"{key} ({first[:1].lower() + first[1:]})" if first else key


def _aliases(part: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field for name, field in part.model_fields.items()}


def _parts(model: type[BaseModel], location: Location) -> list[type[BaseModel]]:
    """The models that may stand at that location of `model`."""
    parts: list[Any] = [model]
    for step in location:
        parts = [inner for part in parts for inner in _inside(part, step)] or _tagged(parts, step)
    return [leaf for part in parts for leaf in _leaves(part) if _is_model(leaf)]


def _inside(kind: Any, step: int | str) -> Iterator[Any]:
    """The types one step further down."""
    for leaf in _leaves(kind):
        if _is_model(leaf):
            field = _aliases(leaf).get(str(step))
            if field is not None:
                yield field.annotation
        elif get_origin(leaf) in {list, tuple}:
            yield get_args(leaf)[0]
        elif get_origin(leaf) is dict:
            yield get_args(leaf)[1]


def _tagged(parts: Iterable[Any], step: int | str) -> list[Any]:
    """Pydantic puts a union's tag into the location: only the member with that tag is meant."""
    leaves = [leaf for part in parts for leaf in _leaves(part)]
    chosen = [leaf for leaf in leaves if _is_model(leaf) and step in _type_words(leaf)]
    return chosen or leaves


def _type_words(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("type")
    return get_args(field.annotation) if field is not None else ()


def _leaves(kind: Any) -> Iterator[Any]:
    """The members of a union, without annotations."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _leaves(get_args(kind)[0])
    elif origin in {Union, UnionType}:
        for member in get_args(kind):
            yield from _leaves(member)
    elif origin is not Literal:
        yield kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
