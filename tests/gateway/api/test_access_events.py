"""Who went through where, over the API."""

import csv
import io
from collections.abc import Mapping
from dataclasses import replace

import pytest

from gateway.access.event_log import EventLog
from gateway.model.clock import HOUR, MINUTE
from gateway.model.point import Point, PointKind
from gateway.model.reading import Reading
from gateway.model.text import Text
from gateway.security.roles import Role
from tests.gateway.api.conftest import Wired
from tests.gateway.samples import NOON

PATH = "/api/v1/access-events"


@pytest.fixture
async def swiped(wired: Wired) -> Wired:
    """Three cards at the door; the gateway heard of the last one an hour later."""
    cards = Point("door/access", PointKind.EVENT, Text("Access", "刷卡"))
    here = wired.services.site
    door = next(device for device in here.devices if device.id == "door")
    with_reader = replace(here, devices=(replace(door, points=(*door.points, cards)),))
    log = EventLog(with_reader, wired.ledger, wired.journal, wired.clock)
    wired.services = wired.app.state.services = replace(wired.services, access_log=log)
    await swipe(log, 0, {"result": "granted", "holder": "Li Wei", "credential": "04A1"})
    await swipe(log, MINUTE, {"result": "denied", "holder": "=1+1", "reason": "expired"})
    await swipe(log, 2 * MINUTE, {"result": "granted", "holder": "王芳"}, late=HOUR)
    return wired


async def swipe(log: EventLog, after: int, value: Mapping[str, object], late: int = 0) -> None:
    at = NOON + after
    await log.write([Reading("door/access", value, at, at + late, seq=after)], after)


async def test_the_newest_come_first_with_both_times(swiped: Wired) -> None:
    async with await swiped.browser(Role.OPERATOR) as client:
        found = (await client.get(PATH)).json()
        assert [event["value"]["holder"] for event in found] == ["王芳", "=1+1", "Li Wei"]
        assert found[0]["device"] == "door"
        assert found[0]["taken_at"] == "2023-11-14T22:15:20Z"
        assert found[0]["received_at"] == "2023-11-14T23:15:20Z"


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"who": "li"}, 1),
        ({"who": "04a1", "device": "door"}, 1),
        ({"device": "gate"}, 0),
        ({"from": "2023-11-14T22:14:00Z"}, 2),
        ({"to": "2023-11-15T06:14:00+08:00"}, 1),
        ({"limit": "2"}, 2),
    ],
)
async def test_they_are_looked_for(swiped: Wired, asked: dict[str, str], count: int) -> None:
    async with await swiped.program(Role.TESTER) as client:
        assert len((await client.get(PATH, params=asked)).json()) == count


async def test_they_come_as_a_table_that_no_spreadsheet_computes(swiped: Wired) -> None:
    async with await swiped.browser(Role.OPERATOR) as client:
        answer = await client.get(f"{PATH}.csv")
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.text.startswith("\ufeff")
        rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert [row["holder"] for row in rows] == ["王芳", "'=1+1", "Li Wei"]
        assert rows[0]["taken_at"] == "2023-11-15T06:15:20+08:00"
        assert (rows[1]["what"], rows[1]["result"], rows[1]["reason"]) == (
            *("access", "denied", "expired"),
        )
