"""A command is authorised, on record, sent once, and confirmed by a reading or not at all."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from gateway.access.authority import Asked
from gateway.errors import GatehouseError, Missing, Refused, Unanswered, Unreachable
from gateway.model.actor import Actor
from gateway.model.clock import HOUR, MINUTE, SECOND, Micros
from gateway.model.command import LASTS_AT_MOST, Action, Command, Outcome, Result
from gateway.model.reading import Quality, Reading
from gateway.site.access_model import DoorSettings
from gateway.site.model import AccessSettings
from tests.gateway.access.commanded import GATE, LI, Desk
from tests.gateway.samples import NOON
from tests.waiting import until


@pytest.mark.promise("S2")
async def test_a_command_is_confirmed_by_a_reading_that_came_after_it(desk: Desk) -> None:
    assert await desk.ask() == Outcome(Result.CONFIRMED, "shown")
    (sent,) = desk.door.sent
    assert (sent.device, sent.action, sent.asked_by) == ("gate", Action.OPEN, LI)
    assert sent.expires_at - sent.asked_at <= LASTS_AT_MOST == 10 * SECOND
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
    desk.door.answer = answer
    assert (await desk.ask()).result is Result.UNKNOWN


@pytest.mark.promise("S3")
async def test_what_was_shown_before_confirms_nothing(desk: Desk) -> None:
    words = ("unlocked", "locked")
    await desk.journal.append([Reading("gate/lock", word, NOON, NOON) for word in words])
    desk.door.answer = None
    assert (await desk.ask()).result is Result.UNKNOWN


@pytest.mark.parametrize(
    ("kept_for", "known", "result"),
    [
        (0, Quality.GOOD, Result.CONFIRMED),
        (2 * MINUTE, Quality.GOOD, Result.UNKNOWN),
        (0, Quality.STALE, Result.UNKNOWN),
    ],
)
async def test_what_a_device_says_by_a_clock_that_is_known_to_be_slow_confirms(
    desk: Desk, kept_for: Micros, known: Quality, result: Result
) -> None:
    await desk.journal.append([Reading("gate/clock", 180.0, NOON, NOON, known)])
    await until(lambda: "gate/clock" in desk.live.latest)
    taken_at = NOON - 3 * MINUTE - kept_for
    desk.door.answer = Reading("gate/lock", "unlocked", taken_at, NOON)
    assert (await desk.ask()).result is result


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


@pytest.mark.promise("S4")
@pytest.mark.parametrize("meanwhile", ["recorded", "announced"])
async def test_what_comes_to_speak_against_it_before_it_is_sent_still_counts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    begin, append = desk.book.begin, desk.journal.append

    async def record(command: Command, second: str | None = None) -> None:
        await begin(command, second)
        desk.objection = "loop-occupied"

    async def announce(readings: Sequence[Reading]) -> None:
        await append(readings)
        desk.objection = "loop-occupied"

    if meanwhile == "recorded":
        monkeypatch.setattr(desk.book, "begin", record)
    else:
        monkeypatch.setattr(desk.journal, "append", announce)
    assert await desk.ask() == Outcome(Result.REFUSED, "loop-occupied")
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


async def test_a_stop_waits_for_no_confirmation_and_its_end_is_the_one_that_is_told(
    desk: Desk,
) -> None:
    desk.door.answer = None
    first = asyncio.create_task(desk.ask())
    await until(lambda: desk.door.sent)
    desk.door.answer = Reading("gate/lock", "locked", NOON, NOON)
    assert (await desk.ask(Action.STOP)).result is Result.CONFIRMED
    assert not first.done()
    assert (await first).result is Result.UNKNOWN
    assert await desk.told() == "confirmed"


async def test_what_is_to_end_before_it_begins_is_refused(desk: Desk) -> None:
    refused = Outcome(Result.REFUSED, "end-has-passed")
    assert await desk.ask(parameters={"until": desk.now}) == refused
    assert desk.door.sent == []
    assert (await desk.ask(parameters={"until": desk.now + 1})).result is Result.CONFIRMED
    escape = await desk.ask(Action.LOCK_OPEN, parameters={"until": desk.now})
    assert escape.result is Result.CONFIRMED, "it is open, if for no time"


async def test_a_stop_never_overtakes_what_was_asked_before_it(desk: Desk) -> None:
    going = asyncio.Event()

    async def slow(command: Command) -> None:
        if command.action is Action.OPEN:
            await going.wait()
        desk.door.sent.append(command)

    desk.door.send = slow  # type: ignore[method-assign]
    asked = [asyncio.create_task(desk.ask(each)) for each in (Action.OPEN, Action.STOP)]
    while [each.command.action for each in await desk.book.newest(2)][:1] != [Action.STOP]:
        await asyncio.sleep(0)
    assert desk.door.sent == []
    going.set()
    await asyncio.gather(*asked)
    assert [command.action for command in desk.door.sent] == [Action.OPEN, Action.STOP]


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


@pytest.mark.promise("S2")
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

    async def obeyed_and_cut_off(_: Command) -> None:
        await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])
        raise Unanswered("broker", "ended the connection")

    desk.door.send = obeyed_and_cut_off  # type: ignore[method-assign,assignment]
    assert (await desk.ask()).code == "shown"


async def test_how_a_device_was_before_tells_nothing_of_one_that_may_not_have_heard(
    desk: Desk,
) -> None:
    await desk.journal.append([Reading("gate/lock", "unlocked", NOON, NOON)])
    desk.door.answer = None
    assert (await desk.ask()).code == "unchanged"
    desk.door.fault = Unanswered("broker", "ended the connection")
    assert (await desk.ask()).result is Result.UNKNOWN


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
