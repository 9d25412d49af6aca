"""Who went through where is on record once, with both times, and found again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gateway.access.event_log import KEPT, NAME, EventLog, Wanted
from gateway.history.follower import Follower
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.model.clock import HOUR, MINUTE, SECOND
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.site.model import Site
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import NOON, site
from tests.waiting import until

NAMES = Text("Access", "刷卡")
CARD = {"result": "granted", "holder": "Li Wei", "credential": "04A1", "direction": "in"}


@pytest.fixture
def estate(tmp_path: Path) -> Site:
    here = site(tmp_path)
    events = tuple(
        Point(f"door/{name}", PointKind.EVENT, NAMES) for name in ("access", "passage", "order")
    )
    devices = tuple(
        replace(device, points=(*device.points, *events)) if device.id == "door" else device
        for device in here.devices
    )
    return replace(here, devices=devices)


@pytest.fixture
async def ledger(new_ledger_url: str) -> AsyncIterator[Ledger]:
    """On each database there is."""
    async with Ledger(new_ledger_url) as ledger:
        yield ledger


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def log(estate: Site, ledger: Ledger, journal: Journal, clock: HandClock) -> EventLog:
    return EventLog(estate, ledger, journal, clock)


@pytest.fixture
async def follower(log: EventLog, journal: Journal) -> AsyncIterator[Follower]:
    follower = Follower(log, NAME, sleep=lambda _: asyncio.sleep(0))
    running = asyncio.create_task(follower.run(journal))
    yield follower
    running.cancel()
    await asyncio.wait([running])


def card(after: int = 0, late: int = 0, **changes: object) -> Reading:
    """A card `after` NOON, of which the gateway hears `late`."""
    at = NOON + after
    return Reading("door/access", {**CARD, **changes}, at, at + late)


async def hear(journal: Journal, follower: Follower, *readings: Reading) -> None:
    await journal.append(readings)
    await until(lambda: follower.cursor >= journal.last_seq)


async def holders(log: EventLog, wanted: Wanted = Wanted(), limit: int = 10) -> list[object]:
    return [event.value["holder"] for event in await log.newest(wanted, limit)]


async def test_an_event_is_on_record_with_the_devices_time_and_the_gateways(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(journal, follower, card(late=HOUR))
    (event,) = await log.newest(Wanted(), 10)
    assert (event.device, event.point, event.value) == ("door", "door/access", CARD)
    assert (event.taken_at, event.received_at) == (NOON, NOON + HOUR)
    assert log.count == 1


async def test_events_come_in_the_order_in_which_the_gateway_heard_of_them(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(journal, follower, card(MINUTE, holder="second"))
    await hear(journal, follower, card(0, late=HOUR, holder="buffered"))
    await hear(journal, follower, card(0, late=HOUR, holder="buffered too"))
    assert await holders(log) == ["buffered too", "buffered", "second"]
    assert await holders(log, limit=2) == ["buffered too", "buffered"]
    newest = await log.newest(Wanted(), 1)
    assert [e.value["holder"] for e in await log.newest(Wanted(), 9, newest[-1])] == [
        *("buffered", "second")
    ]


async def test_what_is_told_twice_or_read_again_is_on_record_once(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(journal, follower, card(), card(), card(holder="another at the same instant"))
    everything = [batch async for batch in _first(journal)]
    await log.write(everything[0], journal.last_seq)
    assert sorted(map(str, await holders(log))) == ["Li Wei", "another at the same instant"]


async def test_orders_states_and_what_is_not_known_for_sure_are_left_out(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(
        journal,
        follower,
        Reading("door/order", {"action": "open"}, NOON, NOON),
        Reading("door/contact", "open", NOON, NOON),
        Reading("door/access", CARD, NOON, NOON, Quality.STALE),
        Reading("door/access", None, NOON, NOON, Quality.OFFLINE),
        Reading("gone/access", CARD, NOON, NOON),
    )
    assert await log.newest(Wanted(), 10) == []


async def test_it_is_found_by_device_holder_credential_plate_and_time(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(
        journal,
        follower,
        card(),
        card(MINUTE, holder="王芳", credential="77%_x"),
        Reading("door/passage", {"plate": "京A·12345", "holder": "Zhao"}, NOON, NOON),
    )
    assert await holders(log, Wanted(device="gate")) == []
    assert await holders(log, Wanted(device="door", who="li WEI")) == ["Li Wei"]
    assert await holders(log, Wanted(who="王")) == ["王芳"]
    assert await holders(log, Wanted(who="7%_")) == ["王芳"]
    assert await holders(log, Wanted(who="a·123")) == ["Zhao"]
    assert await holders(log, Wanted(who="%")) == ["王芳"]
    assert await holders(log, Wanted(start=NOON + SECOND)) == ["王芳"]
    assert await holders(log, Wanted(start=NOON, end=NOON + SECOND)) == ["Zhao", "Li Wei"]


async def test_after_a_restart_it_goes_on_where_it_was(
    estate: Site, ledger: Ledger, journal: Journal, clock: HandClock
) -> None:
    await journal.append([card()])
    for count in (1, 2):
        log = EventLog(estate, ledger, journal, clock)
        follower = Follower(log, NAME, sleep=lambda _: asyncio.sleep(0))
        running = asyncio.create_task(follower.run(journal))
        await until(partial(_is_done, follower, journal))
        running.cancel()
        await asyncio.wait([running])
        assert len(await log.newest(Wanted(), 10)) == count
        assert await log.cursor() == journal.last_seq
        await journal.append([card(count * MINUTE)])


async def test_a_year_later_it_is_forgotten(
    log: EventLog, journal: Journal, follower: Follower, clock: HandClock
) -> None:
    await hear(journal, follower, card())
    clock.now = NOON + KEPT + 2 * HOUR
    await hear(journal, follower, card(KEPT + 2 * HOUR, holder="new"))
    assert await holders(log) == ["new"]


async def test_hostile_texts_are_kept_and_found(
    log: EventLog, journal: Journal, follower: Follower
) -> None:
    await hear(journal, follower, card(holder="=cmd\0|' OR 1=1" + "x" * 5_000, credential=[1]))
    (event,) = await log.newest(Wanted(who="' or 1=1"), 10)
    assert len(str(event.value["holder"])) > 5_000


def _is_done(follower: Follower, journal: Journal) -> bool:
    return follower.cursor >= journal.last_seq


async def _first(journal: Journal) -> AsyncIterator[list[Reading]]:
    async for batch in journal.follow(NOON):
        yield list(batch)
        return
