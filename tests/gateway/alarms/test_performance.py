"""Figures and floods read from a real ledger."""

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.alarms import changes
from gateway.alarms.lifecycle import Move
from gateway.alarms.performance import Performance
from gateway.alarms.work import AlarmWork
from gateway.errors import Malformed
from gateway.ledger.ledger import Ledger
from gateway.model.actor import Actor
from gateway.model.alarm import Alarm, Suppressing, Suppression
from gateway.model.clock import DAY, HOUR, MINUTE, SECOND, Micros
from gateway.model.rule import Priority
from tests.gateway.alarming import acknowledge_alarm, book, desk_of, raise_alarm, return_alarm
from tests.gateway.hand_clock import HandClock
from tests.gateway.samples import LOW_WATER, NOON, site


async def raised(ledger: Ledger, name: str, at: Micros, priority: Priority = Priority.LOW) -> Alarm:
    """An alarm and its ticket, as the alarm service makes them."""
    rule = replace(LOW_WATER, id=f"tank/{name}", priority=priority)

    return await ledger.transact(lambda connection: raise_alarm(connection, rule, at=at))


async def moved(ledger: Ledger, alarm: Alarm, move: Move, at: Micros) -> Alarm:
    def work(connection: sa.Connection) -> Alarm:
        if move is Move.RETURN:
            return return_alarm(connection, replace(LOW_WATER, id=alarm.rule), at)
        return acknowledge_alarm(connection, alarm, Actor("li"), at)

    return await ledger.transact(work)


async def test_figures_are_the_same_however_they_are_sliced(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(30):
        alarm = await raised(ledger, f"{n % 7}", NOON + n // 3 * MINUTE)
        if n % 2:
            await moved(ledger, alarm, Move.RETURN, NOON + n // 3 * MINUTE + SECOND)
    performance = Performance(ledger, lambda: NOON)
    whole = await performance.figures(NOON, NOON + HOUR)
    monkeypatch.setattr(changes, "SLICE", 2)
    assert await performance.figures(NOON, NOON + HOUR) == whole
    assert (whole.announced, len(whole.floods)) == (30, 1)


async def test_what_stood_long_before_the_window_is_standing_in_it(ledger: Ledger) -> None:
    await raised(ledger, "old", NOON - 40 * DAY)
    gone = await raised(ledger, "gone", NOON - 39 * DAY)
    gone = await moved(ledger, gone, Move.ACKNOWLEDGE, NOON - 38 * DAY)
    await moved(ledger, gone, Move.RETURN, NOON - 37 * DAY)
    await raised(ledger, "new", NOON + MINUTE)
    found = await Performance(ledger, lambda: NOON).figures(NOON, NOON + HOUR)
    assert [standing.rule for standing in found.standing] == ["tank/old"]
    assert (found.announced, found.unacknowledged) == (1, 1)


async def test_an_alarm_with_two_reasons_to_be_quiet_is_told_when_the_last_one_ends(
    ledger: Ledger,
) -> None:
    alarms = book(LOW_WATER)

    def work(connection: sa.Connection) -> None:
        raise_alarm(connection)
        work = AlarmWork(connection)
        quiet = [
            alarms.suppress(work, Suppression(0, kind, LOW_WATER.id, NOON, NOON + HOUR, "li"))
            for kind in (Suppressing.SHELVED, Suppressing.OUT_OF_SERVICE)
        ]
        for n, suppression in enumerate(quiet, 1):
            alarms.end(work, suppression, at=NOON + n * MINUTE)
        work.write()

    await ledger.transact(work)
    performance = Performance(ledger, lambda: NOON + 2 * MINUTE)
    found = await performance.figures(NOON, NOON + HOUR)
    assert found.announced == 2  # raised, and with the last of them


async def test_a_window_that_ends_before_it_begins_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Malformed, match="ends before it begins"):
        await Performance(ledger, lambda: NOON).figures(NOON, NOON)


async def test_a_flood_is_told_while_it_lasts_and_every_alarm_keeps_its_ticket(
    ledger: Ledger,
) -> None:
    clock = HandClock()
    performance = Performance(ledger, clock)
    assert await performance.flood() is None
    for n in range(10):
        await raised(ledger, f"{n}", NOON + n * SECOND)
    clock.now = NOON + 10 * SECOND
    assert await performance.flood() is None
    worst = await raised(ledger, "worst", clock.now, Priority.CRITICAL)
    found = await performance.flood()
    assert found is not None
    assert found.tickets == tuple(range(2, 11))
    assert found.counts == {Priority.LOW: 9}
    assert (found.first_out_ticket, worst.ticket) == (1, 11)
    again = await Performance(ledger, clock).flood()
    assert again == found  # another process says the same
    clock.now = NOON + 10 * MINUTE + 10 * SECOND
    assert await performance.flood() is None


async def test_an_acknowledged_alarm_of_a_flood_is_shown_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    clock = HandClock(NOON + 12 * SECOND)
    for n in range(12):
        await raised(ledger, f"{n}", NOON + n * SECOND)
    desk = desk_of(site(tmp_path), ledger, clock)
    await desk.acknowledge(5, who=Actor("li"), occurrence=1, sequence=1)
    found = await Performance(ledger, clock).flood()
    assert found is not None
    assert found.tickets == (2, 3, 4, *range(6, 13))


async def test_a_suppressed_alarm_is_no_load_until_it_is_announced(
    ledger: Ledger, tmp_path: Path
) -> None:
    child = replace(LOW_WATER, parents=("door/propped",), settle=5 * SECOND)
    await ledger.transact(lambda connection: raise_alarm(connection, child, at=NOON))
    found = await Performance(ledger, lambda: NOON).figures(NOON, NOON + HOUR)
    assert (found.announced, found.suppressed) == (0, 1)
