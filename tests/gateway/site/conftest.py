"""Site files written and loaded by the tests."""

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from textwrap import dedent

import pytest

from gateway.site.load import load_site
from gateway.site.model import Site
from gateway.site.problems import BadSite

HEAD = """\
site: {id: court, name: Court, time_zone: Asia/Shanghai, data: data}
connections:
  plant: {type: modbus-tcp, host: 127.0.0.1, port: 1502}
  broker: {type: mqtt, host: 127.0.0.1, client_id: court}
  cameras: {type: rtsp}
"""
"""A sound site with a connection of each type and nothing on them: lines 1 to 5."""

Load = Callable[..., Site]
Told = Callable[..., list[str]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads HEAD followed by the text given; `whole=True` loads the text alone."""

    def load(text: str, whole: bool = False, **environ: str) -> Site:
        file = tmp_path / "estate.yaml"
        file.write_text(dedent(text) if whole else HEAD + dedent(text), "utf-8")
        return load_site(file, environ)

    return load


@pytest.fixture
def told(load: Load) -> Told:
    """What is told of a bad file, without the places: those are marked in it by `¦`, each right
    before what is wrong, and compared here. `¦¦` marks a place with two problems."""

    def told(text: str, whole: bool = False, **environ: str) -> list[str]:
        with pytest.raises(BadSite) as caught:
            load(text.replace("¦", ""), whole, **environ)
        problems = caught.value.problems
        found = [(problem.line, problem.column) for problem in problems]
        assert found == _marked(dedent(text) if whole else HEAD + dedent(text)), caught.value
        return [f"{problem.what}; {problem.expected}" for problem in problems]

    return told


def _marked(text: str) -> list[tuple[int, int]]:
    places = []
    for number, line in enumerate(text.split("\n"), start=1):
        parts = line.split("¦")[:-1]
        columns = accumulate(len(part) for part in parts)
        places += [(number, column + 1) for column in columns]
    return places
