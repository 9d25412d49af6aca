"""Bypassed zones: from the journal into the ledger, and onto the hand-over sheet."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec

from gateway.access.zone_state import ZoneState
from gateway.alarms.service import AlarmService
from gateway.desk.sheet import SheetWriter
from gateway.desk.tickets import TicketBook
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.ledger.tables import access
from gateway.ledger.upsert import upsert
from gateway.model.clock import MINUTE, SECOND
from gateway.model.handover import Unwatched
from gateway.model.point import UNKNOWN_STATE, Point, PointKind
from gateway.model.reading import Quality, Reading, Value
from gateway.model.text import Text
from gateway.site.model import Site
from tests.gateway.samples import NOON, reading, site

BYPASS = "zone/bypass"
PLACE = Text("Place of zone", "zone处")


def with_bypass(folder: Path) -> Site:
    """A site whose zone tells of its bypass, and whose other devices do not."""
    here, states = site(folder), ("active", "bypassed")
    point = Point(BYPASS, PointKind.STATE, Text("Bypass", "旁路"), states=states, period=MINUTE)
    devices = [
        replace(device, points=(*device.points, point)) if device.id == "zone" else device
        for device in here.devices
    ]
    return replace(here, devices=tuple(devices))


def told(value: Value, after: int, quality: Quality = Quality.GOOD) -> Reading:
    """What the zone says `after` so many seconds."""
    return reading(BYPASS, value, after * SECOND, quality)


def unwatched(state: str | None, since: int | None, unknown_since: int | None) -> Unwatched:
    """The zone's line on the sheet; since so many seconds after NOON."""
    instants = (None if at is None else NOON + at * SECOND for at in (since, unknown_since))
    return Unwatched("zone", PLACE, state, *instants)


@asynccontextmanager
async def followed(here: Site, folder: Path, ledger: Ledger) -> AsyncIterator[Journal]:
    """A journal that an alarm service follows; at the end it has dealt with all of it."""
    async with Journal(folder / "journal.db") as journal:
        announce = TicketBook().announce
        service = AlarmService(here, journal, ledger, Feed(), lambda: NOON, announce)
        task = asyncio.create_task(service.run())
        try:
            yield journal
            await service.passed(journal.last_seq)
        finally:
            task.cancel()
            await asyncio.wait([task])


async def bypassed(here: Site, ledger: Ledger) -> list[Unwatched]:
    """As the sheet has it."""
    writer = SheetWriter(here)
    sheet = await ledger.transact(lambda db: writer.write(db, 1, NOON, NOON + MINUTE))
    return list(sheet.bypassed)


async def test_a_zone_is_on_the_sheet_while_it_is_bypassed_or_that_is_not_known(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = with_bypass(tmp_path)
    assert await bypassed(here, ledger) == [unwatched(None, None, None)]
    steps: tuple[tuple[Reading, list[Unwatched]], ...] = (
        (told("active", 0), []),
        (told("bypassed", 5), [unwatched("bypassed", 5, None)]),
        (told("bypassed", 25), [unwatched("bypassed", 5, None)]),
        (told("bypassed", 86, Quality.STALE), [unwatched("bypassed", 5, 86)]),
        (told(None, 206, Quality.OFFLINE), [unwatched("bypassed", 5, 86)]),
        (told("bypassed", 300), [unwatched("bypassed", 5, None)]),
        (told("active", 310), []),
        (told(None, 320, Quality.OFFLINE), [unwatched("active", 310, 320)]),
        (told(UNKNOWN_STATE, 330), [unwatched("active", 310, 320)]),
        (told("active", 340), []),
        (told(UNKNOWN_STATE, 350), [unwatched("active", 310, 350)]),
        (told("bypassed", 360), [unwatched("bypassed", 360, None)]),
    )
    for said, expected in steps:
        async with followed(here, tmp_path, ledger) as journal:
            await journal.append([said])
        assert await bypassed(here, ledger) == expected


async def test_what_came_before_the_zone_was_asked_for_its_bypass_counts(
    tmp_path: Path, ledger: Ledger
) -> None:
    async with followed(site(tmp_path), tmp_path, ledger) as journal:
        await journal.append([told("bypassed", 5), reading("tank/level", 0.5, MINUTE)])
    assert await bypassed(site(tmp_path), ledger) == []
    here = with_bypass(tmp_path)
    async with followed(here, tmp_path, ledger) as journal:
        await journal.append([reading("tank/level", 2.0, 2 * MINUTE)])
    assert await bypassed(here, ledger) == [unwatched("bypassed", 5, None)]


async def test_where_the_gateway_holds_the_bypass_its_end_is_on_the_sheet(
    tmp_path: Path, ledger: Ledger
) -> None:
    here = with_bypass(tmp_path)
    kept = ZoneState(bypassed={"north/line": NOON + MINUTE, "south/line": NOON + 2 * MINUTE})
    rows = [{"machine": "zone", "state": msgspec.to_builtins(kept)}]
    await ledger.transact(lambda db: upsert(db, access.access_state, rows))
    async with followed(here, tmp_path, ledger) as journal:
        await journal.append([told("bypassed", 5)])
    (found,) = await bypassed(here, ledger)
    assert found == replace(unwatched("bypassed", 5, None), until=NOON + 2 * MINUTE)


async def test_a_retained_word_is_not_known_to_be_so(tmp_path: Path, ledger: Ledger) -> None:
    here = with_bypass(tmp_path)
    async with followed(here, tmp_path, ledger) as journal:
        await journal.append([told("active", 5, Quality.STALE)])
    assert await bypassed(here, ledger) == [unwatched(None, None, 5)]
