"""A command is authorised, on record, sent once, and confirmed by a reading or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.access import commands
from gateway.access.authority import Asked
from gateway.access.command_book import CommandBook, Recorded
from gateway.access.commands import Commands
from gateway.access.machine import Wish
from gateway.errors import GatehouseError, Missing, Refused, Unanswered, Unreachable
from gateway.feed import Feed
from gateway.journal.journal import Journal
from gateway.ledger.ledger import Ledger
from gateway.live import Live
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MILLISECOND, SECOND, Micros
from gateway.model.command import LASTS_AT_MOST, Action, Command, Outcome, Result
from gateway.model.point import Point, PointKind
from gateway.model.reading import Quality, Reading
from gateway.model.text import Text
from gateway.security.audit_trail import AuditTrail, Wanted
from gateway.site.access_model import DoorSettings
from gateway.site.model import AccessSettings, Confirmation, Device, MqttAddress, Site
from tests.gateway.samples import NOON, site
from tests.waiting import until

LI = Actor("li", "operator", "desk-1")
UNLOCKED = Confirmation("gate/lock", frozenset({"unlocked"}), 200 * MILLISECOND)


def _state(name: str, *states: str, derived: bool = False) -> Point:
    text = Text(name, name)
    return Point(f"gate/{name}", PointKind.STATE, text, states=states, derived=derived)


GATE = Device(
    id="gate",
    kind="door",
    name=Text("Gate", "大门"),
    place=Text("Gate", "大门"),
    connection="broker",
    address=MqttAddress("gatehouse-json", "gate"),
    points=(
        _state("lock", "locked", "unlocked"),
        _state("mode", "locked", "locked-down", derived=True),
        _state("command", "confirmed", "failed", derived=True),
        Point("gate/order", PointKind.EVENT, Text("Order", "指令"), derived=True),
    ),
    commands={
        Action.OPEN: UNLOCKED,
        Action.UNLOCK: UNLOCKED,
        Action.LOCK_OPEN: UNLOCKED,
        Action.LOCK_DOWN: Confirmation("gate/mode", frozenset({"locked-down"}), 200 * MILLISECOND),
    },
)


class Door:
    """A fake of the connection and the door behind it: `answers` what it does with a command."""

    def __init__(self, journal: Journal, clock: Callable[[], Micros]) -> None:
        self.journal, self.clock = journal, clock
        self.name = "broker"
        self.sent: list[Command] = []
        self.fault: Exception | None = None
        self.answer: Reading | None = Reading("gate/lock", "unlocked", NOON, NOON)

    async def send(self, command: Command) -> None:
        if self.fault is not None:
            raise self.fault
        self.sent.append(command)
        if self.answer is not None:
            await self.journal.append([self.answer])


class Desk:
    """Commands over real stores. `objection` is what speaks against all of them."""

    def __init__(self, estate: Site, journal: Journal, live: Live, ledger: Ledger) -> None:
        self.now = NOON
        self.estate, self.journal, self.live, self.ledger = estate, journal, live, ledger
        self.door = Door(journal, lambda: self.now)
        self.held = Door(journal, lambda: self.now)
        self.held.answer = Reading("gate/mode", "locked-down", NOON, NOON)
        self.objection: str | None = None
        self.book = CommandBook(ledger)
        self.restart()

    def restart(self, settings: AccessSettings | None = None) -> None:
        self.commands = Commands(
            self.estate if settings is None else replace(self.estate, access=settings),
            {"broker": self.door},
            self.held,
            lambda _device, _action: self.objection,
            self.journal,
            self.live,
            self.book,
            lambda: self.now,
        )

    async def ask(self, action: Action = Action.OPEN, who: Actor = LI, **more: object) -> Outcome:
        asked = Asked("gate", action, "courier at the gate")
        return await self.commands.ask(replace(asked, **more), who)  # type: ignore[arg-type]

    async def audited(self) -> list[tuple[str, str, str]]:
        """Who, what, and what came of it, oldest first."""
        trail = AuditTrail(self.ledger).oldest(Wanted())
        return [(entry.who, entry.act, entry.after) async for entry in trail]

    async def told(self) -> object:
        """What the point that alarms hang on says."""
        newest = await self.journal.latest()
        return newest["gate/command"].value if "gate/command" in newest else None


@pytest.fixture
async def desk(tmp_path: Path, journal: Journal, ledger: Ledger) -> AsyncIterator[Desk]:
    estate = replace(site(tmp_path), devices=(GATE,))
    live = Live(estate.points.keys(), journal, Feed())
    following = asyncio.create_task(live.follow(await live.start()))
    yield Desk(estate, journal, live, ledger)
    following.cancel()
    await asyncio.wait([following])


async def test_a_command_is_confirmed_by_a_reading_that_came_after_it(desk: Desk) -> None:
    assert await desk.ask() == Outcome(Result.CONFIRMED, "shown")
    (sent,) = desk.door.sent
    assert (sent.device, sent.action, sent.asked_by) == ("gate", Action.OPEN, LI)
    assert sent.expires_at - sent.asked_at <= LASTS_AT_MOST
    assert await desk.told() == "confirmed"
    assert await desk.audited() == [
        ("li", "command asked", ""),
        ("li", "command confirmed", "confirmed: shown"),
    ]


@pytest.mark.promise("S2")
async def test_every_command_has_an_id_of_its_own(desk: Desk) -> None:
    for _ in range(3):
        await desk.ask()
    assert len({command.id for command in desk.door.sent}) == 3


@pytest.mark.promise("S3")
async def test_having_been_sent_confirms_nothing(desk: Desk) -> None:
    desk.door.answer = None
    outcome = await desk.ask()
    assert (outcome.result, outcome.code) == (Result.UNKNOWN, "not-shown")
    assert await desk.told() == "unknown"


@pytest.mark.promise("S3")
@pytest.mark.parametrize(
    "answer",
    [
        Reading("gate/lock", "locked", NOON, NOON),
        Reading("gate/lock", "unknown", NOON, NOON),
        Reading("gate/lock", "unlocked", NOON, NOON, Quality.STALE),
        Reading("gate/lock", None, NOON, NOON, Quality.OFFLINE),
        Reading("gate/lock", "unlocked", NOON - HOUR, NOON),
        Reading("gate/mode", "locked", NOON, NOON),
    ],
    ids=["another state", "an unknown word", "retained", "offline", "buffered", "another point"],
)
async def test_no_other_reading_confirms_it(desk: Desk, answer: Reading) -> None:
    if answer.taken_at < NOON:  # it is not what live knows of the door now either
        await desk.journal.append([answer, Reading("gate/lock", "locked", NOON, NOON)])
        desk.door.answer = None
    else:
        desk.door.answer = answer
    assert (await desk.ask()).result is Result.UNKNOWN


async def test_a_device_that_was_so_already_need_not_say_it_again(desk: Desk) -> None:
    await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])
    desk.door.answer = None
    assert await desk.ask(Action.UNLOCK) == Outcome(Result.CONFIRMED, "unchanged")


@pytest.mark.parametrize(
    ("who", "more", "code"),
    [
        (Actor("ming", "tester"), {}, "not-allowed"),
        (Actor("li", "nobody"), {}, "not-allowed"),
        (Actor("wu", "engineer"), {"action": Action.LOCK_OPEN}, "not-allowed"),
        (LI, {"action": Action.ARM}, "unknown-action"),
        (LI, {"reason": " "}, "no-reason"),
        (LI, {"reason": "x" * 501}, "reason-too-long"),
    ],
)
async def test_what_is_refused_is_not_sent_and_is_on_record(
    desk: Desk, who: Actor, more: dict[str, object], code: str
) -> None:
    assert await desk.ask(who=who, **more) == Outcome(Result.REFUSED, code)  # type: ignore[arg-type]  # test's own
    assert desk.door.sent == []
    assert await desk.audited() == [(who.user, "command refused", f"refused: {code}")]
    assert await desk.told() is None


async def test_a_second_factor_and_a_second_person_are_asked_for_where_the_site_says_so(
    desk: Desk,
) -> None:
    desk.restart(AccessSettings(frozenset({Action.OPEN}), frozenset({Action.UNLOCK})))
    assert (await desk.ask()).code == "second-factor-missing"
    assert (await desk.ask(proved=True)).result is Result.CONFIRMED
    assert (await desk.ask(Action.UNLOCK)).code == "second-person-missing"
    assert (await desk.ask(Action.UNLOCK, second="li")).code == "second-person-missing"
    assert (await desk.ask(Action.UNLOCK, second="wang")).result is Result.CONFIRMED
    assert (await desk.commands.newest(1))[0].second == "wang"


async def test_what_speaks_against_it_is_told(desk: Desk) -> None:
    desk.objection = "other-door-open"
    assert await desk.ask() == Outcome(Result.REFUSED, "other-door-open")
    assert desk.door.sent == []


async def test_there_is_one_command_at_a_time_for_each_device(desk: Desk) -> None:
    desk.door.answer = None
    first = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    assert await desk.ask() == Outcome(Result.REFUSED, "busy")
    assert (await first).result is Result.UNKNOWN
    assert len(desk.door.sent) == 1


async def test_it_goes_on_when_whoever_asked_has_gone(desk: Desk) -> None:
    desk.door.answer = None
    asking = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    asking.cancel()
    await asyncio.wait([asking])
    assert await desk.ask() == Outcome(Result.REFUSED, "busy")
    await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])
    while await desk.told() is None:
        await asyncio.sleep(0)
    assert await desk.told() == "confirmed"


@pytest.mark.promise("S5")
async def test_escape_waits_for_no_other_command(desk: Desk) -> None:
    desk.door.answer = None
    first = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    desk.door.answer = Reading("gate/lock", "unlocked", NOON, NOON)
    assert (await desk.ask(Action.LOCK_OPEN)).result is Result.CONFIRMED
    await first
    assert [command.action for command in desk.door.sent] == [Action.OPEN, Action.LOCK_OPEN]


async def test_of_an_air_lock_asked_at_once_to_open_both_doors_one_is_opened(desk: Desk) -> None:
    inner = replace(GATE, door=DoorSettings(interlock=("outer",)))
    desk.estate = replace(desk.estate, devices=(inner, replace(GATE, id="outer")))
    desk.restart()
    outcomes = await asyncio.gather(desk.ask(), desk.ask(device="outer"))
    codes = [(outcome.result, outcome.code) for outcome in outcomes]
    assert codes == [(Result.CONFIRMED, "shown"), (Result.REFUSED, "other-door-unknown")]
    assert [command.device for command in desk.door.sent] == ["gate"]
    assert (await desk.ask(device="outer")).result is Result.CONFIRMED


async def test_escape_that_is_done_does_not_free_a_device_for_a_third_command(desk: Desk) -> None:
    going = asyncio.Event()

    async def slow(command: Command) -> None:
        desk.door.sent.append(command)
        if command.action is Action.OPEN:
            await going.wait()
        await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])

    desk.door.send = slow  # type: ignore[method-assign]
    first = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    assert (await desk.ask(Action.LOCK_OPEN)).result is Result.CONFIRMED
    assert await desk.ask(Action.UNLOCK) == Outcome(Result.REFUSED, "busy")
    going.set()
    await first
    assert (await desk.ask(Action.UNLOCK)).result is Result.CONFIRMED


@pytest.mark.parametrize(
    ("fault", "result", "code"),
    [
        (Unreachable("broker", "is not connected"), Result.FAILED, "unreachable"),
        (Refused("gate", "knows no such command"), Result.REFUSED, "device-refuses"),
    ],
)
async def test_what_cannot_be_handed_over_now_is_not_tried_again(
    desk: Desk, fault: GatehouseError, result: Result, code: str
) -> None:
    desk.door.fault = fault
    outcome = await desk.ask()
    assert (outcome.result, outcome.code) == (result, code)
    told = {"subject": fault.subject, "problem": fault.problem, "remedy": fault.remedy}
    assert outcome.detail == {name: said for name, said in told.items() if said}
    desk.door.fault = None
    await asyncio.sleep(0)
    assert desk.door.sent == []
    assert await desk.told() == ("failed" if result is Result.FAILED else None)


async def test_a_command_that_took_too_long_to_be_recorded_is_not_sent(desk: Desk) -> None:
    begin = desk.book.begin

    async def slow(command: Command, second: str | None = None) -> None:
        await begin(command, second)
        desk.now += LASTS_AT_MOST

    desk.book.begin = slow  # type: ignore[method-assign]  # a ledger that hung
    assert await desk.ask() == Outcome(Result.FAILED, "expired")
    assert desk.door.sent == []


async def test_of_what_may_have_arrived_a_reading_tells_or_it_is_unknown(desk: Desk) -> None:
    desk.door.fault = Unanswered("broker", "ended the connection")
    outcome = await desk.ask()
    assert (outcome.result, outcome.code) == (Result.UNKNOWN, "not-shown")
    asking = asyncio.create_task(desk.ask())
    await until(lambda: len(asking.get_stack()) > 0)
    await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])
    assert (await asking).result is Result.CONFIRMED


async def test_what_cannot_be_put_on_record_is_not_sent(desk: Desk) -> None:
    async def down(*_: object) -> None:
        raise Unreachable("ledger", "is gone")

    desk.book.begin = down  # type: ignore[method-assign,assignment]  # a ledger that is gone
    with pytest.raises(Unreachable):
        await desk.ask()
    assert desk.door.sent == []
    assert (await desk.ask(Action.OPEN, Actor("x", "tester"))).result is Result.REFUSED


async def test_what_the_gateway_holds_itself_goes_to_no_device(desk: Desk) -> None:
    assert (await desk.ask(Action.LOCK_DOWN)).result is Result.CONFIRMED
    assert desk.door.sent == []
    assert [command.action for command in desk.held.sent] == [Action.LOCK_DOWN]


async def test_a_device_that_is_not_there_is_named(desk: Desk) -> None:
    with pytest.raises(Missing, match="gat: no such device"):
        await desk.commands.ask(Asked("gat", Action.OPEN, "why"), LI)


@pytest.mark.promise("S1")
async def test_what_was_under_way_when_the_gateway_died_has_an_unknown_end_and_is_never_sent_again(
    desk: Desk,
) -> None:
    left = Command("c" * 36, "gate", Action.OPEN, LI, "why", NOON, NOON + 10 * SECOND)
    await desk.book.begin(left)
    desk.restart()
    await desk.commands.start()
    assert desk.door.sent == []
    assert await desk.told() == "unknown"
    (recorded,) = await desk.commands.newest(10)
    assert recorded.outcome == Outcome(Result.UNKNOWN, "gateway-stopped")
    assert (await desk.audited())[-1][1] == "command unknown"


async def test_an_end_is_told_before_it_is_on_record_so_a_kill_leaves_none_untold(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.book.begin(
        Command("c" * 36, "gate", Action.OPEN, LI, "why", NOON, NOON + 10 * SECOND)
    )
    desk.restart()

    async def killed(_readings: Sequence[Reading]) -> None:
        raise Unreachable("journal", "killed here")

    with monkeypatch.context() as patch:
        patch.setattr(desk.journal, "append", killed)
        with pytest.raises(Unreachable):
            await desk.commands.start()
    desk.restart()
    await desk.commands.start()
    assert await desk.told() == "unknown"


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
    monkeypatch.setattr(commands, "TRIED_UNTIL", LASTS_AT_MOST)
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
