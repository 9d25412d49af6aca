"""What a machine wishes is done at once and on record, and nothing stands in a fire's way."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from gateway.access import handing_over
from gateway.access.authority import Asked
from gateway.access.command_book import Recorded
from gateway.access.machine import Wish
from gateway.errors import Refused, Unreachable
from gateway.model.command import LASTS_AT_MOST, Action, Command, Outcome, Result
from gateway.model.reading import Reading
from tests.gateway.access.commanded import LI, Desk
from tests.waiting import until


async def test_what_a_machine_wishes_is_done_at_once_and_on_record(desk: Desk) -> None:
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    await until(lambda: desk.door.sent)
    recorded: list[Recorded] = []
    while not recorded or recorded[0].outcome is None:
        recorded = await desk.commands.newest(10)
    assert recorded[0].command.asked_by.user == "gateway"
    assert recorded[0].outcome == Outcome(Result.CONFIRMED, "shown")


@pytest.mark.promise("S5")
async def test_nothing_stands_in_the_way_of_what_a_fire_asks_for(desk: Desk) -> None:
    desk.door.answer = None
    first = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    desk.objection = "locked-down"
    desk.commands.wish(Wish("gate", Action.OPEN, "fire"))
    await until(lambda: len(desk.door.sent) == 2)
    desk.commands.wish(Wish("gate", Action.OPEN, "plate"))
    await first
    recorded: list[Recorded] = []
    while len([each for each in recorded if each.outcome is not None]) < 3:
        recorded = await desk.commands.newest(10)
    assert [command.reason for command in desk.door.sent] == ["courier at the gate", "fire"]


@pytest.mark.promise("S5")
async def test_a_fire_releases_once_when_the_device_can_be_reached_within_its_ten_seconds(
    desk: Desk,
) -> None:
    tried: list[Command] = []
    send, now_there = desk.door.send, asyncio.Event()

    async def away(command: Command) -> None:
        tried.append(command)
        if not now_there.is_set():
            raise Unreachable("broker", "is not connected")
        await send(command)

    desk.door.send = away  # type: ignore[method-assign]
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    await until(lambda: len(tried) == 2)
    now_there.set()
    recorded: list[Recorded] = []
    while not recorded or recorded[0].outcome is None:
        recorded = await desk.commands.newest(10)
    assert recorded[0].outcome.result is Result.CONFIRMED
    assert [command.id for command in desk.door.sent] == [recorded[0].command.id]


async def test_a_fire_gives_a_device_up_that_cannot_be_reached_in_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_over, "TRIED_UNTIL", LASTS_AT_MOST)
    desk.door.fault = Unreachable("broker", "is not connected")
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    while await desk.told() is None:
        await asyncio.sleep(0)
    assert (await desk.told(), desk.door.sent) == ("failed", [])


async def test_a_person_cannot_ask_in_the_name_of_a_fire(desk: Desk) -> None:
    desk.objection = "locked-down"
    assert (await desk.commands.ask(Asked("gate", Action.OPEN, "fire"), LI)).code == "locked-down"


async def test_a_ledger_that_is_gone_holds_no_wish_up(desk: Desk) -> None:
    async def down(*_: object) -> None:
        raise Unreachable("ledger", "is gone")

    desk.book.begin = desk.book.end = down  # type: ignore[method-assign,assignment]  # gone
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    await until(lambda: desk.door.sent)
    while await desk.told() is None:
        await asyncio.sleep(0)
    assert await desk.told() == "confirmed"


@pytest.mark.promise("S5")
async def test_a_ledger_that_hangs_holds_no_fire_up(desk: Desk) -> None:
    begin, goes_on = desk.book.begin, asyncio.Event()

    async def hung(command: Command, second: str | None = None) -> None:
        await goes_on.wait()
        await begin(command, second)

    desk.book.begin = hung  # type: ignore[method-assign]  # a ledger that hangs
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    await until(lambda: desk.door.sent)
    goes_on.set()
    recorded: list[Recorded] = []
    while not recorded or recorded[0].outcome is None:
        recorded = await desk.commands.newest(10)
    assert recorded[0].outcome.result is Result.CONFIRMED


@pytest.mark.promise("S5")
async def test_a_journal_that_hangs_holds_no_fire_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, goes_on = desk.journal.append, asyncio.Event()

    async def hung(readings: Sequence[Reading]) -> None:
        if any(reading.point == "gate/order" for reading in readings):
            await goes_on.wait()
        await append(readings)

    monkeypatch.setattr(desk.journal, "append", hung)
    desk.commands.wish(Wish("gate", Action.LOCK_OPEN, "fire"))
    await until(lambda: desk.door.sent)
    goes_on.set()
    while await desk.told() is None:
        await asyncio.sleep(0)
    assert await desk.told() == "confirmed"


async def test_a_wish_that_no_device_knows_is_told_in_the_log(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.commands.wish(Wish("gate", Action.SWITCH_ON, "breach"))
    assert "gate cannot be asked to switch-on" in caplog.text


async def ordered(desk: Desk) -> list[tuple[object, bool]]:
    """What the gate's machine was told, oldest first: action, and whether it came to nothing."""
    batch = await anext(desk.journal.follow(0))
    told = (r.value for r in batch if r.point == "gate/order")
    return [(v["action"], bool(v.get("withdrawn"))) for v in told if isinstance(v, Mapping)]


async def test_a_devices_machine_is_told_before_the_device_can_obey(desk: Desk) -> None:
    await desk.ask()
    batch = await anext(desk.journal.follow(0))
    said = [r.point for r in batch]
    assert said.index("gate/order") < said.index("gate/lock")
    assert await ordered(desk) == [("open", False)]


@pytest.mark.parametrize(
    "fault", [Refused("gate", "no such action"), Unreachable("broker", "away")]
)
async def test_what_came_to_nothing_is_taken_back(desk: Desk, fault: Exception) -> None:
    desk.door.fault = fault
    await desk.ask()
    assert await ordered(desk) == [("open", False), ("open", True)]


async def test_what_the_gateway_wishes_waits_for_what_is_under_way(desk: Desk) -> None:
    desk.door.answer = None
    tasks = len(asyncio.all_tasks())
    asked = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    desk.commands.wish(Wish("gate", Action.UNLOCK, "office-hours"))
    assert (await asked).result is Result.UNKNOWN
    await until(lambda: len(desk.door.sent) == 2)
    assert desk.door.sent[1].action is Action.UNLOCK
    recorded: list[Recorded] = []
    while not recorded or recorded[0].outcome is None:
        recorded = await desk.commands.newest(10)
    await until(lambda: len(asyncio.all_tasks()) <= tasks)


async def test_what_the_gateway_holds_waits_for_nothing_a_device_does(desk: Desk) -> None:
    desk.door.answer = None
    asked = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    assert (await desk.ask(Action.LOCK_DOWN)).result is Result.CONFIRMED
    assert (await asked).result is Result.UNKNOWN
