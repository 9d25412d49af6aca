"""Whatever stands in a site file, the loader answers with a Site or with BadSite."""

import json
from collections.abc import Mapping
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.site.document import parse
from gateway.site.load import load_site
from gateway.site.model import Site
from gateway.site.problems import BadSite
from gateway.site.schema import json_schema

DEMO = (files("simulators") / "estates/demo.site.yaml").read_text("utf-8")
KEYS = sorted(
    {key for part in json_schema()["$defs"].values() for key in part.get("properties", {})}
    | {"site", "devices", "rules", "kinds", "registers", "connections", "tank", "low-level", "<<"}
)
WORDS = [
    "tank",
    "demo-tank",
    "mqtt",
    "modbus-tcp",
    "rtsp",
    "all",
    "5s",
    "{n}",
    "${X}",
    "a/b",
    "number",
]

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text()
)
structures = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=6)
    ),
    max_leaves=25,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sites")


def answers(folder: Path, raw: bytes, environ: Mapping[str, str] | None = None) -> Site | None:
    """The site, or None where the file is refused as it should be."""
    file = folder / "site.yaml"
    file.write_bytes(raw)
    try:
        return load_site(file, environ or {})
    except BadSite as refused:
        problems = refused.problems
    assert problems
    for problem in problems:
        assert min(problem.line, problem.column) >= 1
        assert problem.what
        assert problem.expected
        assert str(problem).encode().count(b"\n") == 0
    return None


@given(raw=st.binary(max_size=200))
def test_any_bytes(folder: Path, raw: bytes) -> None:
    answers(folder, raw)


@given(text=st.text(alphabet=":-[]{}&*!|>'\"#%@`,?~<>=.\\ \n\t01axeE_$", max_size=80))
def test_any_yaml_like_text(folder: Path, text: str) -> None:
    answers(folder, text.encode())


@given(value=structures)
def test_any_structure(folder: Path, value: object) -> None:
    answers(folder, json.dumps(value, ensure_ascii=True).encode())


@given(start=st.integers(0, len(DEMO)), length=st.integers(0, 40), put=st.text(max_size=10))
def test_the_demo_with_any_piece_replaced(folder: Path, start: int, length: int, put: str) -> None:
    text = DEMO[:start] + put + DEMO[start + length :]
    answers(folder, text.encode("utf-8", "surrogatepass"))


def paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside."""
    found = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        found.append((*way, key))
        found += paths(item, (*way, key)) if isinstance(item, dict | list) else []
    return found


@given(data=st.data(), value=structures)
def test_the_demo_with_any_value_replaced(folder: Path, data: st.DataObject, value: object) -> None:
    demo: Any = parse("demo", DEMO, []).plain()
    path = data.draw(st.sampled_from(paths(demo)))
    parent = reduce(lambda inner, step: inner[step], path[:-1], demo)
    parent[path[-1]] = value
    answers(folder, json.dumps(demo).encode())


@given(value=st.text() | st.integers(-1, 70000).map(str))
def test_any_value_of_a_variable(folder: Path, value: str) -> None:
    site = answers(folder, DEMO.encode(), {"GATEHOUSE_PORT": value})
    if site is not None:
        assert site.listen == ("127.0.0.1", int(value or 8080))
