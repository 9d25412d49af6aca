"""Readings to take away, from the running gateway."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import Refused, Unreachable
from gateway.export import TOKEN, Wanted, export
from gateway.history.duckdb.history import DuckDbHistory
from gateway.history.protocol import Row, Sample
from gateway.model.clock import SECOND
from gateway.model.reading import Quality
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.api.test_stream import serving
from tests.gateway.samples import NOON, reading

ASKED = {
    "point": ["tank/*", "door/contact"],
    "start": "2023-11-14T22:13:20Z",
    "end": "2023-11-14T22:13:23Z",
}
ALL = Wanted(("tank/*",), "2023-11-14", "2023-11-16")


async def test_the_table_comes_as_csv_under_a_name_of_its_own(wired: Wired) -> None:
    await wired.hear(reading("tank/level", 2.0), reading("door/contact", "open", after=SECOND))
    async with await wired.program(Role.OPERATOR) as client:
        answer = await client.get("/api/v1/export", params=ASKED)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == (
            'attachment; filename="test-20231114T221320-20231114T221323.csv"'
        )
        assert answer.content.decode("utf-8-sig").splitlines()[1:] == [
            "tank/level,2023-11-15T06:13:20.000000+08:00,2.0,,,m,good",
            "door/contact,2023-11-15T06:13:21.000000+08:00,,open,,,good",
        ]
        nobody = await client.get("/api/v1/export", params={**ASKED, "point": "pump/*"})
        assert nobody.status_code == 404
        never = await client.get("/api/v1/export", params={**ASKED, "end": ASKED["start"]})
        assert never.status_code == 422


async def test_a_history_that_does_not_answer_is_503_and_no_half_table(wired: Wired) -> None:
    wired.app.state.services = replace(wired.services, history=Failing(after=0))
    async with await wired.program(Role.OPERATOR) as client:
        assert (await client.get("/api/v1/export", params=ASKED)).status_code == 503


async def test_the_command_takes_it_from_the_running_gateway(wired: Wired, tmp_path: Path) -> None:
    await wired.hear(reading("tank/level", 2.0), reading("tank/level", 3.0, after=SECOND))
    out = tmp_path / "tank.csv"
    token = {TOKEN: await wired.token(Role.OPERATOR)}
    async with serving(wired.app) as address:
        here = wired.services.site
        assert await asyncio.to_thread(export, here, out, ALL, address, token) == 2
        with pytest.raises(Refused, match=r"401|token|sign"):
            await asyncio.to_thread(export, here, out, ALL, address, {TOKEN: "gh_wrong"})
    assert out.read_text("utf-8-sig").count("tank/level") == 2


async def test_a_table_that_breaks_off_is_no_file(wired: Wired, tmp_path: Path) -> None:
    wired.app.state.services = replace(wired.services, history=Failing(after=1))
    token = {TOKEN: await wired.token(Role.OPERATOR)}
    async with serving(wired.app) as address:
        here, out = wired.services.site, tmp_path / "tank.csv"
        with pytest.raises(Unreachable, match="broke off"):
            await asyncio.to_thread(export, here, out, ALL, address, token)
    assert not [name for name in os.listdir(tmp_path) if name.startswith("tank.csv")]  # noqa: PTH208


class Failing(DuckDbHistory):
    """Does not answer any more after so many parts."""

    def __init__(self, after: int) -> None:
        super().__init__(Path("none"))
        self._after = after

    async def scan(self, *_: object) -> AsyncIterator[Sequence[Row]]:
        for n in range(self._after):
            yield [Row("tank/level", Sample(NOON + n, 1.0, Quality.GOOD))]
        raise Unreachable("influxdb", "does not answer", "wait")
