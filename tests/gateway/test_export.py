"""`gatehouse export`: a whole table under the name asked for, or none."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from gateway.errors import BadConfig, Malformed, Missing, Refused, Unreachable
from gateway.export import Wanted, export
from gateway.history.duckdb.history import DuckDbHistory
from gateway.model.clock import SECOND
from tests.gateway.samples import reading, site
from tests.servers import free_port

ALL = Wanted(("tank/*",), "2023-11-14", "2023-11-16")

HOLDER = """
import sys, duckdb
db = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder whose history holds two readings."""
    asyncio.run(_fill(tmp_path / "history.duckdb"))
    return tmp_path


async def _fill(path: Path) -> None:
    said = [reading("tank/level", 1.0), reading("tank/level", 2.5, after=SECOND)]
    async with DuckDbHistory(path) as history:
        await history.write([replace(r, seq=n) for n, r in enumerate(said, 1)], 2)


def left(folder: Path) -> list[str]:
    """What an export left behind."""
    return sorted(path.name for path in folder.iterdir() if "history" not in path.name)


def test_a_csv_of_what_the_stores_hold(filled: Path) -> None:
    out = filled / "tank.csv"
    assert export(site(filled), out, ALL, None, {}) == 2
    assert out.read_text("utf-8-sig").splitlines() == [
        "point,taken_at,number,state,event,unit,quality",
        "tank/level,2023-11-15T06:13:20.000000+08:00,1.0,,,m,good",
        "tank/level,2023-11-15T06:13:21.000000+08:00,2.5,,,m,good",
    ]
    assert left(filled) == ["tank.csv"]


def test_a_parquet_file_of_the_same(filled: Path) -> None:
    out = filled / "tank.parquet"
    assert export(site(filled), out, ALL, None, {}) == 2
    with duckdb.connect() as db:
        rows = db.execute("SELECT number FROM read_parquet($1)", [str(out)]).fetchall()
    assert rows == [(1.0,), (2.5,)]
    assert left(filled) == ["tank.parquet"]


def test_times_without_an_offset_are_the_sites(filled: Path) -> None:
    second = Wanted(("*",), "2023-11-15T06:13:21", "2023-11-15T06:13:22")
    assert export(site(filled), filled / "tank.csv", second, None, {}) == 1


def test_a_history_the_gateway_holds_is_told_with_what_to_do(filled: Path) -> None:
    (filled / "tank.csv").write_text("the one of yesterday")
    with (
        held(filled / "history.duckdb"),
        pytest.raises(Refused, match=r"in use by the running gateway; ask it: --gateway .*TOKEN"),
    ):
        export(site(filled), filled / "tank.csv", ALL, None, {})
    assert (filled / "tank.csv").read_text() == "the one of yesterday"
    assert left(filled) == ["tank.csv"]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has the file open."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(b"")


def test_what_cannot_be_exported_is_told(filled: Path, tmp_path: Path) -> None:
    here = site(filled)
    with pytest.raises(BadConfig, match="neither CSV nor Parquet"):
        export(here, filled / "tank.xlsx", ALL, None, {})
    with pytest.raises(Missing, match="points pump/\\*: match none"):
        export(here, filled / "a.csv", replace(ALL, points=("pump/*",)), None, {})
    with pytest.raises(Malformed, match="yesterday: is no ISO 8601"):
        export(here, filled / "a.csv", replace(ALL, start="yesterday"), None, {})
    with pytest.raises(Missing, match=r"history\.duckdb: is not there"):
        export(site(tmp_path / "none"), filled / "a.csv", ALL, None, {})
    with pytest.raises(Unreachable, match="cannot be written"):
        export(here, filled / "no" / "folder" / "a.csv", ALL, None, {})
    with pytest.raises(BadConfig, match="GATEHOUSE_TOKEN"):
        export(here, filled / "a.csv", ALL, "http://127.0.0.1:1", {})
    with pytest.raises(BadConfig, match="GATEHOUSE_TOKEN: holds a line break") as torn:
        export(here, filled / "a.csv", ALL, "http://127.0.0.1:1", {"GATEHOUSE_TOKEN": "gh_s\n"})
    assert "gh_s" not in str(torn.value)
    token = {"GATEHOUSE_TOKEN": "gh_none"}
    with pytest.raises(Unreachable, match="does not answer"):
        export(here, filled / "a.csv", ALL, f"http://127.0.0.1:{free_port()}", token)
    assert left(filled) == []
