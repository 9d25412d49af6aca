"""The device kinds, register maps, profile names and step lists that Gatehouse brings, as data.

They are files of the package, so they are read once; a fault in one is a fault of the package.
"""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from gateway.site.document import Node, parse
from gateway.site.problems import BadSite, Problem

_FOLDER = "drivers/kinds"


@cache
def kinds() -> dict[str, Node]:
    """drivers/kinds/kinds/*.yaml, by kind."""
    return _folder("kinds")


@cache
def registers() -> dict[str, Node]:
    """drivers/kinds/registers/*.yaml, by profile."""
    return _folder("registers")


@cache
def mqtt_profiles() -> frozenset[str]:
    """The firmware families drivers.mqtt speaks."""
    return frozenset(str(item.value) for item in _read("profiles.yaml").get("mqtt").items)


@cache
def procedures() -> dict[str, Node]:
    """drivers/kinds/procedures.yaml, by procedure."""
    return _read("procedures.yaml").entries


def _folder(name: str) -> dict[str, Node]:
    """Its files, each by its name without `.yaml`."""
    names = sorted(file.name for file in (_data() / name).iterdir())
    of_ours = [file for file in names if file.endswith(".yaml")]
    return {file.removesuffix(".yaml"): _read(f"{name}/{file}") for file in of_ours}


def _data() -> Traversable:
    return files("drivers") / "kinds"


def _read(name: str) -> Node:
    problems: list[Problem] = []
    file = f"{_FOLDER}/{name}"
    node = parse(file, (_data() / name).read_text("utf-8"), problems)
    if problems:
        raise BadSite(file, problems)
    return node
