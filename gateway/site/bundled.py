"""The device kinds, register maps and profile names that Gatehouse brings, as data."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from gateway.site.document import Node, parse
from gateway.site.problems import Problem

_FOLDER = "drivers/kinds"


def kinds(problems: list[Problem]) -> dict[str, Node]:
    """drivers/kinds/kinds.yaml, by kind."""
    return _read(_data() / "kinds.yaml", problems).entries


def registers(problems: list[Problem]) -> dict[str, Node]:
    """drivers/kinds/registers/*.yaml, by profile: the file's name without `.yaml`."""
    maps = sorted((_data() / "registers").iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".yaml"): _read(file, problems, "registers/")
        for file in maps
        if file.name.endswith(".yaml")
    }


@cache
def mqtt_profiles() -> frozenset[str]:
    """The firmware families drivers.mqtt speaks."""
    listed = _read(_data() / "profiles.yaml", []).get("mqtt").items
    return frozenset(str(item.value) for item in listed)


def _data() -> Traversable:
    return files("drivers") / "kinds"


def _read(file: Traversable, problems: list[Problem], folder: str = "") -> Node:
    return parse(f"{_FOLDER}/{folder}{file.name}", file.read_text("utf-8"), problems)
